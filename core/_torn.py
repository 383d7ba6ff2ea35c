"""Damaged data of which a demuxer says nothing: bytes without a packet, where frames are missing."""

from pathlib import Path
from typing import IO

import numpy as np

from core._scan import Scan
from core.arrays import Bools, Doubles, Ints

MIN_LOST_BYTES, MIN_LOST_RATIO, MIN_LOST_FRACTION = 1024, 4.0, 0.2
"""Bytes without a packet that mean something: this many at least, this many times the usual, and this share of what the
missing frames would have."""
STRIDES = (188, 192, 204)
"""Bytes from one packet of a transport stream to the next (ISO 13818-1, and its kinds for discs and broadcast)."""
SYNC = 0x47
BLOCK_BYTES = 1 << 22
"""Bytes of a transport stream that are looked into at once."""


def places(scan: Scan, before: Ints, behind: Ints, missing: Doubles, path: Path) -> Bools:
    """Tell where frames are missing because their data is damaged, and not because nothing was recorded.

    Args:
        scan: of the clip.
        before: (M,) rows of the frames before each place where some are missing.
        behind: (M,) those of the frames behind it.
        missing: (M,) how many would have been there.
        path: of the clip.
    """
    found = np.zeros(len(before), np.bool_)
    if not len(before) or not scan.laid.loose.any():
        return found
    usual = MIN_LOST_RATIO * float(np.median(scan.laid.loose))
    much = np.where(scan.laid.loose > max(MIN_LOST_BYTES, usual), scan.laid.loose, 0)
    much[0] = 0
    with path.open("rb") as file:
        for place in range(len(before)):
            first = max(min(before[place], behind[place]) + 1 - scan.depth, 0)
            last = max(before[place], behind[place]) + scan.depth
            rows = first + np.flatnonzero(much[first : last + 1])
            free = sum(_out_of_step(file, scan, int(row)) for row in rows)
            found[place] = free >= max(MIN_LOST_BYTES, MIN_LOST_FRACTION * missing[place] * scan.laid.weight)
    return found


def _out_of_step(file: IO[bytes], scan: Scan, row: int) -> int:
    """Return the bytes without a packet before a row; of a transport stream, only those that are no part of it."""
    free = int(scan.laid.loose[row])
    if scan.form != "mpegts":
        return free
    first, last = int(scan.laid.positions[row - 1]), int(scan.laid.positions[row])
    out, at = 0, max(first, 0)
    while at < last:
        file.seek(at)
        data = np.frombuffer(file.read(min(BLOCK_BYTES // 188 * 188, last - at)), np.uint8)
        if not len(data):
            break
        out += min(int((data[::stride] != SYNC).sum()) * stride for stride in STRIDES)
        at += len(data)
    return min(free, out)
