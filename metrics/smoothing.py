"""Ways to smooth a video's scores over time; a figure says which one it was computed with."""

import numpy as np

from core.arrays import Doubles, Ints

WIDTH, SIGMA = 15, 3.0


def identity(scores: Doubles) -> Doubles:
    """Leave the scores as they are."""
    return scores


def savgol(scores: Doubles) -> Doubles:
    """Savitzky–Golay filter of 15 frames and order 1, that is a straight line through each frame's neighbours.

    It is the mean of 15 frames; the first and last seven lie on the line through the first or last 15, as in SciPy's
    mode ``interp``. A video of fewer frames is one line (``ravi2021class`` smooths so, after normalisation).

    >>> savgol(np.arange(20.0))[:3].round(6).tolist()
    [0.0, 1.0, 2.0]
    """
    width = min(WIDTH, len(scores))
    if width < 2:
        return scores
    if width < WIDTH:
        return _line(scores, np.arange(width))
    half = WIDTH // 2
    middle = np.convolve(scores, np.full(WIDTH, 1 / WIDTH), "valid")
    ends = _line(scores[:WIDTH], np.arange(half)), _line(scores[-WIDTH:], np.arange(WIDTH - half, WIDTH))
    return np.concatenate([ends[0], middle, ends[1]])


def gaussian(scores: Doubles) -> Doubles:
    """Gaussian filter of three frames' standard deviation, cut at four of them, the video mirrored at its ends.

    >>> gaussian(np.ones(5)).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if not len(scores):
        return scores
    reach = int(4 * SIGMA + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SIGMA) ** 2)
    return np.convolve(np.pad(scores, reach, "symmetric"), kernel / kernel.sum(), "valid")


def window_mean(scores: Doubles, span: int, target: int) -> Doubles:
    """Give each frame the mean score of the windows that hold it (``abati2019latent``, ``cho2022unsupervised``).

    Args:
        scores: (T,) each that of a window, said of one of its frames; NaN where no window fits.
        span: frames of a window.
        target: the frame of which its score is said, counted from 0.

    Returns:
        (T,); NaN where no window with a score holds the frame.

    >>> window_mean(np.array([np.nan, 1.0, 3.0, np.nan]), 3, 1).tolist()
    [1.0, 2.0, 2.0, 3.0]
    """
    if not len(scores):
        return scores
    known, ones = ~np.isnan(scores), np.ones(span)
    behind = slice(target, target + len(scores))
    total = np.convolve(np.where(known, scores, 0.0), ones)[behind]
    count = np.convolve(known, ones)[behind]
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _line(y: Doubles, at: Ints) -> Doubles:
    """Return the straight line of least squares through ``y``, at some of its places."""
    x = np.arange(len(y)) - (len(y) - 1) / 2
    slope = (x @ y) / (x @ x)
    return np.asarray(y.mean() + slope * (at - (len(y) - 1) / 2))


SMOOTHINGS = {"none": identity, "savgol": savgol, "gaussian": gaussian}
