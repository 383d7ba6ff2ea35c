"""Chunks of an AVI, numbered by its index: behind a damaged place FFmpeg counts on as if nothing were missing there."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.stream import VideoStream

from core._rows import UNKNOWN
from core.arrays import Bools, Ints

CHUNK_HEAD_BYTES = 8
MIN_MATCH_FRACTION = 0.5
"""Share of the packets that lie where an index says, from which on it is believed."""


@dataclass(frozen=True)
class Listed:
    """What an AVI's index says of a stream's chunks that are not empty; without an index, nothing.

    Attributes:
        positions: (N,) bytes before what each chunk holds, growing.
        ticks: (N,) number of each chunk.
    """

    positions: Ints
    ticks: Ints

    @staticmethod
    def of(stream: VideoStream) -> "Listed":
        """Take the index of a stream whose packets were not read yet."""
        entries = [(entry.pos + CHUNK_HEAD_BYTES, entry.timestamp) for entry in stream.index_entries]
        found = np.array(sorted(entries), np.int64).reshape(-1, 2)
        return Listed(found[:, 0], found[:, 1])

    def place(self, positions: Ints, ticks: Ints, path: Path) -> tuple[Ints, Ints]:
        """Number packets by where they lie, where some that the index lists are missing between them.

        Args:
            positions: (M,) bytes before what each packet holds.
            ticks: (M,) their numbers as FFmpeg counts.
            path: of the clip.

        Returns:
            Their numbers (M,), and those of the chunks that are missing between them (L,).
        """
        if not len(self.positions) or not len(positions) or (ticks == UNKNOWN).any():
            return ticks, np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self.positions, positions), len(self.positions) - 1)
        there = self.positions[at] == positions
        missing = ~np.isin(self.positions, positions)
        missing &= self.positions < positions[there].max(initial=0)
        colours = np.zeros(len(missing), np.bool_)
        colours[missing] = _palettes(path, self.positions[missing])
        missing &= ~colours
        if there.mean() < MIN_MATCH_FRACTION or not missing.any():
            return ticks, np.empty(0, np.int64)
        numbers = self.ticks - np.cumsum(colours)
        last = np.maximum.accumulate(np.where(there, np.arange(len(there)), -1))
        ahead = np.where(last >= 0, (numbers[at] - ticks)[last], 0)
        return ticks + ahead, np.sort(numbers[missing])


def _palettes(path: Path, positions: Ints) -> Bools:
    """Tell which chunks hold no picture but a change of colours."""
    found = np.zeros(len(positions), np.bool_)
    with path.open("rb") as file:
        for number, position in enumerate(positions.tolist()):
            file.seek(position - CHUNK_HEAD_BYTES + 2)
            found[number] = file.read(2) == b"pc"
    return found
