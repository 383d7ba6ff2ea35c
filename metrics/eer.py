"""Equal error rate: where as large a share of normal frames is flagged as of abnormal ones is missed."""

import numpy as np

from metrics.pool import Labels, Scores, of_frames, pool, roc


def eer(scores: Scores, abnormal: Labels) -> float:
    """Equal error rate over all frames: the false-positive rate where the ROC crosses TPR = 1 - FPR.

    Between two thresholds the ROC is a straight line, as for the AUC (mahadevan2010anomaly use it for Ped2). NaN unless
    both classes are there.

    >>> eer([[0.1, 0.6, 0.4, 0.9]], [[0, 0, 1, 1]])
    0.5
    >>> eer([[0.1, 0.2, 0.4, 0.9]], [[0, 0, 1, 1]])
    0.0
    """
    curve = roc(*pool(scores, abnormal))
    if curve is None:
        return float("nan")
    fpr, tpr = curve
    gap = 1 - tpr - fpr
    after = int(np.argmax(gap <= 0))
    before = after - 1
    share = gap[before] / (gap[before] - gap[after])
    return float(fpr[before] + share * (fpr[after] - fpr[before]))


METRICS = {"eer": of_frames(eer)}
