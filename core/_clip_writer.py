"""The writing of a clip whose frames come one by one, with times of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame

from core.arrays import Images
from core.errors import expect
from core.files import staged

TICKS = 90_000
"""Units of time in a second of a clip that is written with times of its own; MPEG's own clock."""
THREADS = 2
"""Of the encoder, always: with another number the same pictures become other bytes."""


class ClipWriter:
    """Takes the frames of one clip, in order; see :func:`core.video.writing`."""

    def __init__(self, container: OutputContainer, fps: float) -> None:
        self._container = container
        rate = Fraction(fps).limit_denominator(60000)
        self._stream = container.add_stream("libx264", rate)
        self._stream.pix_fmt, self._stream.codec_context.time_base = "yuv420p", Fraction(1, TICKS)
        self._stream.codec_context.options = {"preset": "veryfast", "crf": "20", "threads": str(THREADS)}
        self._shape: tuple[int, ...] | None = None
        self._step, self._last = max(round(TICKS / fps), 1), -1

    def add(self, image: Images, seconds: float) -> None:
        """Write a frame.

        Args:
            image: (H, W, 3) uint8 RGB; an odd width or height grows by one repeated line.
            seconds: when it is shown, from the clip's first frame on; never before the one written last.

        Raises:
            ValueError: it has another size than the first, or does not come after the one before.
        """
        height, width = image.shape[:2]
        if self._shape is None:
            self._shape = image.shape
            self._stream.width, self._stream.height = width + width % 2, height + height % 2
        if image.shape != (*self._shape[:2], 3):
            raise ValueError(f"images must all be {(*self._shape[:2], 3)}, got {image.shape}")
        ticks = round(seconds * TICKS)
        expect(ticks > self._last, "seconds", "growing", seconds)
        padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(padded, format="rgb24")
        frame.pts, frame.time_base, frame.duration = ticks, Fraction(1, TICKS), self._step
        self._last = ticks
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder still holds.

        Raises:
            ValueError: no frame was written.
        """
        expect(self._shape is not None, "images", "at least one frame", "none")
        self._container.mux(self._stream.encode(None))


@contextmanager
def writing(path: Path, fps: float) -> Iterator[ClipWriter]:
    """Do :func:`core.video.writing`."""
    with (
        staged(path) as part,
        av.open(f"file:{part}", "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        writer = ClipWriter(container, fps)
        yield writer
        writer.finish()
