"""Which of a file's streams of pictures is the clip."""

from collections.abc import Sequence
from pathlib import Path

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from core._container import check_size, shown
from core._kept import bits_of, kept
from core.errors import ClipError

COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
"""Marks of streams that hold pictures beside a clip."""


def pictures(container: InputContainer, path: Path) -> list[VideoStream]:
    """List the streams of pictures that can be decoded, covers left out.

    Raises:
        ClipError: there is none.
    """
    found = [stream for stream in container.streams.video if not stream.disposition & COVERS]
    if not found:
        kinds = " and ".join(sorted({stream.type for stream in container.streams} - {"video"})) or "a cover"
        raise ClipError(f"{shown(path)!r} has no pictures, only {kinds}; give a video file")
    known = [stream for stream in found if stream.codec_context is not None]
    if not known:
        raise ClipError(f"{shown(path)!r} is in a codec that cannot be decoded here; convert it to H.264")
    return known


def choose(streams: Sequence[VideoStream], path: Path) -> tuple[VideoStream, str]:
    """Return the stream to read, and a sentence that says so where there are several.

    It is the one marked as default; the largest picture where none or several are.

    Raises:
        ClipError: its pictures are beyond the limits.
    """
    marked = [stream for stream in streams if stream.disposition & Disposition.default]
    chosen = max(marked or streams, key=lambda stream: stream.width * stream.height)
    check_size(chosen.width, chosen.height, path, bits_of(chosen), kept(chosen))
    if len(streams) == 1:
        return chosen, ""
    sizes = sorted(stream.width * stream.height for stream in marked or streams)
    why = "marked as default" if len(marked) == 1 else "the largest" if sizes[-1] > sizes[-2] else "the first"
    rest = [_said(stream) for stream in streams if stream is not chosen]
    others = f"{rest[0]} is" if len(rest) == 1 else f"{', '.join(rest[:-1])} and {rest[-1]} are"
    said = f"{shown(path)!r} has {len(streams)} video streams: {_said(chosen)}, {why}, is read, and {others} not"
    return chosen, said


def _said(stream: VideoStream) -> str:
    size = f"{stream.width}x{stream.height}" if stream.width and stream.height else "of unknown size"
    return f"stream {stream.index} ({size})"
