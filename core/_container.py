"""Opening of untrusted clips, and the packets and frames in them that can be read."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO, Any, NoReturn

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.errors import ClipError


@dataclass(frozen=True)
class Limits:
    """The largest clip that is read.

    Attributes:
        max_width, max_height: pixels of the picture, either way up.
        max_hours: length.
        max_bytes: size of the file.
        max_frames: number of frames.
        chunk_bytes: memory of the frames that are handed over at once.
    """

    max_width: int = 4096
    max_height: int = 4096
    max_hours: float = 8.0
    max_bytes: int = 16 * 1024**3
    max_frames: int = 2_000_000
    chunk_bytes: int = 256 * 1024**2


LIMITS = Limits()

# These open other files or addresses, draw text as pictures, or hold one still picture.
NOT_CLIPS = frozenset(
    (
        *("concat", "ffmetadata", "hls", "image2", "lavfi", "rtp", "rtsp", "sap", "sdp", "vobsub"),
        *("webm_dash_manifest", "adf", "bin", "data", "idf", "tty", "xbin", "ico", "image2pipe"),
    )
)
ANNOUNCING = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf", "flv", "nut", "mxf"})
"""Containers whose header says how long the clip is; for others FFmpeg guesses."""
TRIES = 64
"""Unreadable packets in a row after which the rest of a file is given up."""


@dataclass
class Damage:
    """What could not be read of one clip, noted while it is read.

    Attributes:
        skipped: packets or frames that could not be read although later ones could.
        pending: the same since the last frame that could.
        reached: end of the last packet in seconds, of whatever stream.
    """

    skipped: int = 0
    pending: int = 0
    reached: float = 0.0


def shown(path: Path) -> str:
    """Return the file's name as it may be printed: no folders, no control or broken characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path.name)


def check_file(path: Path) -> None:
    """Refuse what is not a file of a size that is read.

    Raises:
        ClipError: it is missing, no regular file, empty or larger than the limit.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        raise ClipError(f"there is no clip {str(path)!r}; give the path of a video file") from error
    if not stat.S_ISREG(facts.st_mode):
        raise ClipError(f"{shown(path)!r} is not a file; give the path of a video file")
    if facts.st_size == 0:
        raise ClipError(f"{shown(path)!r} is empty; give a video file with pictures in it")
    if facts.st_size > LIMITS.max_bytes:
        size, most = facts.st_size / 1024**3, LIMITS.max_bytes / 1024**3
        raise ClipError(f"{shown(path)!r} has {size:.1f} GiB; clips of up to {most:g} GiB are read")


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a clip and check what its container says.

    Raises:
        ClipError: it is no video, has no pictures, or lies beyond the limits.
    """
    check_file(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ClipError(f"{shown(path)!r} cannot be opened: {error.strerror}") from error
    with file:
        try:
            container = av.open(
                _Nameless(file),
                "r",
                options={"max_pixels": str(4 * LIMITS.max_width * LIMITS.max_height)},
                container_options={"format_whitelist": _formats(), "protocol_whitelist": "none"},
                metadata_errors="replace",
                buffer_size=1 << 18,
                io_open=_refuse,
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise ClipError(f"{shown(path)!r} is not a video that can be read; give an MP4, AVI or MKV file") from error
        with container:
            yield container, _pictures(container, path)


def frames(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    """Decode what can be decoded, in order of presentation, and note what cannot."""
    stream.thread_type = ThreadType.AUTO
    stream.codec_context.options = {"max_pixels": str(LIMITS.max_width * LIMITS.max_height)}
    for packet in chain(_packets(container, damage), [None]):
        if packet is not None and packet.stream.index != stream.index:
            continue
        try:
            decoded = stream.decode(packet)
        except (av.FFmpegError, ValueError):
            damage.pending += 1
            continue
        for frame in decoded:
            damage.skipped += damage.pending + int(frame.is_corrupt)
            damage.pending = 0
            yield frame


def breaks_off(container: InputContainer, path: Path) -> bool:
    """Tell whether an MP4, AVI or Matroska file ends before the end that its outermost boxes announce."""
    size, form = path.stat().st_size, container.format.name
    with path.open("rb") as file:
        head = file.read(4096)
        if form == "avi":
            length = int.from_bytes(head[4:8], "little")
            return length < 0xFFFFFFFF and 8 + length > size + 1
        if form == "matroska,webm":
            return _segment_end(head) > size
        start = 0 if form.startswith("mov,") else size
        while start + 8 <= size:
            file.seek(start)
            box = file.read(16)
            length = int.from_bytes(box[8:16] if box[:4] == b"\0\0\0\1" else box[:4], "big")
            if not box[4:8].isalnum() or length < 8:
                return False
            start += length
    return start > size


def _segment_end(head: bytes) -> int:
    """Return where Matroska's Segment ends, or 0 where its length is left open (RFC 8794, section 4)."""
    start = head.find(b"\x18\x53\x80\x67") + 4
    if start < 4 or start >= len(head) or head[start] == 0:
        return 0
    width = 9 - head[start].bit_length()
    length = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    return 0 if length == (1 << 7 * width) - 1 else start + width + length


def announced(container: InputContainer) -> float | None:
    """Return the length in seconds that the container's header claims, or None where it claims none."""
    if container.format.name not in ANNOUNCING or not container.duration or container.duration < 0:
        return None
    return container.duration / av.time_base


def _packets(container: InputContainer, damage: Damage) -> "Iterator[Packet[Stream]]":
    """Read packets of every stream, going on after those that cannot be read."""
    failures = 0
    while failures < TRIES:
        try:
            for packet in container.demux():
                if packet.size == 0 and packet.dts is None:
                    continue
                failures = 0
                if packet.pts is not None:
                    end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    damage.reached = max(damage.reached, end)
                yield packet
            return
        except (av.FFmpegError, OSError, ValueError):
            failures += 1
            damage.pending += 1


def _pictures(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream of pictures, with size and length checked."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = " and ".join(sorted({s.type for s in container.streams} - {"video"})) or "a cover"
        raise ClipError(f"{shown(path)!r} has no pictures, only {kinds}; give a video file")
    stream = streams[0]
    if stream.codec_context is None:
        raise ClipError(f"{shown(path)!r} is in a codec that cannot be decoded here; convert it to H.264")
    check_size(stream.width, stream.height, path)
    hours = (announced(container) or 0.0) / 3600
    if hours > LIMITS.max_hours:
        raise ClipError(f"{shown(path)!r} lasts {hours:.1f} hours; clips of up to {LIMITS.max_hours:g} hours are read")
    if stream.frames > LIMITS.max_frames:
        raise ClipError(f"{shown(path)!r} has {stream.frames} frames; up to {LIMITS.max_frames} are read")
    return stream


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse pictures beyond the limits.

    Raises:
        ClipError: the picture is larger, or its size is unknown.
    """
    if width <= 0 or height <= 0:
        raise ClipError(f"{shown(path)!r} does not tell the size of its pictures; it may be damaged or no video")
    if width > LIMITS.max_width or height > LIMITS.max_height:
        most = f"{LIMITS.max_width}x{LIMITS.max_height}"
        raise ClipError(f"{shown(path)!r} has pictures of {width}x{height} pixels; up to {most} are read")


class _Nameless:
    """An open file without its name, which FFmpeg would take hints from."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def _refuse(*_: Any) -> NoReturn:
    """Open nothing else, whatever a clip refers to."""
    raise PermissionError("a clip may not refer to other files")


@cache
def _formats() -> str:
    """List the demuxers that may read a clip."""
    known = {name for names in av.formats_available for name in names.split(",")}
    return ",".join(sorted(name for name in known - NOT_CLIPS if not name.endswith("_pipe")))
