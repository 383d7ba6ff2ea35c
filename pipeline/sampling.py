"""Which of a clip's frames the detector is shown: none twice, about as many a second as its camera learnt from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import video
from core.arrays import Bools, Images, Ints
from core.clock import Clock
from core.errors import ClipError
from core.records import Frames
from pipeline.repeats import Repeats

FASTER = 1.75
"""A clip with at least so many times its camera's frames a second is thinned to every second, third, … frame."""
SLOWER, TOO_SLOW = 1.5, 4.0
"""Times as far that things move from frame to frame: from these on a clip is warned of, and refused."""


@dataclass(frozen=True)
class Sample:
    """Frames for the detector.

    Attributes:
        frames: numbered consecutively over the whole clip, whatever was left out between them.
        numbers: (T,) int64, the number of each in the clip.
        segment: changes where a window must not reach back: the recording had a gap.
    """

    frames: Frames
    numbers: Ints
    segment: int


class Sampler:
    """Picks the frames to analyse out of a clip's decoded frames, in order.

    Args:
        rate: usual frames in a second of the clip.
        camera_rate: of the footage that the camera learnt from; None leaves the rate as it is.
        repeats: what is known of the clip's repeats beforehand.

    Attributes:
        fresh: share of new pictures among its first frames, as far as repeats are known.
        every: of so many frames one is analysed.
        seconds, analysed: seconds, and whether it is analysed, of each frame so far.
        repeated: frames so far that were left out because they repeat the one before.
    """

    def __init__(self, rate: float, camera_rate: float | None = None, repeats: Repeats | None = None) -> None:
        self._repeats = repeats or Repeats()
        self.fresh = self._repeats.fresh
        ratio = rate / camera_rate if camera_rate else 1.0
        self.every = int(ratio + 2.0 - FASTER) if ratio >= FASTER else 1
        self.gap = Clock.steady(rate).gap
        self.seconds: list[float] = []
        self.analysed: list[bool] = []
        self.repeated = 0
        self._taken, self._segment, self._waited, self._fresh = 0, 0, self.every, True

    @classmethod
    def of(cls, path: Path, rate: float, camera_rate: float) -> "Sampler":
        """Make one for a clip, after a look at its first frames.

        Raises:
            ClipError: the clip cannot be read.
        """
        return cls(rate, camera_rate, Repeats.of(video.read(path, 16)))

    def take(self, chunk: Frames) -> Iterator[Sample]:
        """Yield the frames of a chunk that are analysed, split where the recording had a gap."""
        picked: list[int] = []
        for row in range(len(chunk)):
            if self.seconds and chunk.times[row] - self.seconds[-1] > self.gap:
                yield from self._sample(chunk, picked)
                picked = []
                self._segment, self._waited, self._fresh = self._segment + 1, self.every, True
            wanted = self._wanted(chunk.images[row])
            self.seconds.append(float(chunk.times[row]))
            self.analysed.append(wanted)
            if wanted:
                picked.append(row)
        yield from self._sample(chunk, picked)

    def _wanted(self, image: Images) -> bool:
        repeated = self._repeats.add_frame(image)
        self.repeated += repeated
        self._fresh |= not repeated
        self._waited += 1
        if self._waited < self.every or not self._fresh:
            return False
        self._waited, self._fresh = 0, False
        return True

    def _sample(self, chunk: Frames, rows: Sequence[int]) -> Iterator[Sample]:
        if not rows:
            return
        whole = len(rows) == len(chunk)
        images = chunk.images if whole else chunk.images[list(rows)]
        frames = Frames(images, self._taken, chunk.times[list(rows)])
        self._taken += len(rows)
        yield Sample(frames, np.array(rows, np.int64) + chunk.first, self._segment)


def check_rate(rate: float, camera: str, camera_rate: float, name: str, fresh: float = 1.0) -> str | None:
    """Hold a clip's rate against its camera's.

    Args:
        rate: frames per second of the clip.
        camera: its name.
        camera_rate: frames per second of the footage that it learnt from.
        name: the clip's.
        fresh: share of its frames that are new pictures, and do not repeat the one before.

    Returns:
        The sentence that a reader must know, or None where nothing is to be said, or nothing but what is said of the
        clip without its repeats.

    Raises:
        ClipError: things move too far from frame to frame for what was learnt.
    """
    ratio = camera_rate / (rate * fresh)
    shown = f"shows {rate * fresh:.3g} new pictures a second" if fresh < 1 else f"has {rate:.3g} frames/s"
    said = f"{name!r} {shown}, camera {camera} learnt from {camera_rate:.3g}"
    if ratio >= TOO_SLOW:
        raise ClipError(
            f"{said}: from one frame to the next things move {ratio:.1f} times as far, and every one of them would be "
            f"unusual; record at {camera_rate / SLOWER:.3g} frames/s or more, or train a camera on footage at this rate"
        )
    if ratio >= SLOWER:
        return f"{said}: things move {ratio:.1f} times as far from frame to frame, and its scores are too high."
    if 1 / ratio >= FASTER:
        every = Sampler(rate * fresh, camera_rate).every
        if fresh < 1 and every == Sampler(rate, camera_rate).every:
            return None
        return f"{said}: every {_ordinal(every)} frame is analysed, the others have the score of the one before."
    return None


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(number, f"{number}th")


@dataclass(frozen=True)
class Analysed:
    """The frames of a clip that the detector is shown.

    Attributes:
        numbers: (N,) int64, ascending, their numbers in the clip.
        segments: (N,) int64; a window lies in one segment.
        frames: how many frames of the clip were looked at.
    """

    numbers: Ints
    segments: Ints
    frames: int

    @classmethod
    def of(cls, flags: Bools, clock: Clock) -> "Analysed":
        """Make it of what a run keeps: (T,) whether each frame is analysed, and when it is shown."""
        numbers = np.flatnonzero(flags).astype(np.int64)
        return cls(numbers, np.searchsorted(clock.gaps(), numbers, side="left").astype(np.int64), len(flags))

    @classmethod
    def look(cls, path: Path, rate: float, camera_rate: float, stop: int) -> "Analysed":
        """Find it anew in a clip that no run has scored, in its first ``stop`` frames.

        Raises:
            ClipError: the clip cannot be read.
        """
        sampler, found = Sampler.of(path, rate, camera_rate), list[Sample]()
        for chunk in video.read(path, 8):
            found += sampler.take(chunk)
            if len(sampler.seconds) >= stop:
                break
        numbers = [sample.numbers for sample in found]
        segments = [np.full(len(sample.numbers), sample.segment) for sample in found]
        return cls(np.concatenate(numbers), np.concatenate(segments), len(sampler.seconds))

    def index(self, frame: int) -> int:
        """Return which of the analysed frames shows a frame of the clip."""
        return int(np.searchsorted(self.numbers, frame, side="right")) - 1


def load(path: Path, numbers: Ints) -> Images:
    """Decode some frames of a clip.

    Args:
        path: the clip.
        numbers: (N,) ascending.

    Returns:
        (N, H, W, 3) uint8; fewer where the clip ends before the last of them.

    Raises:
        ClipError: the clip cannot be read.
    """
    return np.concatenate([chunk.images for chunk in decode(path, numbers)])


def decode(path: Path, numbers: Ints, chunk: int = 8, fps: float | None = None) -> Iterator[Frames]:
    """Decode the frames of a clip with these ascending numbers, (N,), in chunks; see :func:`core.video.read`."""
    wanted = set(numbers.tolist())
    for part in video.read(path, chunk, fps=fps, wanted=wanted.__contains__) if wanted else ():
        yield part
        if part.first + len(part) > numbers[-1]:
            return
