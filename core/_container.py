"""Opening of untrusted clips: what is no clip, or lies beyond the limits, is refused before a frame is decoded."""

import errno
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, NoReturn

import av
import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from core import _boxes, _fragments
from core._medium import Medium, check_file
from core.errors import ClipError
from core.formats import CODECS, CONTAINERS
from core.limits import LIMITS as LIMITS
from core.limits import shown

CODEC_OPTIONS = {"codec_whitelist": ",".join(CODECS)}
"""For each decoder: the list is FFmpeg's own, and holds also where a stream is decoded to find out its size."""
PICTURE = "_pipe"
"""End of FFmpeg's names of demuxers for pictures."""
ANNOUNCING = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf", "flv", "mxf"})
"""Containers whose header says how long the clip is; for others FFmpeg guesses."""
MAX_UNREADABLE_PACKETS = 64
"""Unreadable packets in a row after which the rest of a file is given up."""


@dataclass
class Trouble:
    """What kept packets from being read.

    Attributes:
        failures: errors of the container, each of which may have cost packets.
        late_stream: whether a stream appeared after the file was opened, whose packets are out of reach.
    """

    failures: int = 0
    late_stream: bool = False


@contextmanager
def opened(path: Medium, options: Mapping[str, str] | None = None) -> Iterator[InputContainer]:
    """Open a local file, with options of FFmpeg's demuxer.

    Raises:
        ClipError: it is no video, or lasts longer than the limit by its own word.
    """
    check_file(path, LIMITS)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ClipError(f"{shown(path)!r} cannot be opened: {error.strerror}") from error
    with file:
        fragments = _fragments.fragments(path)
        try:
            container = _open(file, fragments, options or {})
        except (av.FFmpegError, OSError, ValueError) as error:
            raise unreadable(path, _not_listed(file, fragments)) from error
        with container:
            hours = (announced(container, fragments.fragmented) or 0.0) / 3600
            if hours > LIMITS.max_hours and not _boxes.contradicted(path, container.format.name, hours * 3600):
                most = f"{LIMITS.max_hours:g} hours"
                raise ClipError(f"{shown(path)!r} lasts {hours:.1f} hours; clips of up to {most} are read")
            yield container


def _open(file: IO[bytes], fragments: _fragments.Fragments, options: Mapping[str, str]) -> InputContainer:
    listed = {
        "format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "none", "max_streams": str(LIMITS.max_streams),
    }  # fmt: skip
    file.seek(0)
    return av.open(
        _Nameless(file, fragments),
        "r",
        options={"max_pixels": str(LIMITS.max_pixels), **CODEC_OPTIONS},
        container_options={**listed, **options},
        metadata_errors="replace",
        buffer_size=1 << 18,
        io_open=_refuse,
    )


def _not_listed(file: IO[bytes], fragments: _fragments.Fragments) -> str:
    """Return FFmpeg's name of a file's container if it is none of those that are read, else nothing.

    It tells the name in its log alone, which is off otherwise: decoders' threads would wait for Python to take a line.
    """
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture() as said, _open(file, fragments, {}):
            return ""
    except (av.FFmpegError, OSError, ValueError):
        return next((name for _, name, text in said if "not on whitelist" in text), "")
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skips)


def packets(container: InputContainer, trouble: Trouble) -> "Iterator[Packet[Stream]]":
    """Read packets of every stream, going on after those that cannot be read."""
    failures = 0
    while failures < MAX_UNREADABLE_PACKETS:
        try:
            for packet in container.demux():
                if packet.size == 0 and packet.dts is None:
                    continue
                failures = 0
                yield packet
            return
        except IndexError:
            trouble.late_stream = True  # PyAV fails at the end of a file with more streams than it had at its start
            return
        except (av.FFmpegError, OSError, ValueError):
            failures += 1
            trouble.failures += 1


def announced(container: InputContainer, fragmented: bool) -> float | None:
    """Return the length in seconds that the container's header claims, or None where it claims none.

    That of a fragmented MP4 is counted from where its clock begins: recorders let it run on from one file to the next.
    """
    if container.format.name not in ANNOUNCING or not container.duration or container.duration < 0:
        return None
    length, start = container.duration / av.time_base, (container.start_time or 0) / av.time_base
    return length - start if fragmented and 0 < start < length else length


def check_reach(path: Medium, frames: int = 0, seconds: float = 0.0) -> None:
    """Refuse a clip that goes on beyond the limits, whatever its container claimed.

    Raises:
        ClipError: it has more frames, or lasts longer.
    """
    if frames > LIMITS.max_frames:
        raise ClipError(f"{shown(path)!r} has more than {LIMITS.max_frames} frames, the most that are read")
    if seconds > LIMITS.max_hours * 3600:
        raise ClipError(f"{shown(path)!r} lasts more than {LIMITS.max_hours:g} hours, the most that are read")


def check_size(width: int, height: int, path: Medium, bits: int = 0, kept: int = 1) -> None:
    """Refuse coded pictures beyond the limits, a pixel of which takes some bits, and so many of which are kept.

    Raises:
        ClipError: the picture is larger, or its size is unknown.
    """
    if width <= 0 or height <= 0:
        above = f"{LIMITS.max_pixels / 1e6:g} megapixels"
        raise ClipError(
            f"{shown(path)!r} does not tell the size of its pictures, or one above {above}; it may be damaged or no "
            "video"
        )
    said = f"{shown(path)!r} has pictures of {width}x{height} pixels"
    if width > LIMITS.max_width or height > LIMITS.max_height:
        raise ClipError(f"{said}; up to {LIMITS.max_width}x{LIMITS.max_height} are read")
    if width * height > LIMITS.max_pixels:
        raise ClipError(f"{said}, {width * height / 1e6:.3g} megapixels; up to {LIMITS.max_pixels / 1e6:g} are read")
    if max(width, height) > LIMITS.max_ratio * min(width, height):
        raise ClipError(f"{said}; the longer side may be {LIMITS.max_ratio} times the shorter one")
    if width * height * bits * kept > 8 * LIMITS.max_decoder_bytes:
        needed, most = width * height * bits * kept >> 23, LIMITS.max_decoder_bytes >> 20
        raise ClipError(f"{said}, of which {kept} take {needed} MiB while they are decoded; up to {most} MiB are read")


def check_expansion(frames: int, width: int, height: int, bits: int, path: Medium) -> None:
    """Refuse a small file whose pictures would take long to decode: it is made to cost time.

    Raises:
        ClipError: so many frames, a pixel of which takes some bits, are too much for the file's size.
    """
    size = path.stat().st_size
    total = frames * width * height * bits // 8
    if total > max(LIMITS.free_bytes, LIMITS.max_expansion * size):
        raise ClipError(
            f"{shown(path)!r} would unpack to {total / 1024**3:,.0f} GiB of pictures, {total // size:,} times its "
            f"size; up to {LIMITS.free_bytes / 1024**3:,.3g} GiB, or {LIMITS.max_expansion:,} times its size, are read"
        )


def unreadable(path: Medium, container: str = "") -> ClipError:
    """Say why a file could not be opened as a clip; ``container`` is FFmpeg's name of one that is not read."""
    if container.endswith(PICTURE):
        return ClipError(f"{shown(path)!r} is a single picture and no clip; give a video file")
    if container:
        return ClipError(
            f"{shown(path)!r} is in the container {container!r}, which is not read; give an MP4, AVI or MKV file"
        )
    if _boxes.index_is_missing(path):
        return ClipError(
            f"{shown(path)!r} is not a video that can be read, for its index is missing: the recording was "
            "interrupted, or the file was not copied whole; copy it again from the recorder, or have a repair tool "
            "such as untrunc rebuild the index with an intact clip of the same camera"
        )
    if _boxes.begins_as_mp4(path):
        return ClipError(
            f"{shown(path)!r} begins as an MP4 file but is damaged so that nothing of it can be read; copy it again "
            "from the recorder"
        )
    return ClipError(f"{shown(path)!r} is not a video that can be read; give an MP4, AVI or MKV file")


class _Nameless:
    """An open file without its name, which FFmpeg would take hints from, and with what it stumbles over covered."""

    def __init__(self, file: IO[bytes], found: _fragments.Fragments) -> None:
        self.file = file
        self.patches = found.patches
        self.starts = [patch.start for patch in self.patches]
        self.ends = [patch.start + len(patch.cover) for patch in self.patches]
        self.read = self._covered if self.patches else file.read
        self.tell = file.tell

    def _covered(self, length: int = -1) -> bytes:
        """Read, with a head laid over each hole, and base times that can be right laid over others."""
        position = self.file.tell()
        content = self.file.read(length)
        first, stop = bisect_right(self.ends, position), bisect_left(self.starts, position + len(content))
        for patch in self.patches[first:stop]:
            content = patch.covered(content, position)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, or say that it cannot be done, as FFmpeg's own files do; damaged clips ask for places below 0."""
        try:
            return self.file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -errno.EINVAL


def _refuse(*_: Any) -> NoReturn:
    """Open nothing else, whatever a clip refers to."""
    raise PermissionError("a clip may not refer to other files")
