"""Precision and recall of flagged frames at a threshold that was set beforehand."""

import numpy as np

from core.metrics import Decisions, Metric
from metrics.pool import Labels, Scores, pool


def precision(scores: Scores, abnormal: Labels, threshold: float = 0.0) -> float:
    """Share of the frames that score above ``threshold`` which are abnormal; NaN where none scores above it.

    >>> precision([[-1.0, 2.0, -0.5, 3.0]], [[0, 0, 1, 1]])
    0.5
    """
    s, y = pool(scores, abnormal)
    flagged = s > threshold
    return float(y[flagged].mean()) if flagged.any() else float("nan")


def recall(scores: Scores, abnormal: Labels, threshold: float = 0.0) -> float:
    """Share of the abnormal frames that score above ``threshold``; NaN where no frame is abnormal.

    >>> recall([[-1.0, 2.0, 0.5, 3.0]], [[0, 0, 1, 1]])
    1.0
    """
    s, y = pool(scores, abnormal)
    return float(np.mean(s[y] > threshold)) if y.any() else float("nan")


METRICS = {
    "precision": Metric(lambda given: precision(given.scores, given.abnormal), Decisions, about=precision.__doc__),
    "recall": Metric(lambda given: recall(given.scores, given.abnormal), Decisions, about=recall.__doc__),
}
