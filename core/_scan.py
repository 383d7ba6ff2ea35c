"""One pass over the packets of a clip, without decoding more than the first frame."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import av
import numpy as np
from av.container import InputContainer
from av.format import Flags
from av.video.stream import VideoStream

from core import _alive, _boxes, _container, _fragments, _listed, _stamps, _streams
from core._base_times import BaseTimes
from core._container import Trouble
from core._fragments import Fragments
from core._medium import Medium
from core._rows import HIDDEN, UNKNOWN, First, Rows
from core._view import View
from core.arrays import Images, Ints
from core.errors import ClipError
from core.formats import CODECS
from core.limits import shown

SERIAL = frozenset({"mpegts", "mpeg", "flv"})
"""Containers in which a stream may appear when another has ended."""
STREAMS = frozenset(
    ("mpegts", "mpeg", "flv", "gif", "dhav", "ivf", "yuv4mpegpipe", "h264", "hevc", "mjpeg", "mpegvideo")
)
"""Containers that hold nothing but packets, one behind the other."""
IN_LINE = frozenset({"mpegts", "flv", "dhav", "asf", _boxes.MATROSKA})
"""Containers that lay packets out in the order in which they are read, and tell where each begins."""
RATE_RANGE = (0.01, 1000.0)


@dataclass(frozen=True)
class Laid:
    """Where a clip's packets lie in its file.

    Attributes:
        loose: (N,) bytes without a packet before each of the packets, and behind the one before of its stream; zeros
            where a container may lay them out in another order.
        positions: (N,) where in the file each packet begins; -1 where it is not told.
        weight: mean bytes of a packet that is read.
        fragments: what is to be known of the base times of an MP4's fragments.
        headless: whether an MP4's first fragment cannot be read.
    """

    loose: Ints
    positions: Ints
    weight: float
    fragments: BaseTimes
    headless: bool


@dataclass(frozen=True)
class Scan:
    """What one pass over a clip's packets found.

    Attributes:
        form: FFmpeg's name of the container.
        track: the container's own number of the stream.
        timeless: whether the container has no time stamps at all.
        streams: numbers of the streams that are read; in all but the first, the clip goes on where another ended.
        choice: a sentence's part that says which stream is read, where there are several; else empty.
        base: seconds of a tick.
        ticks: (N,) int64 time stamps of presentation of the packets that are read, in the file's order; those of
            decoding where a stream has no others; :data:`UNKNOWN` where missing.
        ordered: whether ``ticks`` are of presentation.
        marks: (N,) uint8.
        rates: frames in a second, as the container and the coded stream tell them; 0 where one does not.
        depth: how many frames at most arrive before one that is shown earlier.
        claimed: number of frames that the container claims; 0 where it does not.
        missing: packets that the container's index lists behind the last one that is there.
        laid: where the packets that are read lie.
        lacking: (L,) ticks of those that an AVI's index lists between those that are there.
        announced: seconds that the container claims to last.
        lasts: seconds that it claims for the stream that is read; 0 where it does not.
        alone: whether there are no other streams, such as sound.
        behind: bytes behind the last packet, of a container that holds nothing but packets, and of a fragmented MP4.
        start, reached: seconds of the container's beginning, and of the last packet's end, whatever its stream.
        codec: FFmpeg's name of the decoder.
        view: how the frames are to be shown.
        first: number of the packet whose frame is the first that could be decoded.
        metadata: of the container and the stream, keys in lower case.
        trouble: what kept packets from being read.
    """

    form: str
    track: int
    timeless: bool
    streams: tuple[int, ...]
    choice: str
    base: float
    ticks: Ints
    ordered: bool
    marks: Images
    rates: tuple[float, float]
    depth: int
    claimed: int
    missing: int
    laid: Laid
    lacking: Ints
    announced: float | None
    lasts: float
    alone: bool
    behind: int
    start: float
    reached: float
    codec: str
    view: View
    first: int
    metadata: dict[str, str]
    trouble: Trouble


def scan(path: Medium, options: Mapping[str, str], anyhow: bool = False) -> Scan:
    """Go through a clip's packets, with options of FFmpeg's demuxer, and decode its first frame.

    With ``anyhow`` it decodes from the first packet on, also where that is no key frame of a codec that does not mind.

    Raises:
        ClipError: the clip is no video, has no pictures, none that can be decoded, or lies beyond the limits.
    """
    trouble = Trouble()
    with _container.opened(path, options) as container:
        streams = _streams.pictures(container, path)
        chosen, choice = _streams.choose(streams, path)
        kept = {stream.index for stream in streams}
        rows = [Rows(stream, stream.index in kept, container.format.name) for stream in container.streams]
        first, end = First(chosen, anyhow), 0
        fragments, loose = _fragments.fragments(path), 0
        placed = fragments.fragmented or container.format.name in STREAMS
        entries = _listed.listed(chosen) if container.format.name == _boxes.AVI else None
        for place, packet in enumerate(_container.packets(container, trouble)):
            own = rows[packet.stream_index]
            _alive.packet(place)
            if packet.pos is not None:
                loose += max(packet.pos - end, 0)
                end = max(end, packet.pos + packet.size)
            own.add(packet, place, loose, fragments.holes)
            if first.view is None:
                first.feed(packet, own, path)
            if place > _container.LIMITS.max_frames:
                _container.check_reach(path, len(own.marks))
        first.feed(None, rows[chosen.index], path)
        if first.view is None:
            if not anyhow:
                return scan(path, options, anyhow=True)
            raise ClipError(f"{shown(path)!r} holds no frame that can be decoded; it may be damaged or empty")
        behind = path.stat().st_size - end if placed and end else 0
        found = _result(container, chosen, choice, rows, first, behind, trouble, fragments)
        return found if entries is None else _placed(found, entries, rows[chosen.index], path)


def _in_turn(chosen: int, rows: Sequence[Rows], form: str) -> tuple[int, ...]:
    """Return the streams that the clip goes through one after the other, in order."""
    turns = [(rows[chosen].begin, rows[chosen].end, chosen)]
    for number, own in enumerate(rows):
        if form in SERIAL and number != chosen and own.marks and own.codec in CODECS:
            back = form == "flv" and own.ticks[0] < max(rows[chosen].ticks)
            if not back and all(own.end < begin or own.begin > end for begin, end, _ in turns):
                turns.append((own.begin, own.end, number))
    return tuple(number for _, _, number in sorted(turns))


def _rate(rate: Any, pictures: int) -> float:
    """Return frames in a second, each of some pictures; 0 where it makes no sense."""
    return float(rate) / pictures if rate and RATE_RANGE[0] <= rate <= RATE_RANGE[1] else 0.0


def _result(
    container: InputContainer, stream: VideoStream, choice: str, rows: Sequence[Rows], first: First, behind: int,
    trouble: Trouble, fragments: Fragments,
) -> Scan:  # fmt: skip
    assert first.view is not None
    form, codec, base, each = container.format.name, stream.codec_context, float(stream.time_base or 0), first.pictures
    streams = _in_turn(stream.index, rows, form)
    ticks = _joined([rows[number].ticks for number in streams])
    ordered = bool((ticks != UNKNOWN).any())
    if not ordered:
        ticks = _joined([rows[number].decoding for number in streams])
    own = len(rows[stream.index].marks)
    return Scan(
        form=form, track=stream.id, timeless=bool(container.format.flags & cast(int, Flags.no_timestamps.value)),
        streams=streams, choice=choice if sum(own.pictures for own in rows) > len(streams) else "", base=base,
        ticks=_stamps.whole_seconds(ticks, base) if form == "dhav" else ticks, ordered=ordered,
        marks=_marks(rows, streams, ticks, each),
        rates=(_rate(stream.average_rate or stream.guessed_rate, each), _rate(codec.framerate, each)),
        depth=codec.reorder_depth, claimed=stream.frames,
        laid=_laid([rows[number] for number in streams], form, fragments, stream.id), lacking=np.empty(0, np.int64),
        missing=max(len(stream.index_entries) - own, 0) if form == _boxes.MOV else 0,
        announced=_container.announced(container, fragments.fragmented), lasts=(stream.duration or 0) * base,
        alone=len(container.streams) == 1, behind=behind, start=(container.start_time or 0) / av.time_base,
        reached=max(own.reached for own in rows), codec=codec.name, view=first.view,
        first=sum(len(rows[number].marks) for number in streams[: streams.index(stream.index)]) + first.row,
        metadata={key.lower(): value for key, value in {**stream.metadata, **container.metadata}.items()},
        trouble=trouble,
    )  # fmt: skip


def _placed(found: Scan, entries: Ints, rows: Rows, path: Medium) -> Scan:
    """Number an AVI's packets by its index where it lists some that are not there."""
    ticks, lacking = _listed.place(entries, _joined([rows.positions]), found.ticks, path)
    if not len(lacking):
        return found
    ahead = int(ticks.max() - found.ticks.max())
    return replace(found, ticks=ticks, lacking=lacking, reached=found.reached + ahead * found.base)


def _laid(rows: Sequence[Rows], form: str, fragments: Fragments, track: int) -> Laid:
    positions = _joined([own.positions for own in rows])
    loose = np.concatenate([_between(own.loose, fragments.fragmented or form in IN_LINE) for own in rows])
    headless = any(hole.stop <= at for hole in fragments.holes[:1] for at in positions[:1])
    weight = sum(own.bytes for own in rows) / max(len(positions), 1)
    return Laid(loose, positions, weight, fragments.of(track), headless)


def _between(passed: "array[int]", serial: bool) -> Ints:
    """Return the bytes without a packet between each packet and the one before, from those passed since the start."""
    steps = np.diff(_joined([passed]), prepend=passed[0] if passed else 0)
    return steps if serial else np.zeros(len(passed), np.int64)


def _joined(parts: "Sequence[array[int]]") -> Ints:
    return np.concatenate([np.frombuffer(part, np.int64) if part else np.empty(0, np.int64) for part in parts])


def _marks(rows: Sequence[Rows], streams: tuple[int, ...], ticks: Ints, pictures: int) -> Images:
    """Return the packets' marks; where frames come in two pictures, the second one announces none of its own."""
    marks = np.frombuffer(b"".join(rows[number].marks for number in streams), np.uint8).copy()
    shown = np.flatnonzero((marks & HIDDEN) == 0)
    if pictures == 2:
        marks[shown[np.argsort(ticks[shown], kind="stable")][1::2]] |= HIDDEN
    return marks
