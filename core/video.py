"""Clips: looked at before they are decoded, read as a stream of frames, and written.

Nothing of a clip is trusted: FFmpeg gets an open file and no name, may open no other file and no address, and every
limit is checked against what the container claims and again against what it holds.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from core._container import LIMITS, Damage, Limits, announced, breaks_off, check_file, check_size, frames, opened, shown
from core.errors import ClipError
from core.files import staged
from core.records import Clip, Frames, Images

__all__ = ["LIMITS", "Limits", "encode", "probe", "read", "sha256_of"]

Warn = Callable[[str], None]
SLACK = 0.75
"""Seconds by which a clip may end before its announced end without being called cut."""


def probe(path: Path | str) -> Clip:
    """Look at a clip without decoding more than its first frame.

    Args:
        path: a local file in any container and codec that FFmpeg reads.

    Returns:
        Its facts. Width and height are those of the frames that :func:`read` gives, rotation applied. ``frames`` is
        what the container announces where that agrees with its length, and None otherwise; a damaged clip has fewer.

    Raises:
        ClipError: the file is missing, no video, without pictures, or beyond :data:`LIMITS`.
    """
    path = Path(path)
    with opened(path) as (container, stream):
        fps, count = _rate(stream), _count(container, stream)
        first = next(frames(container, stream, Damage()), None)
        if first is None:
            raise ClipError(f"{shown(path)!r} holds no frame that can be decoded; it may be damaged or empty")
        picture = _Picture(first, path)
    return Clip(shown(path), sha256_of(path), fps, picture.width, picture.height, count)


def read(path: Path | str, chunk: int = 32, on_warning: Warn | None = None) -> Iterator[Frames]:
    """Decode a clip from its start.

    Each decoded frame is given once, in order of presentation, whatever the frame rate does. Damaged places are
    skipped; where a clip is cut, what lies before the cut is given.

    Args:
        path: a local file in any container and codec that FFmpeg reads.
        chunk: most frames handed over at once; fewer where they would take more than ``LIMITS.chunk_bytes``.
        on_warning: called after the last frame with a sentence each for a cut, for damaged places, and for a
            picture that changes its size (which is scaled to that of the first frame).

    Yields:
        Consecutive frames; times count from the first frame and always grow.

    Raises:
        ClipError: the clip cannot be read or lies beyond :data:`LIMITS`, be it only in its middle.
    """
    path = Path(path)
    damage = Damage()
    with opened(path) as (container, stream):
        clock, picture, images = _Clock(stream), None, np.empty((0, 0, 0, 3), np.uint8)
        times: list[float] = []
        first = 0
        for frame in frames(container, stream, damage):
            if picture is None:
                picture = _Picture(frame, path)
            if not times:
                images = np.empty((picture.fitting(chunk), picture.height, picture.width, 3), np.uint8)
            picture.write(frame, images[len(times)])
            times.append(clock.time(frame))
            _check_reach(path, first + len(times), times[-1])
            if len(times) == len(images):
                yield Frames(images, first, np.array(times))
                first, times = first + len(times), []
        if times:
            yield Frames(images[: len(times)], first, np.array(times))
        if picture is None:
            raise ClipError(f"{shown(path)!r} holds no frame that can be decoded; it may be damaged or empty")
        for sentence in _complaints(path, container, stream, damage, picture, first + len(times)):
            if on_warning is not None:
                on_warning(sentence)


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


class _Clock:
    """Times of frames from their time stamps, and from the frame rate where those are missing or run backwards."""

    def __init__(self, stream: VideoStream) -> None:
        self.base = float(stream.time_base or 0)
        self.step = 1.0 / _rate(stream)
        self.start: float | None = None
        self.last = -self.step

    def time(self, frame: VideoFrame) -> float:
        """Return the seconds between the first frame and this one, more than for the frame before."""
        stamp = None if frame.pts is None else frame.pts * self.base
        if self.start is None:
            self.start, self.last = stamp or 0.0, 0.0
            return 0.0
        now = self.last if stamp is None else stamp - self.start
        self.last = now if now > self.last else self.last + self.step
        return self.last


class _Picture:
    """Turns decoded frames into RGB of one size, the right way up."""

    def __init__(self, first: VideoFrame, path: Path) -> None:
        check_size(first.width, first.height, path)
        self.path = path
        self.coded = (first.width, first.height)
        self.other: tuple[int, int] | None = None
        self.matrix = _display_matrix(first)
        self.width, self.height = self.coded[::-1] if self._sideways() else self.coded
        self.converter = VideoReformatter()

    def fitting(self, chunk: int) -> int:
        """Return how many frames are handed over at once."""
        return max(1, min(chunk, LIMITS.chunk_bytes // (self.width * self.height * 3)))

    def write(self, frame: VideoFrame, out: Images) -> None:
        """Convert ``frame`` into ``out``, (height, width, 3)."""
        size = (frame.width, frame.height)
        if size != self.coded:
            check_size(*size, self.path)
            self.other = size
        rgb = self.converter.reformat(frame, *self.coded, format="rgb24")
        plane = rgb.planes[0]
        lines: Images = np.frombuffer(memoryview(cast(Any, plane)), np.uint8).reshape(-1, plane.line_size)
        image = lines[: self.coded[1], : self.coded[0] * 3].reshape(self.coded[1], self.coded[0], 3)
        out[:] = self._upright(image)

    def _sideways(self) -> bool:
        a, b = abs(int(self.matrix[0])), abs(int(self.matrix[1]))
        return b > a

    def _upright(self, image: Images) -> Images:
        """Apply the display matrix, to the nearest quarter turn (ISO 14496-12, section 6.2.2)."""
        a, b, _, c, d = (int(x) for x in self.matrix[:5])
        if self._sideways():
            image, a, d = image.swapaxes(0, 1), c, b
        return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _display_matrix(frame: VideoFrame) -> npt.NDArray[np.int32]:
    """Return the 9 entries of the frame's display matrix, or of the identity."""
    matrix = cast(Any, frame.side_data).get("DISPLAYMATRIX")
    return np.eye(3, dtype=np.int32).ravel() if matrix is None else np.frombuffer(bytes(matrix), np.int32)


def _rate(stream: VideoStream) -> float:
    """Return frames per second; 25 where a container tells nothing sensible."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.01 <= rate <= 1000:
            return float(rate)
    return 25.0


def _count(container: InputContainer, stream: VideoStream) -> int | None:
    """Return the announced number of frames where it agrees with the announced length."""
    if stream.frames <= 0 or announced(container) is None or not stream.duration:
        return None
    length = stream.duration * float(stream.time_base or 0)
    return stream.frames if abs(stream.frames - length * _rate(stream)) <= max(2.0, 0.02 * stream.frames) else None


def _check_reach(path: Path, count: int, seconds: float) -> None:
    """Refuse a clip that goes on beyond the limits, whatever its container claimed."""
    if count > LIMITS.max_frames:
        raise ClipError(f"{shown(path)!r} has more than {LIMITS.max_frames} frames, the most that are read")
    if seconds > LIMITS.max_hours * 3600:
        raise ClipError(f"{shown(path)!r} lasts more than {LIMITS.max_hours:g} hours, the most that are read")


def _complaints(
    path: Path, container: InputContainer, stream: VideoStream, damage: Damage, picture: _Picture, count: int
) -> Iterator[str]:
    """Say what a reader must know of a clip that was read to its end."""
    name, length = shown(path), announced(container)
    end = damage.reached - (container.start_time or 0) / av.time_base
    if breaks_off(container, path) or damage.pending or (length is not None and end < length - SLACK):
        claim = f" of {length:.1f} s" if length is not None else ""
        yield f"{name!r} is cut: only its first {min(end, length or end):.1f} s{claim}, {count} frames, could be read"
    if damage.skipped:
        yield f"{name!r} is damaged in {damage.skipped} places; what could not be decoded there is missing or smeared"
    if picture.other is not None:
        (w, h), (v, k) = picture.other, picture.coded
        yield f"the picture of {name!r} changes its size to {w}x{h}; it was scaled to its first size, {v}x{k}"
