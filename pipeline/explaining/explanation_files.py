"""The maps and clips that a folder keeps of one explained frame; :mod:`core.explanation` has its figures."""

import re
from pathlib import Path

import numpy as np

from core.analysis import MOVING, Analysis
from core.array_files import MAX_MAP_BYTES, read_npy
from core.arrays import Floats
from core.errors import DataError, InputError

PICTURE, BEFORE, AFTER = "frame.png", "before.mp4", "after.mp4"
MAX_FRAMES = 120
"""Frames of an event that its counterfactual replays, at most."""


def read_map(folder: Path, method: str) -> Floats:
    """Return the map that a folder holds of one method, (H, W) float32.

    Raises:
        InputError: there is none that can be read.
    """
    if not re.fullmatch(r"[a-z0-9-]+", method):
        raise InputError(f"an explanation method has a name of letters, digits and hyphens, got {method[:40]!r}")
    try:
        return np.asarray(read_npy(folder / f"{method}.npy", MAX_MAP_BYTES, "f"), np.float32)
    except DataError as error:
        raise InputError(f"the map of {method} is no longer there; explain the frame again") from error


def event_frames(analysis: Analysis, frame: int) -> int:
    """Return how many frames of the event around a frame its counterfactual replays; 0 where it lies in none."""
    lengths = (one.event.last - one.event.first + 1 for one in analysis.of_kind(MOVING)
               if one.event.first <= frame <= one.event.last)  # fmt: skip
    return min(next(lengths, 0), MAX_FRAMES)
