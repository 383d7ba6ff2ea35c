"""Area under the precision-recall curve, abnormal frames being the positive ones."""

from metrics.pool import Labels, Scores, average_precision, of_frames, pool


def auc_pr(scores: Scores, abnormal: Labels) -> float:
    """Area under precision over recall as average precision: a sum of steps, nothing interpolated.

    Interpolating linearly would be too optimistic (davis2006relationship). A score that knows nothing reaches the share
    of abnormal frames, not 0.5. NaN where no frame is abnormal.

    >>> round(auc_pr([[0.1, 0.4, 0.35, 0.8]], [[0, 0, 1, 1]]), 4)
    0.8333
    """
    return average_precision(*pool(scores, abnormal))


METRICS = {"auc_pr": of_frames(auc_pr)}
