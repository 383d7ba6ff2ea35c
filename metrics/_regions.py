"""What RBDC and TBDC share: which annotated regions are found at which threshold, and at what price."""

from collections.abc import Callable

import numpy as np

from core.arrays import Bools, Doubles, Ints
from core.metrics import PredictedRegions, Regions

MIN_IOU = 0.1
"""Beta: IoU from which a predicted region finds an annotated one (``ramachandra2020street``)."""
LEAST_SHARE = 0.1
"""Alpha: share of a track's regions from which the track is found."""
_CELLS = 8_000_000


def matches(predicted: Regions, truth: Regions) -> tuple[Ints, Ints]:
    """Return all pairs (prediction, annotated region) of one frame whose IoU is at least :data:`MIN_IOU`.

    Every pair of a frame is written out at once; no frame is gone through by itself.
    """
    order = np.argsort(truth.frame, kind="stable")
    begin = np.searchsorted(truth.frame[order], predicted.frame, side="left")
    count = np.searchsorted(truth.frame[order], predicted.frame, side="right") - begin
    one = np.repeat(np.arange(len(predicted)), count)
    within = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    other = order[np.repeat(begin, count) + within]
    a, b = predicted.box[one], truth.box[other]
    sides = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None)
    shared = sides[:, 0] * sides[:, 1]
    areas = [np.clip(x[:, 2:] - x[:, :2], 0, None).prod(1) for x in (a, b)]
    good = (shared > 0) & (shared >= MIN_IOU * (areas[0] + areas[1] - shared))
    return one[good], other[good]


Found = Callable[[Bools], Doubles]
"""(M, K) which regions are found at K thresholds -> (K,) share that counts."""


def area(predicted: PredictedRegions, truth: Regions, frames: int, share: Found) -> float:
    """Return the area under ``share`` over false regions per frame from 0 to 1.

    From point to point the curve is straight; where it never comes to one false region per frame it goes on flat.

    Raises:
        ValueError: ``frames`` is less than 1.
    """
    if frames < 1:
        raise ValueError(f"frames must be at least 1, got {frames}")
    if len(truth) == 0:
        return float("nan")
    one, other = matches(predicted.regions, truth)
    right = np.zeros(len(predicted.regions), np.bool_)
    right[one] = True
    levels = np.unique(predicted.high)[::-1]
    # Each region is there from level ``first`` to before ``last``.
    first, last = (np.searchsorted(-levels, -ends) for ends in (predicted.high, predicted.low))
    false = np.zeros(len(levels) + 1)
    np.add.at(false, first[~right], 1)
    np.add.at(false, last[~right], -1)
    rate = np.cumsum(false)[:-1] / frames
    found = _found(first[one], last[one], other, len(truth), len(levels), share)
    return _under(np.r_[0.0, rate], np.r_[0.0, found])


def _found(first: Ints, last: Ints, region: Ints, regions: int, levels: int, share: Found) -> Doubles:
    """Give ``share`` the regions found at each level, some levels at a time."""
    step, parts = max(1, _CELLS // regions), []
    for begin in range(0, levels, step):
        width = min(step, levels - begin)
        here = (first < begin + width) & (last > begin)
        change = np.zeros((regions, width + 1), np.int32)
        np.add.at(change, (region[here], np.clip(first[here] - begin, 0, width)), 1)
        np.add.at(change, (region[here], np.clip(last[here] - begin, 0, width)), -1)
        parts.append(share(np.cumsum(change[:, :-1], axis=1) > 0))
    return np.concatenate([np.empty(0), *parts])


def _under(x: Doubles, y: Doubles) -> float:
    """Return the area under a curve from 0 to 1; of several values at one place the highest counts.

    A region cut out of a heat map may vanish when the cut is lowered, so neither axis need grow: the best that is
    reached at no more than x counts.
    """
    order = np.lexsort((y, x))
    x, y = x[order], np.maximum.accumulate(y[order])
    last = np.r_[x[1:] != x[:-1], True]
    x, y = x[last], y[last]
    inside = x <= 1
    xs, ys = np.r_[x[inside], 1.0], np.r_[y[inside], np.interp(1.0, x, y)]
    return float(np.trapezoid(ys, xs))
