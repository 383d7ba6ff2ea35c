"""Stretches of frames: from a condition of each frame to runs that last."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools
from core.clock import Clock


@dataclass(frozen=True)
class Stretch:
    """Frames on end, inclusive."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def runs(flags: Bools) -> list[Stretch]:
    """List the runs of True.

    >>> runs(np.array([False, True, True, False, True]))
    [Stretch(first=1, last=2), Stretch(first=4, last=4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [Stretch(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def hysteresis(high: Bools, low: Bools) -> list[Stretch]:
    """List the runs of ``low`` that are ``high`` somewhere.

    >>> hysteresis(np.array([0, 1, 0, 0, 0]) > 0, np.array([1, 1, 0, 1, 1]) > 0)
    [Stretch(first=0, last=1)]
    """
    return [run for run in runs(low | high) if high[run.first : run.last + 1].any()]


def folded(stretches: Iterable[Stretch], belong: Callable[[Stretch, Stretch], bool]) -> list[Stretch]:
    """Make one stretch of each and the one before it, in order of their first frames, where both belong together."""
    found: list[Stretch] = []
    for one in stretches:
        if found and belong(found[-1], one):
            found[-1] = Stretch(found[-1].first, max(found[-1].last, one.last))
        else:
            found.append(one)
    return found


def joined(stretches: Iterable[Stretch], clock: Clock, seconds: float) -> list[Stretch]:
    """Join stretches, in order of their first frames, with less than so many seconds between them."""
    return folded(stretches, lambda one, after: clock.at(after.first) - clock.end(one.last) < seconds)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches that overlap or touch, whatever their order."""
    return folded(sorted(stretches, key=lambda one: one.first), lambda one, after: after.first <= one.last + 1)


def lasting(stretches: Iterable[Stretch], clock: Clock, seconds: float) -> list[Stretch]:
    """Keep the stretches that last for so many seconds."""
    return [one for one in stretches if clock.length(one.first, one.last) >= seconds - 1e-6]


def mask(spans: Sequence[Stretch], frames: int) -> Bools:
    """Mark the frames of stretches: (frames,)."""
    found = np.zeros(frames, np.bool_)
    for one in spans:
        found[one.first : one.last + 1] = True
    return found


def within(flags: Bools, before: int, behind: int) -> Bools:
    """Mark the frames that have a flagged one among themselves, the ``before`` earlier and the ``behind`` later ones.

    >>> within(np.array([0, 0, 1, 0, 0, 0]) > 0, 2, 1).tolist()
    [False, True, True, True, True, False]
    """
    total = np.concatenate([[0], np.cumsum(flags)])
    at = np.arange(len(flags))
    return np.asarray(total[np.minimum(at + behind + 1, len(flags))] > total[np.maximum(at - before, 0)], np.bool_)


def frames_in(seconds: float, clock: Clock) -> int:
    """Return how many frames are shown in so many seconds, at least one."""
    return max(1, round(seconds * clock.rate))


def around(flags: Bools, clock: Clock, seconds: float) -> Bools:
    """Mark the frames that have a flagged one among themselves and those within so many seconds of them."""
    frames = frames_in(seconds, clock)
    return within(flags, frames, frames)


def near(one: Stretch, other: Stretch, clock: Clock, seconds: float) -> bool:
    """Return whether two stretches overlap or lie within so many seconds of each other."""
    return (
        clock.at(one.first) - clock.end(other.last) < seconds and clock.at(other.first) - clock.end(one.last) < seconds
    )
