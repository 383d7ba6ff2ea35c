"""Track-based detection criterion: is each unusual thing found at some time?"""

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles
from core.metrics import LocatedHeat, Metric, PredictedRegions, Regions
from metrics._regions import LEAST_SHARE, area


def tbdc(predicted: PredictedRegions, truth: Regions, tracks: npt.ArrayLike, frames: int) -> float:
    """Area under found tracks over false regions per frame, from 0 to 1 (ramachandra2020street, section 4).

    A track is found at a threshold where at least a tenth of its regions are, each by an IoU of at least 0.1.

    Args:
        predicted: regions of all videos.
        truth: annotated regions.
        tracks: (M,) number of the track that each annotated region belongs to.
        frames: of all videos together.

    Returns:
        0 to 1; NaN where nothing is annotated.

    Raises:
        ValueError: ``tracks`` and ``truth`` differ in length.

    >>> truth = Regions(np.array([0, 1]), np.array([[0, 0, 4, 4], [0, 0, 4, 4.0]]))
    >>> seen = Regions(np.array([0, 2]), np.array([[0, 0, 4, 4], [9, 9, 12, 12.0]]))
    >>> tbdc(PredictedRegions.scored(seen, [2.0, 1.0]), truth, [7, 7], frames=4)
    1.0
    """
    names, number = np.unique(np.asarray(tracks), return_inverse=True)
    if number.shape != (len(truth),):
        raise ValueError(f"tracks must be ({len(truth)},), got {number.shape}")
    size = np.bincount(number, minlength=len(names))[:, None]
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(names)))

    def found_tracks(found: Bools) -> Doubles:
        hits = np.add.reduceat(found[order], starts, axis=0, dtype=np.int64)
        whole: Doubles = (hits >= LEAST_SHARE * size - 1e-9).mean(0)
        return whole

    return area(predicted, truth, frames, found_tracks)


METRICS = {
    "tbdc": Metric(
        lambda given: tbdc(given.predicted, given.truth, given.tracks, given.frames), LocatedHeat, about=tbdc.__doc__
    ),
}
