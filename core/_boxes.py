"""The outer structure of files, looked at by hand where FFmpeg does not tell what is missing."""

import struct
import sys
from collections.abc import Iterator
from typing import IO

import numpy as np

from core import _alive
from core._medium import Medium

MOV, MATROSKA, AVI, FLV = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flv"
MIN_CONTRADICTION_RATIO = 3.0
"""Lengths that differ by this factor contradict each other."""
MAX_BOXES = 1_000_000
EDIT_BYTES = 65536
"""Of an edit list that is looked into."""
INDEX_BYTES = 64 * 1024**2
"""Of an AVI index that is looked into; a larger one lists more chunks than clips may have frames."""
_KINDS = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"))
_HEADS = {**dict.fromkeys((b"mvhd", b"mdhd"), (">12x2I", ">20xIQ")), b"tkhd": (">12xI4xI", ">20xI4xQ")}
"""Where a movie's and a medium's header has its ticks in a second and its length, and a track's its number and its
length: in the version with short dates, and in that with long ones."""
_ENTRY = np.dtype([("chunk", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])


def read(file: IO[bytes], start: int, length: int) -> bytes:
    """Read some bytes from a position on, fewer at the end of the file; this is a sign of life."""
    _alive.beat()
    file.seek(start)
    return file.read(length)


def boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the boxes of an MP4 between two positions: kind, where its content begins, where it says it ends."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        head = read(file, start, 16)
        length, body = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), start + 16
        kind = head[4:8]
        stop = end if length == 0 else start + length
        if stop < body or not kind.replace(b"\xa9", b"").isalnum():
            return
        yield kind, body, stop
        start = stop


def index_is_missing(path: Medium) -> bool:
    """Tell whether a file is an MP4 or QuickTime file that lacks its index, or has only a part of it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        found = {kind: stop for kind, _, stop in boxes(file, 0, size)}
    is_one = b"ftyp" in found or (b"mdat" in found and set(found) <= _KINDS)
    return is_one and found.get(b"moov", size + 1) > size


def begins_as_mp4(path: Medium) -> bool:
    """Tell whether a file's first box says that it is an MP4 or QuickTime file, and a movie's box is in it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        kinds = [kind for kind, _, _ in boxes(file, 0, size)]
    return kinds[:1] == [b"ftyp"] and b"moov" in kinds


def movie_length(path: Medium) -> float | None:
    """Return the seconds that an MP4's movie header says, or None where it says none."""
    with path.open("rb") as file:
        scale, length = head(file, inside(file, [(0, path.stat().st_size)], b"moov"), b"mvhd") or (0, 0)
    return length / scale if scale and 0 < length < 2**32 - 1 else None


def track_length(path: Medium, track: int) -> float | None:
    """Return the seconds that an MP4 says are shown of a track, FFmpeg's number of which is given; None without any."""
    with path.open("rb") as file:
        moov = inside(file, [(0, path.stat().st_size)], b"moov")
        scale, _ = head(file, moov, b"mvhd") or (0, 0)
        for place in inside(file, moov, b"trak"):
            number, length = head(file, [place], b"tkhd") or (-1, 0)
            if number == track and scale:
                lists = inside(file, [place], b"edts", b"elst")
                shown = sum(_shown(read(file, body, min(end - body, EDIT_BYTES))) for body, end in lists[:1])
                length = shown or length
                return length / scale if 0 < length < 2**32 - 1 else None
    return None


def inside(file: IO[bytes], places: list[tuple[int, int]], *kinds: bytes) -> list[tuple[int, int]]:
    """Return where the boxes of the last kind have their content, which lie in those of the kind before, and so on."""
    for kind in kinds:
        places = [(body, end) for start, stop in places for each, body, end in boxes(file, start, stop) if each == kind]
    return places


def head(file: IO[bytes], places: list[tuple[int, int]], kind: bytes) -> tuple[int, int] | None:
    """Read ticks in a second and length of a movie's header, or number and length of a track's; None without one."""
    for body, _ in inside(file, places, kind)[:1]:
        layout = _HEADS[kind][read(file, body, 1) == b"\1"]
        first, length = struct.unpack(layout, read(file, body, size := struct.calcsize(layout)).ljust(size, b"\0"))
        return first, length
    return None


def _shown(edits: bytes) -> int:
    """Add up how long an edit list's entries last that show something."""
    count, entry = int.from_bytes(edits[4:8], "big"), ">Qq4x" if edits[:1] == b"\1" else ">Ii4x"
    whole = edits[8 : 8 + min(count, EDIT_BYTES) * struct.calcsize(entry)]
    whole = whole[: len(whole) // struct.calcsize(entry) * struct.calcsize(entry)]
    return sum(length for length, start in struct.iter_unpack(entry, whole) if start >= 0)


def contradicted(path: Medium, form: str, seconds: float) -> bool:
    """Tell whether an MP4's movie header and its stream of pictures differ in how long it lasts beyond all reason."""
    if form != MOV or seconds <= 0:
        return False
    length = movie_length(path)
    return length is not None and not 1 / MIN_CONTRADICTION_RATIO < length / seconds < MIN_CONTRADICTION_RATIO


def breaks_off(path: Medium, form: str) -> bool:
    """Tell whether an MP4, AVI or Matroska file ends before the end that its outermost boxes announce.

    An AVI that ends in the index behind its pictures does not count: all pictures are there.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if form == MOV:
            return any(stop > size for _, _, stop in boxes(file, 0, size))
        if form == AVI:
            riff, pictures = _riff_ends(file)
            return riff > size + 1 and not 0 < pictures <= size
        return form == MATROSKA and _segment_end(file.read(4096)) > size


def index_is_cut(path: Medium) -> bool:
    """Tell whether an AVI holds all its pictures but not the whole of the index behind them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        riff, pictures = _riff_ends(file)
    return riff > size + 1 and 0 < pictures <= size


def _chunks(file: IO[bytes], at: int, end: int) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Walk the chunks of an AVI between two positions: name, kind of a list, where its content begins and ends."""
    for _ in range(MAX_BOXES):
        if at >= end:
            return
        name, length, kind = struct.unpack("<4sI4s", read(file, at, 12).ljust(12, b"\0"))
        yield name, kind, at + 8, at + 8 + length
        at = at + 8 + length + length % 2 if length else end


def _riff_ends(file: IO[bytes]) -> tuple[int, int]:
    """Return where an AVI's last RIFF list ends, and the list of pictures in it; 0 where they do not tell."""
    riff = pictures = 0
    for name, _, body, stop in _chunks(file, 0, sys.maxsize):
        if name != b"RIFF" or not body < stop < body + 0xFFFFFFFF:
            break
        riff, inside = stop, _chunks(file, body + 4, stop)
        pictures = next((end for *which, at, end in inside if which == [b"LIST", b"movi"] and end > at), 0)
    return riff, pictures


def _segment_end(head: bytes) -> int:
    """Return where Matroska's Segment ends, or 0 where its length is left open (RFC 8794, section 4)."""
    start = head.find(b"\x18\x53\x80\x67") + 4
    if start < 4 or start >= len(head) or head[start] == 0:
        return 0
    width = 9 - head[start].bit_length()
    length = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    return 0 if length == (1 << 7 * width) - 1 else start + width + length


def unfinished(path: Medium, form: str, announced: float | None) -> bool:
    """Tell whether a recorder never came to write the length, which FFmpeg found or not, into a file's header."""
    if form != FLV:
        return form in (MATROSKA, AVI, "asf") and announced is None
    with path.open("rb") as file:
        head = file.read(4096)
    at = head.find(b"duration\0")
    return at >= 0 and head[at + 9 : at + 17] == bytes(8)


def empty_chunks(path: Medium, stream: int) -> int | None:
    """Count the chunks of an AVI's stream that its index lists as empty: frames that were never recorded.

    Returns:
        None where there is no index at the end of the first RIFF list.
    """
    own = np.array([b"%02d%s" % (stream, kind) for kind in (b"dc", b"db")], "S4")
    with path.open("rb") as file:
        for name, _, body, stop in _chunks(file, 12, path.stat().st_size):
            if name == b"idx1":
                index = read(file, body, min(stop - body, INDEX_BYTES))
                entries = np.frombuffer(index, _ENTRY, len(index) // _ENTRY.itemsize)
                ours = np.isin(entries["chunk"], own)
                return int((ours & (entries["size"] == 0)).sum()) if ours.any() else None
    return None
