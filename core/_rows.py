"""What is kept of a clip's packets, and the first frame that they give."""

from array import array
from bisect import bisect
from collections.abc import Sequence
from typing import Any, cast

import av
from av.codec.context import ThreadType
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core import _boxes, _container, _h264
from core._fields import SEPARATE_FIELD_DECODERS
from core._fragments import Hole
from core._medium import Medium
from core._view import View

UNKNOWN = -(2**63)
"""Ticks of a packet without a time stamp."""
KEY, HIDDEN, DAMAGED, EDITED = 1, 2, 4, 8
"""Marks of a packet: a key frame, no frame of its own to show, damaged on its way, left out by an edit list."""
MIN_FRAME_BYTES = {"h264": 8, "hevc": 8, "mpeg4": 2}
"""Bytes below which a packet holds no frame: an end of sequence, or a place that an encoder could not fill yet."""
CONCEALING = frozenset({"mpeg4", "flv", "h263", "wmv1", "wmv2", "msmpeg4"})
"""Decoders that make something up where a clip begins without a key frame."""


class Rows:
    """What is kept of a stream's packets, in the file's order; this runs once for each packet of a file.

    Without ``pictures``, only the end that the packets reach is kept.

    Attributes:
        codec: FFmpeg's name.
        ticks: time stamps of presentation in the stream's time base, or :data:`UNKNOWN`.
        decoding: time stamps of decoding of the packets that have none of presentation, likewise.
        marks: of the packets, see :data:`KEY`.
        positions: where in the file each begins; -1 where it is not told.
        loose: bytes of the file without a packet before each.
        bytes: of all of them.
        begin, end: the first and the last packet's number among those of all streams.
        reached: seconds of the last packet's end.
    """

    def __init__(self, stream: Stream, pictures: bool, form: str) -> None:
        self.codec = stream.codec_context.name if pictures else ""
        self.ticks, self.decoding, self.marks = array("q"), array("q"), bytearray()
        self.positions, self.loose, self.bytes = array("q"), array("q"), 0
        self.begin = self.end = -1
        self.pictures = pictures
        self._guessed = form == _boxes.AVI  # FFmpeg makes up when its frames are shown, from when they are decoded
        self._base, self._last = float(stream.time_base or 0), 0
        self._tiny = MIN_FRAME_BYTES.get(self.codec, 0) if form != _boxes.MOV else 0
        self._syntax = _h264.field_syntax(stream.codec_context.extradata) if self.codec == "h264" else None
        self._peek = self.codec == "vp8" or self._syntax is not None
        self._half: tuple[int, int] | None = None
        self._behind = 0

    @property
    def reached(self) -> float:
        """Seconds of the last packet's end."""
        return self._last * self._base

    def add(self, packet: "Packet[Stream]", place: int, loose: int, holes: Sequence[Hole]) -> None:
        """Keep what is needed of one packet; the first one behind each of the file's holes counts as damaged.

        ``place`` is its number among those of all streams, ``loose`` the bytes of the file without a packet before it.
        """
        pts = packet.pts
        if pts is not None:
            end = pts + (packet.duration or 0)
            if end > self._last:
                self._last = end
        if not self.pictures:
            return
        if self.begin < 0:
            self.begin = place
        self.end = place
        if pts is None or self._guessed:
            dts, pts = packet.dts, UNKNOWN
            self.decoding.append(UNKNOWN if dts is None else dts)
        self.positions.append(-1 if packet.pos is None else packet.pos)
        self.loose.append(loose)
        self.bytes += packet.size
        self.ticks.append(pts)
        mark = KEY if packet.is_keyframe else 0
        if packet.is_corrupt or (holes and self._passed(packet.pos, holes)):
            mark |= DAMAGED
        if packet.is_discard:
            mark |= HIDDEN | EDITED
        if packet.size < self._tiny or (self._peek and self._hidden(packet)):
            mark |= HIDDEN
        self.marks.append(mark)

    def _passed(self, position: int | None, holes: Sequence[Hole]) -> bool:
        """Tell whether a packet is the first one behind a hole."""
        if position is None:
            return False
        passed = bisect(holes, position, key=lambda hole: hole.stop)
        first, self._behind = passed > self._behind, max(passed, self._behind)
        return first

    def _hidden(self, packet: "Packet[Stream]") -> bool:
        """Tell whether a packet holds the second field of a frame, or a reference that is never shown."""
        if self.codec == "vp8":
            return packet.size > 0 and not memoryview(cast(Any, packet))[0] & 16
        if self._syntax is None:
            return False
        found = _h264.field(self._syntax, bytes(memoryview(cast(Any, packet))[: _h264.SLICE_SEARCH_BYTES]))
        if found is not None and self._half == (found[0], 1 - found[1]):
            self._half = None
            return True
        self._half = found
        return False


class First:
    """Decodes a stream until it has given a frame.

    Attributes:
        view: how the clip's frames are to be shown; None until there is one.
        row: of the packet that it came in.
        pictures: how many pictures, which are fields then, make a frame.
    """

    def __init__(self, stream: VideoStream, anyhow: bool) -> None:
        self.stream = stream
        self.view: View | None = None
        self.row = 0
        self.pictures = 1
        self.begun = anyhow or stream.codec_context.name not in CONCEALING
        stream.thread_type = ThreadType.NONE
        stream.codec_context.options = {"max_pixels": str(_container.LIMITS.max_pixels), **_container.CODEC_OPTIONS}

    def feed(self, packet: "Packet[Stream] | None", rows: Rows, path: Medium) -> None:
        """Decode one packet unless a frame is there already; None stands behind the last one."""
        if self.view is not None or (packet is not None and packet.stream_index != self.stream.index):
            return
        if packet is not None:
            self.begun = self.begun or packet.is_keyframe
            if not self.begun:
                return
            packet.pts = packet.dts = len(rows.marks) - 1
        try:
            frames = self.stream.decode(cast(Any, packet))
        except (av.FFmpegError, ValueError):
            return
        if frames:
            self._take(frames[0], path)

    def _take(self, frame: VideoFrame, path: Medium) -> None:
        _container.check_size(frame.width, frame.height, path, frame.format.padded_bits_per_pixel)
        apart = self.stream.codec_context.name in SEPARATE_FIELD_DECODERS and frame.interlaced_frame
        self.pictures = 2 if apart else 1
        shape = float(self.stream.sample_aspect_ratio or 1)
        self.view = View.of(frame, shape if shape == 1 else shape * self.pictures, self.pictures)
        self.row = frame.pts or 0
