"""F1 of flagged frames: at a threshold that was set beforehand, and the best that any threshold could reach."""

import numpy as np

from core.metrics import Decisions, Metric, counts
from metrics.pool import Labels, Scores, of_frames, pool


def f1(scores: Scores, abnormal: Labels, threshold: float = 0.0) -> float:
    """Harmonic mean of precision and recall of the frames that score above ``threshold``, 2TP / (2TP + FP + FN).

    NaN where no frame is abnormal.

    >>> f1([[-1.0, 2.0, -0.5, 3.0]], [[0, 0, 1, 1]])
    0.5
    """
    s, y = pool(scores, abnormal)
    flagged = s > threshold
    return float(2 * np.sum(flagged & y) / (np.sum(flagged) + np.sum(y))) if y.any() else float("nan")


def f1_oracle(scores: Scores, abnormal: Labels) -> float:
    """Best F1 of any threshold: an oracle, for the threshold is picked on the test frames themselves.

    NaN where no frame is abnormal.

    >>> f1_oracle([[-1.0, 2.0, -0.5, 3.0]], [[0, 0, 1, 1]])
    0.8
    """
    s, y = pool(scores, abnormal)
    if not y.any():
        return float("nan")
    tp, fp = counts(s, y)
    return float(np.max(2 * tp / (tp + fp + tp[-1])))


METRICS = {
    "f1": Metric(lambda given: f1(given.scores, given.abnormal), Decisions, about=f1.__doc__),
    "f1_oracle": of_frames(f1_oracle),
}
