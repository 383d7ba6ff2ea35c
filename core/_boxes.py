"""The outer structure of files, looked at by hand where FFmpeg does not tell what is missing."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

MOV, MATROSKA, AVI, FLV = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flv"
MIN_CONTRADICTION_RATIO = 3.0
"""Lengths that differ by this factor contradict each other."""
MAX_BOXES = 1_000_000
EDIT_BYTES = 65536
"""Of an edit list that is looked into."""
INDEX_BYTES = 64 * 1024**2
"""Of an AVI index that is looked into; a larger one lists more chunks than clips may have frames."""
_KINDS = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"))
_ENTRY = np.dtype([("chunk", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])


def boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk the boxes of an MP4 between two positions: kind, where its content begins, where it says it ends."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        length, body = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), start + 16
        kind = head[4:8]
        stop = end if length == 0 else start + length
        if stop < body or not kind.replace(b"\xa9", b"").isalnum():
            return
        yield kind, body, stop
        start = stop


def index_is_missing(path: Path) -> bool:
    """Tell whether a file is an MP4 or QuickTime file that lacks its index, or has only a part of it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        found = {kind: stop for kind, _, stop in boxes(file, 0, size)}
    is_one = b"ftyp" in found or (b"mdat" in found and set(found) <= _KINDS)
    return is_one and found.get(b"moov", size + 1) > size


def begins_as_mp4(path: Path) -> bool:
    """Tell whether a file's first box says that it is an MP4 or QuickTime file, and a movie's box is in it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        kinds = [kind for kind, _, _ in boxes(file, 0, size)]
    return kinds[:1] == [b"ftyp"] and b"moov" in kinds


def movie_length(path: Path) -> float | None:
    """Return the seconds that an MP4's movie header says, or None where it says none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for start, stop in _inside(file, [(0, size)], b"moov"):
            heads = [_read(file, body, 32) for body, _ in _inside(file, [(start, min(stop, size))], b"mvhd")]
            scale, length = _scaled(heads[0], 12, 20) if heads else (0, 0)
            return length / scale if scale and 0 < length < 2**32 - 1 else None
    return None


def track_length(path: Path, track: int) -> float | None:
    """Return the seconds of a track that an MP4 says are shown, or None where it says none.

    Args:
        path: the file.
        track: its identity, as FFmpeg gives it.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        moov = _inside(file, [(0, size)], b"moov")
        heads = [_read(file, body, 32) for body, _ in _inside(file, moov, b"mvhd")]
        scale = _scaled(heads[0], 12, 20)[0] if heads else 0
        for start, stop in _inside(file, moov, b"trak"):
            heads = [_read(file, body, 40) for body, _ in _inside(file, [(start, stop)], b"tkhd")]
            number, length = _scaled(heads[0], 12, 20, 20, 28) if heads else (-1, 0)
            if number == track and scale:
                lists = _inside(file, _inside(file, [(start, stop)], b"edts"), b"elst")
                shown = sum(_shown(_read(file, body, min(end - body, EDIT_BYTES))) for body, end in lists[:1])
                length = shown or length
                return length / scale if 0 < length < 2**32 - 1 else None
    return None


def _inside(file: IO[bytes], places: list[tuple[int, int]], kind: bytes) -> list[tuple[int, int]]:
    """Return where the boxes of a kind inside others have their content."""
    return [(body, end) for start, stop in places for each, body, end in boxes(file, start, stop) if each == kind]


def _read(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length).ljust(length, b"\0")


def _scaled(head: bytes, short: int, long: int, then: int = 16, then_long: int = 24) -> tuple[int, int]:
    """Read two numbers of a header that has a version with longer dates and a longer second number."""
    if head[0] == 1:
        return struct.unpack_from(">I", head, long)[0], struct.unpack_from(">Q", head, then_long)[0]
    return struct.unpack_from(">I", head, short)[0], struct.unpack_from(">I", head, then)[0]


def _shown(edits: bytes) -> int:
    """Add up how long an edit list's entries last that show something."""
    count, entry = int.from_bytes(edits[4:8], "big"), ">Qq4x" if edits[0] == 1 else ">Ii4x"
    whole = edits[8 : 8 + min(count, EDIT_BYTES) * struct.calcsize(entry)]
    whole = whole[: len(whole) // struct.calcsize(entry) * struct.calcsize(entry)]
    return sum(length for length, start in struct.iter_unpack(entry, whole) if start >= 0)


def contradicted(path: Path, form: str, seconds: float) -> bool:
    """Tell whether an MP4's movie header and its stream of pictures differ in how long it lasts beyond all reason."""
    if form != MOV or seconds <= 0:
        return False
    length = movie_length(path)
    return length is not None and not 1 / MIN_CONTRADICTION_RATIO < length / seconds < MIN_CONTRADICTION_RATIO


def breaks_off(path: Path, form: str) -> bool:
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


def index_is_cut(path: Path) -> bool:
    """Tell whether an AVI holds all its pictures but not the whole of the index behind them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        riff, pictures = _riff_ends(file)
    return riff > size + 1 and 0 < pictures <= size


def _riff_ends(file: IO[bytes]) -> tuple[int, int]:
    """Return where an AVI's last RIFF list ends, and the list of pictures in it; 0 where they do not tell."""
    start = riff = pictures = 0
    for _ in range(MAX_BOXES):
        name, length, _ = struct.unpack("<4sI4s", _read(file, start, 12))
        if name != b"RIFF" or not 0 < length < 0xFFFFFFFF:
            break
        riff, pictures, at = start + 8 + length, 0, start + 12
        while not pictures and at < riff:
            name, length, kind = struct.unpack("<4sI4s", _read(file, at, 12))
            if name == b"LIST" and kind == b"movi":
                pictures = at + 8 + length if length else 0
            if not length:
                break
            at += 8 + length + length % 2
        start = riff + riff % 2
    return riff, pictures


def _segment_end(head: bytes) -> int:
    """Return where Matroska's Segment ends, or 0 where its length is left open (RFC 8794, section 4)."""
    start = head.find(b"\x18\x53\x80\x67") + 4
    if start < 4 or start >= len(head) or head[start] == 0:
        return 0
    width = 9 - head[start].bit_length()
    length = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    return 0 if length == (1 << 7 * width) - 1 else start + width + length


def unfinished(path: Path, form: str, announced: float | None) -> bool:
    """Tell whether a recorder never came to write the length into a file's header.

    Args:
        path: the file.
        form: FFmpeg's name of the container.
        announced: seconds that FFmpeg found in the header.
    """
    if form != FLV:
        return form in (MATROSKA, AVI, "asf") and announced is None
    with path.open("rb") as file:
        head = file.read(4096)
    at = head.find(b"duration\0")
    return at >= 0 and head[at + 9 : at + 17] == bytes(8)


def empty_chunks(path: Path, stream: int) -> int | None:
    """Count the chunks of an AVI's stream that its index lists as empty: frames that were never recorded.

    Returns:
        None where there is no index at the end of the first RIFF list.
    """
    size, own = path.stat().st_size, tuple(b"%02d%s" % (stream, kind) for kind in (b"dc", b"db"))
    with path.open("rb") as file:
        at = 12
        for _ in range(MAX_BOXES):
            file.seek(at)
            kind, length = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
            if kind == b"idx1":
                entries = np.frombuffer(file.read(min(length, INDEX_BYTES) // 16 * 16), _ENTRY)
                ours = np.isin(entries["chunk"], np.array(own, "S4"))
                return int((ours & (entries["size"] == 0)).sum()) if ours.any() else None
            if not length or at + 8 + length >= size:
                return None
            at += 8 + length + length % 2
    return None
