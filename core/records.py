"""What travels between the stages: frozen dataclasses, checked when they are made.

Conventions, everywhere in Whycam:

- frames are counted from 0, and ``last`` is inclusive;
- pixels are ``(x1, y1, x2, y2)`` in the clip's own resolution, ``x2`` and ``y2`` exclusive;
- pictures are RGB, ``uint8``, ``(height, width, 3)``;
- a score grows with strangeness; heat (saliency) is a non-negative squared error per pixel.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Bools, Doubles, Floats, Images, Ints
from core.errors import expect

if TYPE_CHECKING:
    # Whoever reads a clip or scores that are there needs no PyTorch, which takes a second to import.
    from torch import Tensor

Pixels = tuple[float, float, float, float]


@dataclass(frozen=True)
class Clip:
    """Facts of one clip.

    Attributes:
        name: shown in place of the file's path.
        sha256: of the whole file.
        fps: average frames in a second; seconds of single frames are in a :class:`core.clock.Clock`.
        width, height: of the frames that are analysed, upright and with square pixels.
        frames: how many there are to read; None until the clip was decoded to its end.
        announced: how many the file claims or holds packets for; None where it tells nothing.
        recorded: wall clock of the first frame in ISO 8601, with its offset from UTC where the file tells it; empty
            where the file has none.
        notes: sentences that the reader must know, found before a frame was decoded.
    """

    name: str
    sha256: str
    fps: float
    width: int
    height: int
    frames: int | None = None
    announced: int | None = None
    recorded: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What became of a clip's frames while it was read to its end.

    Attributes:
        announced: frames that the file claims or holds packets for; None where it tells nothing.
        read: frames that were decoded.
        unread: (first, last) seconds of each stretch whose frames were announced but could not be decoded.
        notes: a sentence for everything that the reader must know.
    """

    announced: int | None
    read: int
    unread: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frames:
    """Consecutive decoded frames.

    Attributes:
        images: (T, H, W, 3) uint8 RGB.
        first: index of ``images[0]`` in the clip, from 0.
        times: (T,) float64, presentation time in seconds.
    """

    images: Images
    first: int
    times: Doubles

    def __post_init__(self) -> None:
        right = self.images.ndim == 4 and self.images.shape[3] == 3 and self.images.dtype == np.uint8
        expect(right, "images", "(T, H, W, 3) uint8", (self.images.shape, self.images.dtype))
        expect(len(self.times) == len(self.images), "times", f"({len(self.images)},)", self.times.shape)

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Window:
    """Which frames a detector looks at, and for which frame it answers.

    Attributes:
        inputs: number of input frames.
        step: distance between two input frames, in frames.
        target: index of the frame it answers for, counted from the window's first frame.
        height, width: size at which the network looks, in pixels.
        channels: 3 for RGB, 1 for grey.
        low, high: value range of the network's input.
    """

    inputs: int
    step: int
    target: int
    height: int
    width: int
    channels: int = 3
    low: float = -1.0
    high: float = 1.0

    @property
    def span(self) -> int:
        """Number of consecutive frames that one window covers, the answered frame included."""
        return max((self.inputs - 1) * self.step, self.target) + 1


@dataclass(frozen=True)
class Prediction:
    """A detector's answer for B consecutive windows.

    Attributes:
        score: (B,) float32, grows with strangeness.
        saliency: (B, H, W) float32, non-negative squared error per pixel, at the clip's own resolution.
        expected: (B, C, h, w) float32 in [0, 1], what the detector thought it would see, at its own size.
        first: index in the clip of the frame that row 0 answers for; row i answers for frame ``first + i``.
    """

    score: "Tensor"
    saliency: "Tensor"
    expected: "Tensor"
    first: int = 0

    def __post_init__(self) -> None:
        expect(self.score.ndim == 1, "score", "(B,)", tuple(self.score.shape))
        shape = tuple(self.saliency.shape)
        expect(len(shape) == 3 and shape[0] == len(self.score), "saliency", f"({len(self.score)}, H, W)", shape)


@dataclass(frozen=True)
class Event:
    """A run of frames above the threshold; ``last`` is inclusive."""

    first: int
    last: int
    peak: int
    peak_score: float

    def __post_init__(self) -> None:
        span = (self.first, self.peak, self.last)
        expect(0 <= self.first <= self.peak <= self.last, "event", "0 <= first <= peak <= last", span)


@dataclass(frozen=True)
class Detections:
    """Labelled boxes of one frame, from an object or an action model; one row for each (box, label) pair.

    Attributes:
        frame: index of the frame in the clip.
        boxes: (N, 4) float32, (x1, y1, x2, y2) in pixels of the clip.
        labels: N names of the ``vocabulary``.
        confidence: (N,) float32 in [0, 1].
        vocabulary: ``"COCO"`` or ``"AVA"``.
    """

    frame: int
    boxes: Floats
    labels: tuple[str, ...]
    confidence: Floats
    vocabulary: str

    def __post_init__(self) -> None:
        n = len(self.labels)
        expect(self.boxes.shape == (n, 4), "boxes", f"({n}, 4)", self.boxes.shape)
        expect(self.confidence.shape == (n,), "confidence", f"({n},)", self.confidence.shape)

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, which: Bools | Ints) -> "Detections":
        """Return the rows that (N,) flags mark, or those of some indices."""
        rows = np.arange(len(self))[which]
        labels = tuple(self.labels[i] for i in rows)
        return Detections(self.frame, self.boxes[rows], labels, self.confidence[rows], self.vocabulary)

    def labelled(self, *labels: str) -> Bools:
        """Mark the rows of these labels: (N,)."""
        return np.array([label in labels for label in self.labels], np.bool_)


@dataclass(frozen=True)
class Tube:
    """One object followed over time.

    Attributes:
        label: name of the object (COCO).
        frames: (T,) int64, ascending.
        boxes: (T, 4) float32.
        confidence: (T,) float32 in [0, 1].
    """

    label: str
    frames: Ints
    boxes: Floats
    confidence: Floats

    def __post_init__(self) -> None:
        n = len(self.frames)
        expect(n > 0, "tube", "at least one frame long", n)
        expect(self.boxes.shape == (n, 4), "boxes", f"({n}, 4)", self.boxes.shape)


@dataclass(frozen=True)
class Evidence:
    """All that is kept of one explained frame.

    Attributes:
        frame: index in the clip.
        score: the frame's calibrated score.
        image: (H, W, 3) uint8.
        heat: (H, W) float32, the detector's saliency.
        objects, actions: labelled boxes of that frame.
    """

    frame: int
    score: float
    image: Images
    heat: Floats
    objects: Detections
    actions: Detections

    def __post_init__(self) -> None:
        expect(self.heat.shape == self.image.shape[:2], "heat", f"{self.image.shape[:2]}", self.heat.shape)
