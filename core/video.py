"""Clips: looked at before they are decoded, read as a stream of frames, and written.

Nothing of a clip is trusted: FFmpeg gets an open file and no name, may open no other file and no address, and every
limit is checked against what the container claims and again against what it holds. What is read, and what is said of
it, is listed in ``docs/reading.md``.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from core import _container, _decoding
from core._container import Trouble, check_file, check_size
from core._index import index
from core._outcome import Outcome, Seconds
from core._view import Painter
from core.arrays import Images
from core.errors import ClipError
from core.files import staged
from core.limits import EXTENSIONS, LIMITS, Limits, shown
from core.records import Clip, Frames, Reading

__all__ = ["EXTENSIONS", "LIMITS", "Limits", "encode", "probe", "read", "sha256_of"]


def probe(path: Path | str, fps: float | None = None) -> Clip:
    """Look at a clip without decoding more than its first frame.

    Args:
        path: a local file in any container and codec that FFmpeg reads.
        fps: frames in a second of a clip that does not tell; 25 where neither does.

    Returns:
        Its facts. Width and height are those of the frames that :func:`read` gives. ``frames`` is None where anything
        speaks against all announced frames being read; ``notes`` say what.

    Raises:
        ClipError: the file is missing, no video, without pictures, or beyond :data:`LIMITS`.
    """
    path = Path(path)
    found = index(path, fps)
    width, height = found.scan.view.size
    return Clip(
        shown(path), sha256_of(path), found.timing.fps, width, height, found.rows if found.whole else None,
        found.announced, found.recorded, (*found.damage, *found.notes),
    )  # fmt: skip


def read(
    path: Path | str, chunk: int = 32, on_end: Callable[[Reading], None] | None = None, *, fps: float | None = None,
    wanted: Callable[[int], bool] | None = None,
) -> Iterator[Frames]:  # fmt: skip
    """Decode a clip from its start.

    Each decoded frame is given once, in order of presentation, whatever the frame rate does: upright, with square
    pixels, deinterlaced, in the brightness of ordinary video. Damaged places are skipped; where a clip is cut, what
    lies before the cut is given.

    Args:
        path: a local file in any container and codec that FFmpeg reads.
        chunk: most frames handed over at once; fewer where they would take more than ``LIMITS.chunk_bytes``.
        on_end: called after the last frame with what was announced, read and lost; its notes stand for those of
            :func:`probe`, too.
        fps: frames in a second of a clip that does not tell; 25 where neither does.
        wanted: asked for each frame, by its index, whether to hand it over; the others cost their decoding alone.

    Yields:
        Consecutive frames; times count from the first frame of the clip and always grow.

    Raises:
        ClipError: the clip cannot be read or lies beyond :data:`LIMITS`, be it only in its middle.
    """
    path = Path(path)
    found, trouble = index(path, fps), Trouble()
    outcome, seconds, painter = Outcome(found, path), Seconds(found), Painter(found.scan.view, path)
    (width, height), times, size = found.scan.view.size, list[float](), (0, 0)
    fitting = max(1, min(chunk, _container.LIMITS.chunk_bytes // (width * height * 3)))
    images: Images = np.empty((0, height, width, 3), np.uint8)
    with _container.opened(path, found.options) as container:
        decoded = _decoding.in_order(_decoding.frames(container, found, trouble), seconds, found)
        for number, (frame, row, time) in enumerate(decoded):
            outcome.note(row, time, frame.is_corrupt)
            _container.check_reach(path, number + 1, time)
            if (frame.width, frame.height) != size:
                check_size(*(size := (frame.width, frame.height)), path, frame.format.padded_bits_per_pixel)
            if taken := wanted is None or wanted(number):
                images = images if times else np.empty((fitting, height, width, 3), np.uint8)
                painter.paint(frame, images[len(times)])
                times.append(time)
            if times and (not taken or len(times) == fitting):
                yield Frames(images[: len(times)], number + taken - len(times), np.array(times))
                times = []
    if times:
        yield Frames(images[: len(times)], outcome.read - len(times), np.array(times))
    if not outcome.read:
        raise ClipError(f"{shown(path)!r} holds no frame that can be decoded; it may be damaged or empty")
    if on_end is not None:
        on_end(outcome.reading(trouble.failures, painter))


def encode(path: Path | str, images: Iterable[Images], fps: float) -> None:
    """Write frames as H.264 in an MP4 that browsers play from its start, whole or not at all.

    Args:
        path: the file to make or to replace.
        images: (H, W, 3) uint8 RGB each, all of one size; an odd width or height grows by one repeated line.
        fps: frames in a second.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
        ValueError: there is no frame, or one has another size than the first.
    """
    frames_left = iter(images)
    first = next(frames_left, None)
    if first is None:
        raise ValueError("images must hold at least one frame, got none")
    height, width = first.shape[:2]
    with (
        staged(Path(path)) as part,
        av.open(f"file:{part}", "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream("libx264", Fraction(fps).limit_denominator(60000))
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        stream.codec_context.options = {"preset": "veryfast", "crf": "20"}
        for image in chain([first], frames_left):
            if image.shape != (height, width, 3):
                raise ValueError(f"images must all be ({height}, {width}, 3), got {image.shape}")
            padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            container.mux(stream.encode(VideoFrame.from_ndarray(padded, format="rgb24")))
        container.mux(stream.encode(None))


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; the file is never in memory as a whole.

    Raises:
        ClipError: it is missing, empty, no regular file, or cannot be read.
    """
    path = Path(path)
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ClipError(f"{shown(path)!r} cannot be read: {error.strerror}") from error
