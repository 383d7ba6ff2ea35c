"""What the frame-level metrics share: checked pools of frames, normalisation, and the ROC."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles
from core.metrics import FrameScores, Metric, counts

Scores = Sequence[npt.ArrayLike]
Labels = Sequence[npt.ArrayLike]


def of_frames(compute: Callable[[Scores, Labels], float]) -> Metric[FrameScores]:
    """Register a metric of frame scores and labels, described by its docstring."""
    return Metric(lambda given: compute(given.scores, given.abnormal), FrameScores, about=compute.__doc__)


def auc_of(scores: Doubles, abnormal: Bools) -> float:
    """Return the area under the ROC of one pool; ties count half, NaN unless both classes are there.

    It is the probability that an abnormal frame scores higher than a normal one.

    >>> auc_of(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    curve = roc(scores, abnormal)
    return float(np.trapezoid(curve[1], curve[0])) if curve else float("nan")


def videos(scores: Scores, abnormal: Labels) -> list[tuple[Doubles, Bools]]:
    """Return the frames that have a score, by video, of one (T,) array of scores, NaN for none, and truth each.

    Raises:
        ValueError: the two do not match.
    """
    return [(s[~np.isnan(s)], y[~np.isnan(s)]) for s, y in paired("scores", scores, abnormal, np.float64)]


def paired(name: str, given: Sequence[npt.ArrayLike], abnormal: Labels, kind: type[Any]) -> list[tuple[Any, Bools]]:
    """Return one (T,) array of what is given, as a kind of numbers, and one of the truth for each video.

    Raises:
        ValueError: the two do not match.
    """
    if len(given) != len(abnormal):
        raise ValueError(f"{name} and abnormal must be of the same videos, got {len(given)} and {len(abnormal)}")
    found = [(np.asarray(g, kind), np.asarray(a, np.bool_)) for g, a in zip(given, abnormal, strict=True)]
    for number, (g, a) in enumerate(found):
        if g.ndim != 1 or g.shape != a.shape:
            raise ValueError(f"video {number}: {name} and abnormal must both be (T,), got {g.shape} and {a.shape}")
    return found


def pool(scores: Scores, abnormal: Labels) -> tuple[Doubles, Bools]:
    """Concatenate the frames that have a score, of all videos."""
    found = videos(scores, abnormal)
    flat = np.concatenate([np.empty(0), *(s for s, _ in found)])
    return flat, np.concatenate([np.empty(0, np.bool_), *(y for _, y in found)])


def normalised(scores: Doubles) -> Doubles:
    """Bring one video's scores to [0, 1] by their minimum and maximum.

    An infinite score takes the place of the nearest finite one; a video whose scores are all alike becomes 0.

    >>> normalised(np.array([2.0, 4.0, 3.0])).tolist(), normalised(np.array([5.0, 5.0])).tolist()
    ([0.0, 1.0, 0.5], [0.0, 0.0])
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return np.zeros_like(scores)
    low, high = finite.min(), finite.max()
    if low == high:
        return np.zeros_like(scores)
    # The range of two large numbers may not be representable; that of their halves is.
    scale = 1.0 if high / 2 - low / 2 < np.finfo(np.float64).max / 4 else 0.5
    between: Doubles = (np.clip(scores, low, high) * scale - low * scale) / (high * scale - low * scale)
    return between


def average_precision(scores: Doubles, positive: Bools) -> float:
    """Sum precision over the steps of recall, nothing interpolated; NaN where nothing is positive."""
    if not positive.any():
        return float("nan")
    return steps_of(*counts(scores, positive))


def steps_of(tp: Doubles, fp: Doubles) -> float:
    """Sum precision over the steps of recall, from :func:`core.metrics.counts` with at least one positive."""
    return float(np.sum(np.diff(tp, prepend=0.0) / tp[-1] * tp / (tp + fp)))


def roc(scores: Doubles, abnormal: Bools) -> tuple[Doubles, Doubles] | None:
    """Return (false-positive rate, true-positive rate) from (0, 0) to (1, 1); None unless both classes are there."""
    if not abnormal.any() or abnormal.all():
        return None
    tp, fp = counts(scores, abnormal)
    return np.r_[0.0, fp / fp[-1]], np.r_[0.0, tp / tp[-1]]
