"""Fragmented MP4 files with holes: a demuxer stops at the first one, although each fragment stands for itself."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import IO

from core import _moof
from core._base_times import BaseTimes, Patch, base_times
from core._boxes import boxes, head, inside, read
from core._medium import Medium

BLOCK_BYTES = 1 << 20
MIN_HEAD_BYTES = 24
"""Bytes of a fragment's head that lists no samples."""
TOP_LEVEL_BOXES = frozenset(
    (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"ssix", b"prft", b"emsg", b"free", b"skip", b"wide",
     b"uuid", b"mfra", b"meta", b"pdin", b"pssh", b"bloc", b"udta", b"meco")
)  # fmt: skip
"""Names of boxes outside of others (ISO 14496-12, 23009-1)."""
PARTS = (b"moof", b"mfhd", b"traf", b"trun", b"mdat")
"""Names of what a fragment is made of."""
MAX_HOLES = 10_000
MAX_HEAD_BYTES = 64 * 1024**2
MAX_DURATION_RATIO = 100
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
    def patch(self) -> Patch:
        """A head that makes the hole one box to be skipped."""
        length = self.stop - self.start
        short = length < 1 << 32
        head = struct.pack(">I4s", length, b"free") if short else struct.pack(">I4sQ", 1, b"free", length)
        return Patch(self.start, head)


@dataclass(frozen=True)
class Fragments:
    """What there is to be known of a fragmented MP4.

    Attributes:
        fragmented: whether it is one; of other files, the rest is empty.
        holes: places without a fragment that can be read, in order; the last one may reach to the file's end.
        times: what is to be known of the base times of each track.
        renamed: names of fragments' heads that were overwritten.
        breaks_off: whether the file ends before its last box does.
    """

    fragmented: bool = False
    holes: tuple[Hole, ...] = ()
    times: tuple[BaseTimes, ...] = ()
    renamed: tuple[Patch, ...] = ()
    breaks_off: bool = False

    @property
    def patches(self) -> list[Patch]:
        """Heads over holes, and names and base times to be read in place of the file's own, in order."""
        holes, times = [hole.patch for hole in self.holes], [patch for one in self.times for patch in one.patches]
        return sorted([*holes, *self.renamed, *times], key=lambda patch: patch.start)

    def of(self, track: int) -> BaseTimes:
        """Return what is to be known of the base times of one track."""
        return next((times for times in self.times if times.track == track), BaseTimes(track))


@dataclass
class _Walk:
    """What was found on the way from box to box.

    Attributes:
        fragmented: whether there are fragments.
        holes: so far.
        tracks: of the movie.
        heads: where each fragment begins and ends, and what its head says.
        renamed: names of heads that were overwritten.
        head: where the head of the fragment begins and ends in which the way is.
        data: bytes of the fragment's data so far.
        before: where the box before begins.
        strange: whether it has a name that none has, behind the data of a fragment, or of none.
        end: where the last box says that it ends.
        whole: whether all samples of the last fragment are there.
    """

    fragmented: bool = False
    holes: list[Hole] = field(default_factory=list)
    tracks: dict[int, _moof.Usual] = field(default_factory=dict)
    heads: list[tuple[int, int, list[_moof.Part]]] = field(default_factory=list)
    renamed: list[Patch] = field(default_factory=list)
    head: tuple[int, int] | None = None
    data: int = 0
    before: int = 0
    strange: bool = False
    end: int = 0
    whole: bool = False


def fragments(path: Medium) -> Fragments:
    """Look for what a demuxer of fragmented MP4 files stumbles over."""
    facts = path.stat()
    return _fragments(path, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns))


@lru_cache(maxsize=2)
def _fragments(path: Medium, same: tuple[int, ...]) -> Fragments:
    size = same[2]
    with path.open("rb") as file:
        if file.read(8)[4:] not in (b"ftyp", b"styp"):
            return Fragments()
        found = _walked(file, size)
    if not found.fragmented:
        return Fragments()
    overlong = set(_overlong(found.heads))
    holes = sorted([*found.holes, *overlong], key=lambda hole: hole.start)
    told = [part for start, stop, parts in found.heads if Hole(start, stop) not in overlong for part in parts]
    tracks = dict.fromkeys(part.track for part in told)
    times = tuple(base_times(track, [part for part in told if part.track == track]) for track in tracks)
    renamed = tuple(one for one in found.renamed if not any(hole.start <= one.start < hole.stop for hole in holes))
    return Fragments(True, tuple(holes), times, renamed, found.end > size and not found.whole)


def _walked(file: IO[bytes], size: int) -> _Walk:
    """Go from box to box, and on behind each hole."""
    found, start = _Walk(), 0
    while start < size and len(found.holes) < MAX_HOLES:
        kind, body, stop = next(boxes(file, start, size), (b"", start, start))
        if found.fragmented and kind not in (b"moof", b"") and read(file, body, 8)[4:] == b"mfhd":
            kind = b"moof"  # whatever it is called, it holds what only a fragment's head does
            found.renamed.append(Patch(start + 4, kind))
        if kind == b"moov" and stop <= size:
            found.tracks = _tracks(file, (body, stop))
            found.fragmented = found.fragmented or bool(inside(file, [(body, stop)], b"mvex"))
        found.fragmented = found.fragmented or kind == b"moof"
        broken = not kind or stop > size or (stop == size and kind in (b"mdat", b"moof"))
        # The next fragment may begin inside the box before, whose length may be wrong.
        since = found.before if found.head is not None and found.before >= found.head[1] else start
        following = _fragment(file, since, size) if broken and found.fragmented else None
        if following is not None:
            start = _bridged(file, start, following, size, found)
            continue
        if kind == b"moof" or not kind:
            _close(file, start, size, found)
        if not kind:
            if found.fragmented and _names(file, start, size):
                found.holes.append(Hole(start, size))
            break
        _passed(file, kind, (start, body, stop), size, found)
        start = stop
    _close(file, max(found.end, size), size, found)
    return found


def _bridged(file: IO[bytes], start: int, following: int, size: int, found: _Walk) -> int:
    """Note the hole before the box at ``following``, and return where to go on."""
    _close(file, max(start, following), size, found)
    if not (found.holes and found.holes[-1].stop >= following):
        found.holes.append(Hole(start if following > start else found.before, following))
    found.end, found.before = following, following
    return following


def _passed(file: IO[bytes], kind: bytes, box: tuple[int, int, int], size: int, found: _Walk) -> None:
    """Note a sound box (start, body, end), and the hole that data behind a box of unknown name means."""
    start, body, stop = box
    if kind == b"mdat" and found.strange:
        _close(file, found.before, size, found)
        found.holes.append(Hole(found.before, min(stop, size)))
    found.strange = found.fragmented and kind not in TOP_LEVEL_BOXES and (found.head is None or found.data > 0)
    found.end, found.before = stop, start
    if kind == b"moof":
        found.head, found.data = (start, stop), 0
    elif kind == b"mdat":
        found.data += max(min(stop, size) - body, 0)


def _close(file: IO[bytes], end: int, size: int, found: _Walk) -> None:
    """Keep what the last fragment's head says, or make all of it up to where the next one begins a hole."""
    if found.head is None:
        return
    start, stop = found.head
    parts = _taken(file, start, stop, end, found) if stop - start <= MAX_HEAD_BYTES else []
    if parts is None:
        found.holes.append(Hole(start, min(end, size)))
    else:
        found.heads.append((start, min(end, size), parts))
        found.whole = bool(parts) and stop + sum(part.size for part in parts) <= size
    found.head = None


def _tracks(file: IO[bytes], moov: tuple[int, int]) -> dict[int, _moof.Usual]:
    """Read what fragments of each track may leave out, from a movie's box."""
    found, scales = dict[int, _moof.Usual](), dict[int, int]()
    for trak in inside(file, [moov], b"trak"):
        number, _ = head(file, [trak], b"tkhd") or (0, 0)
        scales[number], _ = head(file, inside(file, [trak], b"mdia"), b"mdhd") or (0, 0)
    for body, stop in inside(file, [moov], b"mvex", b"trex"):
        if stop - body >= 24:
            track, _, duration, size = struct.unpack(">4x4I", read(file, body, 20).ljust(20, b"\0"))
            found[track] = _moof.Usual(duration, size, scales.get(track, 0))
    return found


def _taken(file: IO[bytes], start: int, stop: int, end: int, found: _Walk) -> list[_moof.Part] | None:
    """Return what a fragment's head says; None where it cannot be right, given where its data ends."""
    try:
        parts = _moof.parts(read(file, start, stop - start), start, found.tracks)
        _moof.check(parts, stop, end, min(found.data, end - stop))
    except _moof.Unsound:
        return None
    return parts


def _fragment(file: IO[bytes], start: int, size: int) -> int | None:
    """Return where the next fragment begins, at least a box's head behind a position."""
    at = start + 16
    while at < size:
        block, place = read(file, at, BLOCK_BYTES + 16), -1
        while 0 <= (place := block.find(b"moof", place + 1)) < BLOCK_BYTES:
            begin, length = at + place - 4, int.from_bytes(block[max(place - 4, 0) : place], "big")
            if (
                place >= 4
                and length > MIN_HEAD_BYTES
                and begin + length <= size
                and block[place + 8 : place + 12] == b"mfhd"
            ):
                return begin
        at += BLOCK_BYTES - 4
    return None


def _names(file: IO[bytes], start: int, size: int) -> bool:
    """Tell whether there are parts of fragments behind a position, where no box begins."""
    blocks = (read(file, at, BLOCK_BYTES + 3) for at in range(start, size, BLOCK_BYTES))
    return any(name in block for block in blocks for name in PARTS)


def _overlong(heads: Sequence[tuple[int, int, Sequence[_moof.Part]]]) -> Iterator[Hole]:
    """Find fragments that last beyond all reason, and into those behind them."""
    for track in {part.track for _, _, parts in heads for part in parts}:
        own = [(start, stop, part) for start, stop, parts in heads for part in parts if part.track == track]
        usual = sorted(part.lasts for _, _, part in own)[(len(own) - 1) // 2]
        rooms = [behind.time - part.time for (_, _, part), (_, _, behind) in pairwise(own)]
        for (start, stop, part), room in zip(own, [*rooms, 0], strict=True):
            if part.lasts > max(MAX_DURATION_RATIO * usual, 2 * room):
                yield Hole(start, stop)
