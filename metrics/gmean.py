"""Figures at the threshold that balances both classes best: the highest √(TPR · (1 − FPR)) (``ravi2021class``)."""

import numpy as np

from core.arrays import Bools, Doubles
from core.metrics import counts
from metrics.pool import Labels, Scores, of_frames, pool


def best_threshold(scores: Doubles, abnormal: Bools) -> float:
    """Return the score from which on frames are flagged where √(TPR · (1 − FPR)) is highest, the highest such score.

    NaN unless both classes are there.

    >>> best_threshold(np.array([0.1, 0.6, 0.4, 0.9]), np.array([False, False, True, True]))
    0.9
    """
    if not abnormal.any() or abnormal.all():
        return float("nan")
    tp, fp = counts(scores, abnormal)
    balance = (tp / tp[-1]) * (1 - fp / fp[-1])
    return float(-np.unique(-scores)[int(np.argmax(balance))])


def _flagged(scores: Scores, abnormal: Labels) -> tuple[Bools, Bools] | None:
    s, y = pool(scores, abnormal)
    limit = best_threshold(s, y)
    return None if np.isnan(limit) else (s >= limit, y)


def gmean(scores: Scores, abnormal: Labels) -> float:
    """Best √(TPR · (1 − FPR)) of any threshold: an oracle, picked on the test frames themselves.

    NaN unless both classes are there.

    >>> round(gmean([[0.1, 0.6, 0.4, 0.9]], [[0, 0, 1, 1]]), 4)
    0.7071
    """
    found = _flagged(scores, abnormal)
    if found is None:
        return float("nan")
    flagged, y = found
    return float(np.sqrt(flagged[y].mean() * (1 - flagged[~y].mean())))


def gmean_precision(scores: Scores, abnormal: Labels) -> float:
    """Precision at the threshold of the best √(TPR · (1 − FPR)); NaN unless both classes are there."""
    found = _flagged(scores, abnormal)
    return float(found[1][found[0]].mean()) if found else float("nan")


def gmean_recall(scores: Scores, abnormal: Labels) -> float:
    """Recall at the threshold of the best √(TPR · (1 − FPR)); NaN unless both classes are there."""
    found = _flagged(scores, abnormal)
    return float(found[0][found[1]].mean()) if found else float("nan")


def gmean_f1(scores: Scores, abnormal: Labels) -> float:
    """F1 at the threshold of the best √(TPR · (1 − FPR)); NaN unless both classes are there."""
    found = _flagged(scores, abnormal)
    if found is None:
        return float("nan")
    flagged, y = found
    return float(2 * np.sum(flagged & y) / (np.sum(flagged) + np.sum(y)))


METRICS = {
    "gmean.value": of_frames(gmean),
    "gmean.precision": of_frames(gmean_precision),
    "gmean.recall": of_frames(gmean_recall),
    "gmean.f1": of_frames(gmean_f1),
}
