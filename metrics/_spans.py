"""Runs of frames, which is what a person is told of: alarms, and unusual events."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from metrics._pool import Mask

Flags = Sequence[npt.ArrayLike]


def spans(flags: npt.ArrayLike) -> list[tuple[int, int]]:
    """Return (first, last) of each run of true values, both inclusive.

    >>> spans([0, 1, 1, 0, 1])
    [(1, 2), (4, 4)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, np.asarray(flags, np.bool_), False]))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def pairs(flagged: Flags, abnormal: Flags) -> list[tuple[Mask, Mask]]:
    """Return each video's flags and truth.

    Raises:
        ValueError: the two do not match.
    """
    if len(flagged) != len(abnormal):
        raise ValueError(f"flagged and abnormal must be of the same videos, got {len(flagged)} and {len(abnormal)}")
    found = [(np.asarray(f, np.bool_), np.asarray(a, np.bool_)) for f, a in zip(flagged, abnormal, strict=True)]
    for number, (f, a) in enumerate(found):
        if f.ndim != 1 or f.shape != a.shape:
            raise ValueError(f"video {number}: flagged and abnormal must both be (T,), got {f.shape} and {a.shape}")
    return found


def rate(fps: float) -> float:
    """Return a frame rate that is one.

    Raises:
        ValueError: it is not above 0.
    """
    if not 0 < fps < float("inf"):
        raise ValueError(f"fps must be above 0, got {fps}")
    return fps
