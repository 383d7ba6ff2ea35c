"""Heads of MP4 fragments: whether what one says can be right, and when its frames are shown (ISO 14496-12, 8.8)."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BASE_OFFSET, DESCRIPTION, DURATION, SIZE, FLAGS, FROM_HEAD = 1, 2, 8, 16, 32, 0x20000
"""Fields that a track fragment's head may have, and its mark that data is found from the fragment's beginning."""
RUN_OFFSET, RUN_FLAGS, EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_SHIFT = 1, 4, 0x100, 0x200, 0x400, 0x800
"""Fields that a run of samples may have: for the run, and for each sample."""
MIN_LISTED_FRACTION = 0.5
"""Share of a fragment's data that its samples have at least."""
FIRST_NEGATIVE_TIME = 1 << 63
"""Base times from here on are below zero, which none can be."""


class Unsound(ValueError):
    """A fragment's head contradicts itself, or what is around it."""


@dataclass(frozen=True)
class Usual:
    """Ticks that a track's sample lasts, and its bytes, where a fragment does not tell; ticks in a second, or 0."""

    duration: int = 0
    size: int = 0
    scale: int = 0


@dataclass(frozen=True)
class Run:
    """Samples in a row.

    Attributes:
        lasts, size: ticks and bytes of all of them.
        offset: where their data begins.
        filled: whether each has some.
        count: how many there are.
        last: ticks of the last one.
    """

    lasts: int
    size: int
    offset: int | None
    filled: bool
    count: int
    last: int


@dataclass(frozen=True)
class Part:
    """A track's part of a fragment.

    Attributes:
        track: its number.
        scale: ticks in a second; 0 where it is not known.
        at, width: where in the file its base time's box has its content, and bytes of the time; 0 where there is none.
        time: its base time, in ticks; :data:`FIRST_NEGATIVE_TIME` where its box contradicts itself.
        runs: of its samples.
        begins: where in the file offsets count from; None where that is another part's end, or elsewhere.
        near: whether its data lies behind the fragment's head.
    """

    track: int
    scale: int
    at: int
    width: int
    time: int
    runs: tuple[Run, ...]
    begins: int | None
    near: bool

    @property
    def lasts(self) -> int:
        """Ticks of all its samples."""
        return sum(run.lasts for run in self.runs)

    @property
    def size(self) -> int:
        """Bytes of all its samples."""
        return sum(run.size for run in self.runs)

    @property
    def last(self) -> int:
        """Ticks of its last sample."""
        return next((run.last for run in reversed(self.runs) if run.count), 0)

    @property
    def step(self) -> int:
        """Ticks of a sample, on average."""
        return self.lasts // max(sum(run.count for run in self.runs), 1)

    @property
    def impossible(self) -> bool:
        """Whether the base time is one that no clock shows: nothing but ones, or one whose box contradicts itself."""
        return self.time in (FIRST_NEGATIVE_TIME, (1 << 8 * self.width) - 1)

    def timed(self, time: int) -> bytes:
        """Return the content of its base time's box, with another time."""
        return (b"\1\0\0\0" if self.width == 8 else bytes(4)) + time.to_bytes(self.width, "big")


def children(data: bytes, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """List the boxes that fill a part of ``data``: kind, where the content begins, where it ends.

    Raises:
        Unsound: they do not fill it exactly.
    """
    while start < stop:
        length, body = int.from_bytes(data[start : start + 4], "big"), start + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8], "big"), start + 16
        if body > stop or not body <= start + length <= stop:
            raise Unsound("a box reaches beyond the one around it")
        yield data[start + 4 : start + 8], body, start + length
        start += length


def parts(moof: bytes, position: int, tracks: Mapping[int, Usual]) -> list[Part]:
    """Read a fragment's head from its whole box and its position in the file; ``tracks`` is empty where not known.

    Raises:
        Unsound: it contradicts itself.
    """
    boxes = list(children(moof, 8, len(moof)))
    if not boxes or boxes[0][0] != b"mfhd":
        raise Unsound("it has no number")
    places = [(start, stop) for kind, start, stop in boxes if kind == b"traf"]
    return [_part(moof, place, position, tracks, not i) for i, place in enumerate(places)]


def check(parts: Sequence[Part], behind: int, end: int, data: int) -> None:
    """Hold a fragment's head, which ends at ``behind``, against the bytes of data that end at ``end`` at the latest.

    Raises:
        Unsound: the samples do not fit.
    """
    if not all(part.near for part in parts):
        return
    for run, begins in ((run, part.begins) for part in parts for run in part.runs):
        if run.offset is not None and begins is not None:
            first = begins + run.offset
            if first < behind or first + run.size > end:
                raise Unsound("data is said to be elsewhere")
    size, filled = sum(part.size for part in parts), all(run.filled for part in parts for run in part.runs)
    if size > end - behind or size < MIN_LISTED_FRACTION * data or (size < data and not filled):
        raise Unsound("its samples are not those of its data")


def _part(moof: bytes, place: tuple[int, int], position: int, tracks: Mapping[int, Usual], first: bool) -> Part:
    boxes = list(children(moof, *place))
    heads = [(body, end) for kind, body, end in boxes if kind == b"tfhd" and end - body >= 8]
    if len(heads) != 1:
        raise Unsound("a part has no head, or several")
    flags, track = struct.unpack_from(">2I", moof, heads[0][0])
    if tracks and track not in tracks:
        raise Unsound("it belongs to no track")
    least, at, values = tracks.get(track, Usual()), heads[0][0] + 8, dict[int, int]()
    for field, width in ((BASE_OFFSET, 8), (DESCRIPTION, 4), (DURATION, 4), (SIZE, 4), (FLAGS, 4)):
        if flags & field:
            values[field] = int.from_bytes(moof[at : at + width], "big")
            at += width
    if at != heads[0][1]:
        raise Unsound("a part's head is longer or shorter than its fields")
    near = values.get(BASE_OFFSET, position) == position
    begins = position if near and (first or flags & FROM_HEAD or BASE_OFFSET in values) else None
    common = Usual(values.get(DURATION, least.duration), values.get(SIZE, least.size))
    runs = tuple(_run(moof, body, end, common) for kind, body, end in boxes if kind == b"trun")
    times = [_base_time(moof, body, end) for kind, body, end in boxes if kind == b"tfdt"]
    body, width, time = times[0] if times else (-position, 0, 0)
    return Part(track, least.scale, position + body, width, time, runs, begins, near)


def _run(moof: bytes, body: int, end: int, common: Usual) -> Run:
    if end - body < 8:
        raise Unsound("a run has no head")
    flags, count = struct.unpack_from(">2I", moof, body)
    first = body + 8 + 4 * bool(flags & RUN_OFFSET) + 4 * bool(flags & RUN_FLAGS)
    fields = [field for field in (EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_SHIFT) if flags & field]
    if first + 4 * count * len(fields) != end:
        raise Unsound("a run is longer or shorter than its samples")
    offset = struct.unpack_from(">i", moof, body + 8)[0] if flags & RUN_OFFSET else None
    table = np.frombuffer(moof, ">u4", count * len(fields), first).reshape(count, len(fields))
    sums = dict(zip(fields, table.sum(0, dtype=np.uint64).tolist(), strict=True))
    filled = bool(table[:, fields.index(EACH_SIZE)].all()) if EACH_SIZE in fields else common.size > 0
    lasts, size = sums.get(EACH_DURATION, count * common.duration), sums.get(EACH_SIZE, count * common.size)
    last = int(table[-1, fields.index(EACH_DURATION)]) if EACH_DURATION in fields and count else common.duration
    return Run(lasts, size, offset, filled, count, last)


def _base_time(moof: bytes, body: int, end: int) -> tuple[int, int, int]:
    """Return where a base time's box has its content, how many bytes the time has, and the time."""
    width = end - body - 4
    if width not in (4, 8):
        raise Unsound("a base time is neither short nor long")
    told = 8 if moof[body] else 4
    return body, width, int.from_bytes(moof[body + 4 : end], "big") if told == width else FIRST_NEGATIVE_TIME
