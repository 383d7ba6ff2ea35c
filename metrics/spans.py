"""Runs of frames, which is what a person is told of: alarms, and unusual events."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Bools
from core.clock import Clock
from metrics.pool import paired

Flags = Sequence[npt.ArrayLike]
Pace = float | Sequence[npt.ArrayLike]


def spans(flags: npt.ArrayLike) -> list[tuple[int, int]]:
    """Return (first, last) of each run of true values, both inclusive.

    >>> spans([0, 1, 1, 0, 1])
    [(1, 2), (4, 4)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, np.asarray(flags, np.bool_), False]))
    return [(int(first), int(end) - 1) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def pairs(flagged: Flags, abnormal: Flags) -> list[tuple[Bools, Bools]]:
    """Return each video's flags and truth.

    Raises:
        ValueError: the two do not match.
    """
    return paired("flagged", flagged, abnormal, np.bool_)


def clocks(pace: Pace, lengths: Sequence[int]) -> list[Clock]:
    """Return when the frames of each video are shown.

    Args:
        pace: frames per second of all videos, or one (T,) array per video, the seconds at which its frames are shown.
        lengths: frames of each.

    Raises:
        ValueError: a rate is not above 0, or seconds are not those of the videos' frames.
    """
    if isinstance(pace, int | float):
        if not 0 < pace < float("inf"):
            raise ValueError(f"frames per second must be above 0, got {pace}")
        return [Clock.steady(pace, length) for length in lengths]
    found = [Clock.of(seconds) for seconds in pace]
    if [len(clock) for clock in found] != list(lengths):
        raise ValueError(f"there must be one second for each frame, got {[len(c) for c in found]} for {list(lengths)}")
    return found
