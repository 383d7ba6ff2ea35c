"""Chunks of an AVI, numbered by its index: behind a damaged place FFmpeg counts on as if nothing were missing there."""

import numpy as np
from av.video.stream import VideoStream

from core._boxes import read
from core._medium import Medium
from core._rows import UNKNOWN
from core.arrays import Bools, Ints

CHUNK_HEAD_BYTES = 8
MIN_MATCH_FRACTION = 0.5
"""Share of the packets that lie where an index says, from which on it is believed."""


def listed(stream: VideoStream) -> Ints:
    """Return (N, 2) what an AVI's index says of a stream's chunks that are not empty; without an index, nothing.

    A row is where in the file a chunk's content begins, growing, and the number of the chunk. Ask before packets are
    read, which adds to the index.
    """
    entries = [(entry.pos + CHUNK_HEAD_BYTES, entry.timestamp) for entry in stream.index_entries]
    return np.array(sorted(entries), np.int64).reshape(-1, 2)


def place(entries: Ints, positions: Ints, ticks: Ints, path: Medium) -> tuple[Ints, Ints]:
    """Number packets by where they lie, where some that the index lists are missing between them.

    M packets are given by the bytes before what each holds, and by their numbers as FFmpeg counts; returned are
    their numbers (M,), and those of the chunks that are missing between them (L,).
    """
    begins, numbers = entries.T
    if not len(begins) or not len(positions) or (ticks == UNKNOWN).any():
        return ticks, np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(begins, positions), len(begins) - 1)
    there = begins[at] == positions
    missing = ~np.isin(begins, positions)
    missing &= begins < positions[there].max(initial=0)
    colours = np.zeros(len(missing), np.bool_)
    colours[missing] = _palettes(path, begins[missing])
    missing &= ~colours
    if there.mean() < MIN_MATCH_FRACTION or not missing.any():
        return ticks, np.empty(0, np.int64)
    numbers = numbers - np.cumsum(colours)
    last = np.maximum.accumulate(np.where(there, np.arange(len(there)), -1))
    ahead = np.where(last >= 0, (numbers[at] - ticks)[last], 0)
    return ticks + ahead, np.sort(numbers[missing])


def _palettes(path: Medium, positions: Ints) -> Bools:
    """Tell which chunks hold no picture but a change of colours."""
    with path.open("rb") as file:
        kinds = [read(file, position - CHUNK_HEAD_BYTES + 2, 2) for position in positions.tolist()]
    return np.array([kind == b"pc" for kind in kinds], np.bool_)
