"""X-MAN's mAP: how well the causes tell which class was unusual (``szymanowicz2022discrete``)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Ints
from core.metrics import ClassScores, Metric, OneClass
from metrics.pool import average_precision, steps_of

Named = tuple[str, str]


@dataclass(frozen=True)
class ClassMap:
    """Average precision of each class, and its means; NaN of nothing.

    Attributes:
        per_class: (coarse, fine) to average precision; NaN for a class without a positive frame.
        map: mean over the classes with a positive frame.
        map_objects: the same over those of coarse type ``object``.
        map_without_location: the same without those of coarse type ``location``, as VQU-Net's table 4 has it.
    """

    per_class: dict[Named, float]
    map: float
    map_objects: float
    map_without_location: float


def class_precision(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Average precision of one class: a sum of steps, nothing interpolated; equal scores count together.

    Args:
        scores: (F,) best score among the frame's causes of the class, 0 where there is none.
        positive: (F,) whether the frame is labelled with the class.

    Returns:
        0 to 1; NaN where no frame is. Scores that are all alike reach the share of positive frames.

    >>> round(class_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 4)
    0.8333
    """
    s, y = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    if s.ndim != 1 or s.shape != y.shape:
        raise ValueError(f"scores and positive must both be (F,), got {s.shape} and {y.shape}")
    return average_precision(s, y)


def class_map(scores: npt.ArrayLike, positive: npt.ArrayLike, classes: Sequence[Named]) -> ClassMap:
    """Mean of the classes' average precision over the labelled frames, which are the unusual ones alone.

    Args:
        scores: (F, C) best score of each frame and class.
        positive: (F, C) truth.
        classes: C (coarse, fine) names.

    Raises:
        ValueError: the shapes do not agree.
    """
    s, y = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    if s.shape != y.shape or s.ndim != 2 or s.shape[1] != len(classes):
        raise ValueError(f"scores and positive must both be (F, {len(classes)}), got {s.shape} and {y.shape}")
    return class_means({name: class_precision(s[:, i], y[:, i]) for i, name in enumerate(classes)})


def class_means(each: dict[Named, float]) -> ClassMap:
    """Return the means over all classes and over some of them, those of NaN left out."""
    return ClassMap(
        per_class=each,
        map=_mean(each.values()),
        map_objects=_mean(value for (coarse, _), value in each.items() if coarse == "object"),
        map_without_location=_mean(value for (coarse, _), value in each.items() if coarse != "location"),
    )


def by_chance(positive: npt.ArrayLike, classes: Sequence[Named]) -> ClassMap:
    """Return what a system without causes reaches: the share of (F, C) truth of each class.

    Random scores reach the same in the limit of many frames, and a little more of few: of n frames, m of which show the
    class, ``(H(n) + (m - 1) / (n - 1) * (n - H(n))) / n`` on average, where ``H(n) = 1 + 1/2 + … + 1/n``.

    >>> by_chance([[1], [0], [0], [1], [0]], [("object", "bicycle")]).map
    0.4
    """
    y = np.asarray(positive, np.bool_)
    shares = y.mean(0) if len(y) else np.zeros(len(classes))
    return class_means({name: float(share) or float("nan") for name, share in zip(classes, shares, strict=True)})


def macro_by_chance(positive: npt.ArrayLike, video: npt.ArrayLike) -> float:
    """What :func:`macro` is for a system that says nothing, by (F, C) truth and (F,) numbers of videos."""
    y = np.asarray(positive, np.bool_)
    names, of, frames = np.unique(np.asarray(video), return_inverse=True, return_counts=True)
    shown = np.array([np.bincount(of, column, len(names)) for column in y.T]).reshape(y.shape[1], len(names))
    classes = (shown > 0).sum(0)
    return _mean((shown.sum(0) / frames / np.where(classes, classes, np.nan)).tolist())


def eleven_point(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """11-point AP of one class: mean over recall 0, 0.1, …, 1 of the best precision there or beyond.

    The way of PASCAL VOC up to 2009 (``everingham2010pascal``, section 4.2); equal scores count together. NaN where no
    frame is positive.

    >>> round(eleven_point([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 4)
    0.8485
    """
    s, y = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    return _pieces(OneClass(s, y))


def _pieces(given: OneClass) -> float:
    if not given.positive.any():
        return float("nan")
    tp, fp = given.counts
    best = np.maximum.accumulate((tp / (tp + fp))[::-1])[::-1]
    # Recall as whole numbers: a tenth of ten positives is one, whatever the rounding of 0.1.
    asked = np.ceil(np.arange(11) * tp[-1] / 10 - 1e-9)
    return float(best[np.searchsorted(tp, asked)].mean())


def by_type(per_class: Mapping[Named, float]) -> dict[str, float]:
    """Mean over the classes of each coarse type that have a positive frame."""
    kinds = sorted({coarse for coarse, _ in per_class})
    return {kind: _mean(value for (coarse, _), value in per_class.items() if coarse == kind) for kind in kinds}


def macro(scores: npt.ArrayLike, positive: npt.ArrayLike, video: npt.ArrayLike) -> float:
    """Mean over the videos, (F,) numbers, of each one's own mAP of (F, C) scores over its classes with a positive."""
    s, y = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    names, of = np.unique(np.asarray(video), return_inverse=True)
    by_class = [_by_video(s[:, c], y[:, c], of, len(names)) for c in range(s.shape[1])]
    return _mean(_mean(each) for each in np.array(by_class).reshape(s.shape[1], len(names)).T)


def _by_video(scores: Doubles, positive: Bools, video: Ints, videos: int) -> Doubles:
    """Return (videos,) the average precision of one class in each video, all videos in one pass; NaN without positives.

    Going down a video's ranking, the frames of equal score together: precision at the end of such a group, weighted
    with the positives that it brings.
    """
    found = np.full(videos, np.nan)
    order = np.lexsort((-scores, video))
    s, y, of = scores[order], positive[order], video[order]
    ends = np.flatnonzero(np.r_[(s[1:] != s[:-1]) | (of[1:] != of[:-1]), True][: len(s)])
    heads = np.searchsorted(of, np.arange(videos))
    before = np.r_[0, np.cumsum(y)]
    true = before[ends + 1] - before[heads[of[ends]]]
    gained = np.diff(before[ends + 1], prepend=0)
    precision = true / (ends + 1 - heads[of[ends]])
    total = np.bincount(of, weights=y, minlength=videos)
    some = total > 0
    found[some] = (np.bincount(of[ends], weights=precision * gained, minlength=videos) / np.maximum(total, 1))[some]
    return found


def confusion(scores: npt.ArrayLike, positive: npt.ArrayLike) -> Ints:
    """Count which class ranks first in each class's frames, by (F, C) scores, −∞ for none, and (F, C) truth.

    A frame of several classes counts once for each: the others are set aside then. A frame in which no class has a
    score counts in the last column.

    Returns:
        (C, C + 1).
    """
    s, y = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
    found = np.zeros((s.shape[1], s.shape[1] + 1), np.int64)
    for c in np.flatnonzero(y.any(0)):
        rows = np.where(y[y[:, c]], -np.inf, s[y[:, c]])
        rows[:, c] = s[y[:, c], c]
        first = np.where(np.isneginf(rows.max(1)), s.shape[1], rows.argmax(1))
        found[c] = np.bincount(first, minlength=s.shape[1] + 1)
    return found


def _mean(values: Iterable[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _steps(given: OneClass) -> float:
    return steps_of(*given.counts) if given.positive.any() else float("nan")


METRICS = {
    "xman_map": Metric(lambda given: _mean(map(_steps, given.each)), ClassScores, about=class_map.__doc__),
    "xman_ap": Metric(_steps, OneClass, about=class_precision.__doc__),
    "xman_ap_11_point": Metric(_pieces, OneClass, about=eleven_point.__doc__),
}
