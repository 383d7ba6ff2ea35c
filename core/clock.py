"""Seconds of a clip's frames, from the file's own time stamps: never a frame's number over an average rate."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Seconds
from core.errors import expect

GAP_SECONDS, GAP_STEPS = 1.0, 5.0
"""Frames are a gap apart when more than this many seconds, and more than this many usual steps, lie between them."""


@dataclass(frozen=True)
class Clock:
    """When each frame of a clip is shown.

    Attributes:
        times: (T,) float64 seconds from the clip's first frame, growing.
        step: usual seconds between two frames; times before the first and behind the last frame go on by it.
    """

    times: Seconds
    step: float

    def __post_init__(self) -> None:
        expect(self.times.ndim == 1, "times", "(T,)", self.times.shape)
        expect(bool((np.diff(self.times) > 0).all()), "times", "growing", "times that do not grow")
        expect(self.step > 0, "step", "above 0", self.step)

    @classmethod
    def of(cls, times: npt.ArrayLike, step: float | None = None) -> "Clock":
        """Make a clock of time stamps; without ``step`` the usual one is the median (1 s where there is one frame)."""
        stamps = np.asarray(times, np.float64)
        usual = float(np.median(np.diff(stamps))) if step is None and len(stamps) > 1 else step
        return cls(stamps, usual or 1.0)

    @classmethod
    def steady(cls, fps: float, frames: int = 1) -> "Clock":
        """Make the clock of a clip at a constant rate.

        >>> Clock.steady(25.0, 100).at(50)
        2.0
        """
        return cls(np.arange(max(frames, 1)) / fps, 1.0 / fps)

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rate(self) -> float:
        """Usual number of frames in a second."""
        return 1.0 / self.step

    def seconds(self, frames: npt.ArrayLike) -> Seconds:
        """Return when frames are shown, in seconds; between two frames it is interpolated.

        >>> Clock.of([0.0, 0.1, 0.4]).seconds([1, 1.5, 4]).round(3).tolist()
        [0.1, 0.25, 0.8]
        """
        asked = np.asarray(frames, np.float64)
        last = len(self.times) - 1
        inside: Seconds = np.interp(asked, np.arange(len(self.times)), self.times)
        return inside + self.step * (np.minimum(asked, 0.0) + np.maximum(asked - last, 0.0))

    def at(self, frame: float) -> float:
        """Return when one frame is shown, in seconds."""
        return float(self.seconds(frame))

    def end(self, frame: int) -> float:
        """Return when a frame gives way to the next one, in seconds; before a gap and at the end, after one step.

        >>> clock = Clock.of([0.0, 0.1, 0.2, 9.0])
        >>> round(clock.end(1), 3), round(clock.end(2), 3), round(clock.end(3), 3)
        (0.2, 0.3, 9.1)
        """
        following = self.at(frame + 1)
        return self.at(frame) + self.step if following - self.at(frame) > self.gap else following

    def frame(self, seconds: float) -> int:
        """Return the last frame that is shown at or before a moment; the first one before all.

        >>> Clock.steady(10.0, 100).frame(1.25)
        12
        """
        return max(int(np.searchsorted(self.times, seconds + 1e-9, side="right")) - 1, 0)

    def length(self, first: int, last: int) -> float:
        """Return how many seconds pass from the beginning of one frame to the end of another."""
        return self.end(last) - self.at(first)

    @property
    def lengths(self) -> Seconds:
        """Return for how many seconds each frame is shown, (T,); one before a gap for as long as is usual."""
        apart = np.diff(self.times, append=self.times[-1:] + self.step)
        return np.where(apart > self.gap, self.step, apart)

    @property
    def recorded(self) -> float:
        """Seconds from the first frame to the end of the last one, without gaps.

        >>> round(Clock.of([0.0, 0.1, 0.2, 9.0]).recorded, 3)
        0.4
        """
        return sum(self.length(part.start, part.stop - 1) for part in self.segments()) if len(self) else 0.0

    @property
    def gap(self) -> float:
        """Seconds between two frames from which nothing was recorded between them."""
        return max(GAP_SECONDS, GAP_STEPS * self.step)

    def gaps(self) -> list[int]:
        """List the frames behind which nothing was recorded for longer than :attr:`gap`.

        >>> Clock.of([0.0, 0.1, 0.2, 9.0, 9.1]).gaps()
        [2]
        """
        return [int(frame) for frame in np.flatnonzero(np.diff(self.times) > self.gap)]

    def segments(self) -> Iterator[slice]:
        """Yield the stretches of frames between gaps, in order; there is one where there is no gap."""
        ends = [*(frame + 1 for frame in self.gaps()), len(self.times)]
        for first, stop in zip([0, *ends], ends, strict=False):
            yield slice(first, stop)


def duration(seconds: float) -> str:
    """Write a length of time as ``m:ss``, or ``h:mm:ss`` from an hour on.

    >>> duration(195.2), duration(3600)
    ('3:15', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
