"""Pixel-level AUC: a frame counts as found only where enough of what is unusual in it is flagged."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles
from core.metrics import LocatedHeat, Metric
from metrics.pool import auc_of

SHARE = 0.4
"""Share of a frame's abnormal pixels that must be flagged (``mahadevan2010anomaly``, section 5.1)."""


def frame_value(heat: npt.ArrayLike, mask: npt.ArrayLike, share: float = SHARE) -> tuple[float, bool]:
    """Return the highest threshold at which a frame is flagged, and whether it is abnormal.

    A frame with abnormal pixels is flagged, rightly, while ``share`` of them are at least as hot as the threshold; one
    without, wrongly, while any pixel is. So both come down to one number, and the ROC to that of these numbers.

    Args:
        heat: (H, W), grows with strangeness; NaN counts as cold.
        mask: (H, W) truth.
        share: of the abnormal pixels, above 0 and at most 1.

    Raises:
        ValueError: the shapes do not agree, or the share is out of range.

    >>> frame_value([[1, 2], [3, 9]], [[1, 1], [1, 0]]), frame_value([[1, 2], [3, 9]], [[0, 0], [0, 0]])
    ((2.0, True), (9.0, False))
    """
    values, inside = np.asarray(heat, np.float64), np.asarray(mask, np.bool_)
    if values.shape != inside.shape or values.ndim != 2:
        raise ValueError(f"heat and mask must both be (H, W), got {values.shape} and {inside.shape}")
    values = np.where(np.isnan(values), -np.inf, values)
    if not inside.any():
        return float(values.max()), False
    return reached(values[inside], share), True


def reached(pixels: Doubles, share: float = SHARE) -> float:
    """Return the highest threshold that a ``share`` of these pixels, of which there must be some, reach.

    Raises:
        ValueError: the share is out of range.

    >>> reached(np.array([3.0, 1.0, 2.0, 5.0, 4.0]))
    4.0
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    # Rounding must not make five of ten pixels six: 0.1 + 0.2 is more than 0.3.
    asked = int(np.ceil(share * len(pixels) - 1e-9))
    return float(np.partition(pixels, len(pixels) - asked)[len(pixels) - asked])


def pixel_auc(frames: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]) -> float:
    """Area under the ROC of frames flagged by their pixels: 40 % of the abnormal ones, or any in a normal frame.

    Args:
        frames: (heat, mask) of each frame, read once, so that they need not fit into memory together.

    Returns:
        0 to 1; NaN unless there are frames with and without abnormal pixels.

    >>> pixel_auc([([[1, 2], [3, 9]], [[1, 1], [1, 0]]), ([[0, 1], [1, 1]], [[0, 0], [0, 0]])])
    1.0
    """
    found = [frame_value(heat, mask) for heat, mask in frames]
    return auc_of(np.array([value for value, _ in found]), np.array([truth for _, truth in found], np.bool_))


def _of_cells(given: LocatedHeat) -> float:
    """Compute the pixel-level AUC of heat in cells, each of whose pixels is as hot as the cell."""
    values = []
    for maps, inside, abnormal in zip(given.maps, given.inside, given.abnormal, strict=True):
        tops = maps.reshape(len(maps), -1).max(1).astype(np.float64)
        for frame in np.flatnonzero(abnormal & inside.reshape(len(inside), -1).any(1)).tolist():
            cells = inside[frame] > 0
            tops[frame] = reached(np.repeat(maps[frame][cells], inside[frame][cells]).astype(np.float64))
        values.append(tops)
    return auc_of(np.concatenate(values), np.concatenate(given.abnormal))


METRICS = {"pixel_auc": Metric(_of_cells, LocatedHeat, about=pixel_auc.__doc__)}
