"""Bootstrap of means over footage: how far they would move with other footage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Floats, Ints

RESAMPLES, SHARE = 1000, 0.95
DRAWS = 250
"""Resamples computed at once, which bounds the memory."""
BLOCKS = 64
"""Stretches of frames that are drawn where all are of one video."""

MIN_UNITS = 5
"""Fewest clips whose mean gets an interval."""


@dataclass(frozen=True)
class Interval:
    """Lower and upper end of a confidence interval; NaN where it is undefined."""

    low: float
    high: float


def units(video: npt.ArrayLike) -> tuple[Ints, str]:
    """Return what is drawn: whole videos, for a video's frames are alike; of a single one, stretches of frames.

    Returns:
        (F,) number of each frame's unit, and its name.
    """
    names, number = np.unique(np.asarray(video), return_inverse=True)
    if len(names) > 1:
        return number.astype(np.int64), "videos"
    blocks = min(BLOCKS, len(number))
    return (np.arange(len(number)) * blocks // max(len(number), 1)).astype(np.int64), f"{blocks} stretches of frames"


def resampled(scores: Doubles, positive: Bools, unit: Ints) -> Doubles:
    """Compute average precision by class on footage drawn with replacement, the same draws each time.

    No frame is drawn out: a unit that is drawn n times counts n-fold. Precision is asked for at the positive frames
    alone, and there is a sum over units, which is one matrix product for all resamples.

    Args:
        scores: (F, C).
        positive: (F, C) truth.
        unit: (F,) number from 0 of what is drawn together.

    Returns:
        (:data:`RESAMPLES`, C); NaN where a draw has no positive frame of the class.
    """
    count = int(unit.max(initial=-1)) + 1
    random = np.random.default_rng(0)
    weight = random.multinomial(count, np.full(count, 1 / max(count, 1)), RESAMPLES).T.astype(np.float32)
    found = np.full((RESAMPLES, scores.shape[1]), np.nan)
    for c in np.flatnonzero(positive.any(0)):
        found[:, c] = _weighted(scores[:, c], positive[:, c], unit, weight)
    return found


def _weighted(scores: Doubles, positive: Bools, unit: Ints, weight: Floats) -> Doubles:
    order = np.argsort(-scores)
    s, y, u = scores[order], positive[order], unit[order]
    ends = np.flatnonzero(np.r_[s[1:] != s[:-1], True])
    hits = np.flatnonzero(y)
    group = ends[np.searchsorted(ends, hits)]
    # Only groups of equal scores that hold a positive frame matter: one row for each.
    rows = np.unique(group)
    step = np.searchsorted(rows, np.arange(len(s)))
    shape = (len(rows) + 1, len(weight))
    above = np.bincount(step * shape[1] + u, minlength=shape[0] * shape[1]).reshape(shape)
    flagged = np.cumsum(above[:-1], axis=0, dtype=np.float32)
    heads = np.searchsorted(group, rows)
    each = []
    for begin in range(0, weight.shape[1], DRAWS):
        drawn = weight[:, begin : begin + DRAWS]
        gained = np.add.reduceat(drawn[u[hits]], heads)
        true = np.cumsum(gained, axis=0)
        all_flagged = flagged @ drawn
        # Nothing flagged is nothing gained.
        precision = np.divide(true, all_flagged, out=np.zeros_like(true), where=all_flagged > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            each.append(np.einsum("ij,ij->j", precision, gained, dtype=np.float64) / true[-1])
    return np.concatenate(each)


def interval(values: npt.ArrayLike) -> Interval:
    """Return the interval that holds :data:`SHARE` of the resampled values, those that are undefined left out."""
    v = np.asarray(values, np.float64)
    v = v[~np.isnan(v)]
    if not len(v):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(v, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Interval(float(low), float(high))


def mean_interval(values: npt.ArrayLike) -> Interval | None:
    """Return the interval of the mean of (N,) values, each of a unit such as a clip: units are drawn with replacement.

    Returns:
        None for fewer than :data:`MIN_UNITS` values: of four, every draw holds few others, and the interval would say
        more of the method than of the values. With few more it is still rather too narrow than too wide.

    >>> mean_interval([0.5, 1.0, 1.0]) is None
    True
    """
    v = np.asarray(values, np.float64)
    if len(v) < MIN_UNITS:
        return None
    weight = np.random.default_rng(0).multinomial(len(v), np.full(len(v), 1 / len(v)), RESAMPLES)
    return interval(weight @ v / len(v))


def mean_over(values: Doubles, classes: Sequence[int]) -> Doubles:
    """Return (resamples,) the mean over some classes of each draw, those without a positive frame left out."""
    chosen = values[:, list(classes)]
    held = ~np.isnan(chosen)
    size = held.sum(1)
    return np.where(size > 0, np.where(held, chosen, 0).sum(1) / np.maximum(size, 1), np.nan)
