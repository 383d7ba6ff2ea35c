"""How boxes lie to one another, all pairs at once; boxes are (x1, y1, x2, y2) in pixels."""

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles


def iou(a: npt.ArrayLike, b: npt.ArrayLike) -> Doubles:
    """Return the intersection over union of (N, 4) and (M, 4) boxes as (N, M); 0 where both are empty.

    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(3).tolist()
    [[0.333]]
    """
    shared, one, other = _shared(a, b)
    return _ratio(shared, one[:, None] + other[None] - shared)


def overlap_of_smaller(a: npt.ArrayLike, b: npt.ArrayLike) -> Doubles:
    """Return the area that (N, 4) and (M, 4) boxes share over that of the smaller one as (N, M); 0 where that is empty.

    >>> overlap_of_smaller([[0, 0, 2, 2]], [[1, 0, 5, 5]]).tolist()
    [[0.5]]
    """
    shared, one, other = _shared(a, b)
    return _ratio(shared, np.minimum(one[:, None], other[None]))


def within(a: npt.ArrayLike, b: npt.ArrayLike) -> Doubles:
    """Return the share of each of (N, 4) boxes that lies in each of (M, 4) others as (N, M); 0 of a box without area.

    >>> within([[0, 0, 2, 2]], [[1, 0, 5, 5]]).tolist()
    [[0.5]]
    """
    shared, one, _ = _shared(a, b)
    return _ratio(shared, np.broadcast_to(one[:, None], shared.shape))


def _ratio(shared: Doubles, area: Doubles) -> Doubles:
    ratio: Doubles = np.divide(shared, area, out=np.zeros_like(shared), where=area > 0)
    return ratio


def _shared(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Doubles, Doubles, Doubles]:
    """Areas (N, M) that pairs share, (N,) of the former and (M,) of the latter."""
    one, other = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (a, b))
    low, high = np.maximum(one[:, None, :2], other[None, :, :2]), np.minimum(one[:, None, 2:], other[None, :, 2:])
    area_one, area_other = (np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (one, other))
    return np.clip(high - low, 0, None).prod(axis=2), area_one, area_other
