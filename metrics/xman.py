"""X-MAN's mAP: how well the causes tell which class was unusual (``szymanowicz2022discrete``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics._pool import average_precision

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
    """Average precision over the labelled frames, which are the unusual ones alone, class by class.

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
    each = {name: class_precision(s[:, i], y[:, i]) for i, name in enumerate(classes)}
    return ClassMap(
        per_class=each,
        map=_mean(each.values()),
        map_objects=_mean(value for (coarse, _), value in each.items() if coarse == "object"),
        map_without_location=_mean(value for (coarse, _), value in each.items() if coarse != "location"),
    )


def _mean(values: Iterable[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")
