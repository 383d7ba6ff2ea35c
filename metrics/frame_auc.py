"""Frame-level AUC: the area under the ROC of "is this frame abnormal?", in the field's three ways.

They are not comparable with one another, so all three are always given, with the id of the label set:

- *micro, normalised per video*: each video's scores are brought to [0, 1], then one ROC over all frames. The way of
  the prediction family (liu2018future; park2020learning), and the headline here. It removes level differences between
  videos, and lifts or lowers all-abnormal videos arbitrarily.
- *micro, raw*: one ROC over all frames as they are scored. What one threshold for a whole camera can do.
- *macro*: the mean of each video's own AUC (georgescu2021background).
"""

import numpy as np

from core.arrays import Bools, Doubles
from core.metrics import FrameScores, Metric
from metrics.pool import Labels, Scores, auc_of, normalised, of_frames, pool, videos


def micro_raw(scores: Scores, abnormal: Labels) -> float:
    """Frame-level AUC over all frames of all videos, as they are scored.

    >>> micro_raw([[0.0, 1.0], [5.0, 6.0]], [[0, 1], [0, 1]])
    0.75
    """
    return auc_of(*pool(scores, abnormal))


def micro_normalised(scores: Scores, abnormal: Labels) -> float:
    """Frame-level AUC over all frames, scores brought to [0, 1] in each video.

    A video whose scores are all alike counts with 0 in all its frames.

    >>> micro_normalised([[0.0, 1.0], [5.0, 6.0]], [[0, 1], [0, 1]])
    1.0
    """
    found = videos(scores, abnormal)
    return auc_of(*pool([normalised(s) for s, _ in found], [y for _, y in found]))


def video_auc(scores: Doubles, abnormal: Bools) -> float:
    """Return one video's AUC as :func:`macro` counts it.

    The normalised video is extended by a normal frame of score 0 and an abnormal one of score 1, so that it is defined
    when all its frames are of one class (georgescu2021background, their published evaluation).

    >>> video_auc(np.array([2.0, 3.0]), np.array([True, True]))
    0.8333333333333333
    """
    kept = ~np.isnan(scores)
    return auc_of(np.r_[0.0, normalised(scores[kept]), 1.0], np.r_[False, abnormal[kept], True])


def macro(scores: Scores, abnormal: Labels) -> float:
    """Mean over the videos of each video's own frame-level AUC; a video without any score is left out.

    >>> macro([[0.0, 1.0], [5.0, 6.0]], [[0, 1], [0, 1]])
    1.0
    """
    each = [video_auc(s, y) for s, y in videos(scores, abnormal) if len(s)]
    return float(np.mean(each)) if each else float("nan")


METRICS = {
    "auc.micro_normalised": of_frames(micro_normalised),
    "auc.micro_raw": Metric(lambda given: micro_raw(given.raw, given.abnormal), FrameScores, about=micro_raw.__doc__),
    "auc.macro": of_frames(macro),
}
