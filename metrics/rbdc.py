"""Region-based detection criterion: are the unusual regions found, each by itself?"""

from core.metrics import LocatedHeat, Metric, PredictedRegions, Regions
from metrics._regions import area


def rbdc(predicted: PredictedRegions, truth: Regions, frames: int) -> float:
    """Area under found regions over false regions per frame, from 0 to 1 (ramachandra2020street, section 4).

    A region is found at a threshold where some predicted region in its frame has an IoU of at least 0.1 with it; one
    prediction may find several, and a second one on the same region is neither right nor false.

    Args:
        predicted: regions of all videos.
        truth: annotated regions.
        frames: of all videos together.

    Returns:
        0 to 1; NaN where nothing is annotated.

    >>> import numpy as np
    >>> truth = Regions(np.array([0, 1]), np.array([[0, 0, 4, 4], [0, 0, 4, 4.0]]))
    >>> seen = Regions(np.array([0, 2]), np.array([[0, 0, 4, 4], [9, 9, 12, 12.0]]))
    >>> rbdc(PredictedRegions.scored(seen, [2.0, 1.0]), truth, frames=4)
    0.5
    """
    return area(predicted, truth, frames, lambda found: found.mean(0))


METRICS = {
    "rbdc": Metric(lambda given: rbdc(given.predicted, given.truth, given.frames), LocatedHeat, about=rbdc.__doc__),
}
