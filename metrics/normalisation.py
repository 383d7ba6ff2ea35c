"""Ways to bring a video's scores to one scale; a figure says which one it was computed with."""

import numpy as np

from core.arrays import Doubles
from metrics.pool import normalised
from metrics.smoothing import identity

WINDOW = 200


def sliding(scores: Doubles) -> Doubles:
    """Bring each score to [0, 1] by the least and the greatest of it and the 199 that follow; 0 where they are alike.

    At the end of a video it is the last 200, or the whole of a shorter one. The published evaluation of
    ``li2021decoupled`` does so for ShanghaiTech; it looks ahead, so a camera at work could not.

    >>> sliding(np.array([1.0, 3.0, 2.0])).tolist()
    [0.0, 1.0, 0.5]
    """
    if not len(scores):
        return scores
    width = min(WINDOW, len(scores))
    windows = np.lib.stride_tricks.sliding_window_view(scores, width)
    which = np.minimum(np.arange(len(scores)), len(windows) - 1)
    low, high = windows.min(1)[which], windows.max(1)[which]
    range_ = high - low
    return np.where(range_ > 0, (scores - low) / np.where(range_ > 0, range_, 1.0), 0.0)


NORMALISATIONS = {"none": identity, "min-max": normalised, "sliding": sliding}
