"""What a run keeps of each frame of its clip: when it is shown, its score, and whether the detector was shown it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core import files
from core.arrays import Bools, Doubles, Floats
from core.clock import Clock

FILE, SCORES_ALONE = "frames.bin", "scores.f32"
"""The file in a run's folder, and that of version 0.1, which has scores (float32) alone."""
RECORD = np.dtype([("seconds", "<f8"), ("score", "<f4"), ("analysed", "?")])


@dataclass(frozen=True)
class FrameLog:
    """All frames of a clip that are scored so far.

    Attributes:
        scores: (T,) float32 calibrated; NaN where a frame has none.
        seconds: (T,) float64, when each is shown.
        analysed: (T,) bool; a frame that is not has the score of the one before it.
    """

    scores: Floats
    seconds: Doubles
    analysed: Bools

    def __len__(self) -> int:
        return len(self.scores)

    def clock(self, fps: float) -> Clock:
        """Return when the frames are shown; ``fps`` counts where there are fewer than two."""
        return Clock.of(self.seconds) if len(self) > 1 else Clock.steady(fps, len(self))


def read(folder: Path, fps: float) -> FrameLog:
    """Read what a run's folder keeps, half of a record that a kill may have left aside.

    Args:
        folder: of the run; one of version 0.1 has no seconds, which then follow from ``fps``.
        fps: of the clip.
    """
    if not (folder / FILE).exists() and (folder / SCORES_ALONE).exists():
        scores = np.fromfile(folder / SCORES_ALONE, np.float32)
        return FrameLog(scores, np.arange(len(scores)) / fps, np.ones(len(scores), np.bool_))
    data = (folder / FILE).read_bytes() if (folder / FILE).exists() else b""
    records = np.frombuffer(data, RECORD, len(data) // RECORD.itemsize)
    return FrameLog(records["score"].copy(), records["seconds"].copy(), records["analysed"].copy())


def append(folder: Path, seconds: Sequence[float], scores: Sequence[float], analysed: Sequence[bool]) -> None:
    """Add records of the next frames.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    files.append(folder / FILE, packed(seconds, scores, analysed))


def packed(seconds: npt.ArrayLike, scores: npt.ArrayLike, analysed: npt.ArrayLike) -> bytes:
    """Return records as the file holds them."""
    values = np.asarray(scores, np.float32)
    records = np.empty(len(values), RECORD)
    records["seconds"], records["score"], records["analysed"] = seconds, values, analysed
    return records.tobytes()


def cut(folder: Path, frames: int) -> None:
    """Leave only the records of the first frames, so that more can be added behind them."""
    if (folder / FILE).exists():
        with (folder / FILE).open("r+b") as handle:
            handle.truncate(frames * RECORD.itemsize)
