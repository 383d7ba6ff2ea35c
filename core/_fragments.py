"""Fragmented MP4 files with holes: a demuxer stops at the first one, although each fragment stands for itself."""

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import IO

from core import _moof
from core._boxes import boxes

BLOCK = 1 << 20
LEAST = 24
"""Bytes of a fragment's head that lists no samples."""
MOST = 10_000
"""Holes that are bridged."""
MOST_HEAD = 64 * 1024**2
"""Bytes of a head that is looked into."""
ROOM = 0.5
"""Share of what fragments with a wrong base time last that must be free between their neighbours."""
FAR = 8 * 3600
"""Seconds beyond which the last fragment's base time cannot lie behind the others."""
LONG = 100
"""Factor by which a fragment that reaches beyond the next one's base time lasts longer than others."""


@dataclass(frozen=True)
class Hole:
    """Bytes between two fragments that are no box, or a fragment of which nothing can be believed.

    Attributes:
        start, stop: where they begin and where the next fragment does.
    """

    start: int
    stop: int

    @property
    def cover(self) -> bytes:
        """A head that makes the hole one box to be skipped."""
        length = self.stop - self.start
        return struct.pack(">I4s", length, b"free") if length < 1 << 32 else struct.pack(">I4sQ", 1, b"free", length)

    def covered(self, content: bytes, position: int) -> bytes:
        """Lay the head over bytes that were read at a position."""
        return Patch(self.start, self.cover).covered(content, position)


@dataclass(frozen=True)
class Patch:
    """Bytes to be read in place of a file's own ones, from a position on."""

    start: int
    cover: bytes

    def covered(self, content: bytes, position: int) -> bytes:
        """Lay the bytes over some that were read at a position."""
        first, last = max(self.start, position), min(self.start + len(self.cover), position + len(content))
        if first >= last:
            return content
        own = self.cover[first - self.start : last - self.start]
        return content[: first - position] + own + content[last - position :]


@dataclass(frozen=True)
class Fragments:
    """What there is to be known of a fragmented MP4.

    Attributes:
        fragmented: whether it is one; of other files, the rest is empty.
        holes: places without a fragment that can be read, in order; the last one may reach to the file's end.
        retimed: base times of fragments that cannot be right, with those that their neighbours tell.
        breaks_off: whether the file ends before its last box does.
    """

    fragmented: bool = False
    holes: tuple[Hole, ...] = ()
    retimed: tuple[Patch, ...] = ()
    breaks_off: bool = False


@dataclass
class _Walk:
    """What was found on the way from box to box.

    Attributes:
        fragmented: whether there are fragments.
        holes: so far.
        tracks: of the movie.
        heads: where each fragment begins and ends, and what its head says.
        head: where the head of the fragment begins and ends in which the way is.
        data: bytes of the fragment's data so far.
        before: where the box before begins.
        end: where the last box says that it ends.
    """

    fragmented: bool = False
    holes: list[Hole] = field(default_factory=list)
    tracks: dict[int, _moof.Usual] = field(default_factory=dict)
    heads: list[tuple[int, int, list[_moof.Part]]] = field(default_factory=list)
    head: tuple[int, int] | None = None
    data: int = 0
    before: int = 0
    end: int = 0


def fragments(path: Path) -> Fragments:
    """Look for what a demuxer of fragmented MP4 files stumbles over."""
    facts = path.stat()
    return _fragments(path, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns))


@lru_cache(maxsize=2)
def _fragments(path: Path, same: tuple[int, ...]) -> Fragments:
    size = same[2]
    with path.open("rb") as file:
        if file.read(8)[4:] not in (b"ftyp", b"styp"):
            return Fragments()
        found = _walked(file, size)
    if not found.fragmented:
        return Fragments()
    overlong = set(_overlong(found.heads))
    holes = sorted([*found.holes, *overlong], key=lambda hole: hole.start)
    heads = [parts for start, stop, parts in found.heads if Hole(start, stop) not in overlong]
    return Fragments(True, tuple(holes), tuple(_retimed(heads)), found.end > size)


def _walked(file: IO[bytes], size: int) -> _Walk:
    """Go from box to box, and on behind each hole."""
    found, start = _Walk(), 0
    while start < size and len(found.holes) < MOST:
        kind, body, stop = next(boxes(file, start, size), (b"", start, start))
        if kind == b"moov" and stop <= size:
            found.tracks = _tracks(file, body, stop)
            found.fragmented = found.fragmented or any(each == b"mvex" for each, _, _ in boxes(file, body, stop))
        found.fragmented = found.fragmented or kind == b"moof"
        broken = not kind or stop > size or (stop == size and kind in (b"mdat", b"moof"))
        following = _next(file, start, size, found) if broken and found.fragmented else None
        if following is not None:
            _close(file, max(start, following), size, found)
            if not (found.holes and found.holes[-1].stop >= following):
                found.holes.append(Hole(start if following > start else found.before, following))
            found.end, found.before, start = following, following, following
            continue
        if kind == b"moof" or not kind:
            _close(file, start, size, found)
        if not kind:
            break
        found.end, found.before = stop, start
        if kind == b"moof":
            found.head, found.data = (start, stop), 0
        elif kind == b"mdat":
            found.data += max(min(stop, size) - body, 0)
        start = stop
    _close(file, max(found.end, size), size, found)
    return found


def _next(file: IO[bytes], start: int, size: int, found: _Walk) -> int | None:
    """Return where the next fragment begins, be it inside the box before, whose length may be wrong."""
    inside = found.head is not None and found.before >= found.head[1]
    return _fragment(file, found.before if inside else start, size)


def _close(file: IO[bytes], end: int, size: int, found: _Walk) -> None:
    """Keep what the last fragment's head says, or make all of it up to where the next one begins a hole."""
    if found.head is None:
        return
    start, stop = found.head
    parts = _taken(file, start, stop, end, found) if stop - start <= MOST_HEAD else []
    if parts is None:
        found.holes.append(Hole(start, min(end, size)))
    else:
        found.heads.append((start, min(end, size), parts))
    found.head = None


def _tracks(file: IO[bytes], body: int, stop: int) -> dict[int, _moof.Usual]:
    file.seek(body)
    try:
        return _moof.usual(file.read(min(stop - body, MOST_HEAD)))
    except _moof.Unsound:
        return {}


def _taken(file: IO[bytes], start: int, stop: int, end: int, found: _Walk) -> list[_moof.Part] | None:
    """Return what a fragment's head says; None where it cannot be right, given where its data ends."""
    file.seek(start)
    try:
        parts = _moof.parts(file.read(stop - start), start, found.tracks)
        _moof.check(parts, stop, end, min(found.data, end - stop))
    except _moof.Unsound:
        return None
    return parts


def _fragment(file: IO[bytes], start: int, size: int) -> int | None:
    """Return where the next fragment begins, at least a box's head behind a position."""
    at = start + 16
    while at < size:
        file.seek(at)
        block, place = file.read(BLOCK + 16), -1
        while 0 <= (place := block.find(b"moof", place + 1)) < BLOCK:
            begin, length = at + place - 4, int.from_bytes(block[max(place - 4, 0) : place], "big")
            if place >= 4 and length > LEAST and begin + length <= size and block[place + 8 : place + 12] == b"mfhd":
                return begin
        at += BLOCK - 4
    return None


def _overlong(heads: Sequence[tuple[int, int, Sequence[_moof.Part]]]) -> Iterator[Hole]:
    """Find fragments that last beyond all reason, and into those behind them."""
    for track in {part.track for _, _, parts in heads for part in parts}:
        own = [(start, stop, part) for start, stop, parts in heads for part in parts if part.track == track]
        usual = sorted(part.lasts for _, _, part in own)[(len(own) - 1) // 2]
        rooms = [behind.time - part.time for (_, _, part), (_, _, behind) in pairwise(own)]
        for (start, stop, part), room in zip(own, [*rooms, 0], strict=True):
            if part.lasts > max(LONG * usual, 2 * room):
                yield Hole(start, stop)


def _retimed(heads: Sequence[Sequence[_moof.Part]]) -> Iterator[Patch]:
    """Find base times that lie outside those before and behind them, and put their fragments in the place left free."""
    told = [part for parts in heads for part in parts if part.width]
    for track in {part.track for part in told}:
        own = [part for part in told if part.track == track]
        for before, behind in pairwise([-1, *_right(own), len(own)]):
            wrong = own[before + 1 : behind]
            lasting = sum(part.lasts for part in wrong)
            last = own[behind].time if behind < len(own) else _moof.SIGNED
            time = own[before].time + own[before].lasts if before >= 0 else last - lasting
            inside = before >= 0 and behind < len(own)
            sure = inside or len(wrong) == 1 or all(part.impossible for part in wrong)
            if sure and time >= 0 and last - time >= ROOM * lasting:
                for part in wrong:
                    yield Patch(part.at, part.timed(min(time, last)))
                    time += part.lasts


def _right(parts: Sequence[_moof.Part]) -> list[int]:
    """Return which base times grow, without a last one that lies beyond all reason."""
    row = _growing([_moof.SIGNED if part.impossible else part.time for part in parts])
    if len(row) > 1:
        before, last = parts[row[-2]], parts[row[-1]]
        if last.scale and last.time - before.time - before.lasts > FAR * last.scale:
            row.pop()
    return row


def _growing(times: Sequence[int]) -> list[int]:
    """Return which numbers make the longest row that always grows, such as no clock can show left out.

    >>> _growing([0, 10, 95, 30, 40])
    [0, 1, 3, 4]
    """
    ends, last, before = list[int](), list[int](), dict[int, int]()
    for i, time in enumerate(times):
        if time < _moof.SIGNED:
            place = bisect_left(ends, time)
            ends[place : place + 1], last[place : place + 1] = [time], [i]
            if place:
                before[i] = last[place - 1]
    row = last[-1:]
    while row and row[-1] in before:
        row.append(before[row[-1]])
    return row[::-1]
