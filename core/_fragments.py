"""Fragmented MP4 files with holes: a demuxer stops at the first one, although each fragment stands for itself."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core._boxes import boxes

BLOCK = 1 << 20
LEAST = 24
"""Bytes of a fragment's head that lists no samples."""
MOST = 10_000
"""Holes that are bridged."""


@dataclass(frozen=True)
class Hole:
    """Bytes between two fragments that are no box.

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
        first, last = max(self.start, position), min(self.start + len(self.cover), position + len(content))
        if first >= last:
            return content
        head = self.cover[first - self.start : last - self.start]
        return content[: first - position] + head + content[last - position :]


def holes(path: Path) -> tuple[bool, tuple[Hole, ...]]:
    """Tell whether a file is a fragmented MP4, and which holes it has that a fragment follows."""
    size, found, fragmented = path.stat().st_size, list[Hole](), False
    with path.open("rb") as file:
        if file.read(8)[4:] not in (b"ftyp", b"styp"):
            return False, ()
        start = 0
        while len(found) < MOST:
            for kind, body, stop in boxes(file, start, size):
                extended = kind == b"moov" and any(each == b"mvex" for each, _, _ in boxes(file, body, stop))
                fragmented = fragmented or extended or kind == b"moof"
                start = stop
            following = _fragment(file, start, size) if fragmented and start + 8 < size else None
            if following is None:
                break
            found.append(Hole(start, following))
            start = following
    return fragmented, tuple(found)


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
