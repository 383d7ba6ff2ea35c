"""What a folder keeps of one explained frame: its figures, its maps, and the event without what made it one."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis import Analysis
from core.array_files import MOST_MAP, read_npy
from core.arrays import Floats
from core.errors import DataError, InputError

FILE, PICTURE = "explain.json", "frame.png"
COUNTERFACTUAL, BEFORE, AFTER = "counterfactual.json", "before.mp4", "after.mp4"
LONGEST = 120
"""Frames of an event that its counterfactual replays, at most."""


def read(path: Path) -> dict[str, Any]:
    """Return what a JSON file of an explanation holds.

    Raises:
        InputError: there is none that can be read.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} of frame {path.parent.name} cannot be read; explain the frame again") from error
    return content


def read_map(folder: Path, method: str) -> Floats:
    """Return the map that a folder holds of one method, (H, W) float32.

    Raises:
        InputError: there is none that can be read.
    """
    if not re.fullmatch(r"[a-z0-9-]+", method):
        raise InputError(f"an explanation method has a name of letters, digits and hyphens, got {method[:40]!r}")
    try:
        return np.asarray(read_npy(folder / f"{method}.npy", MOST_MAP, "f"), np.float32)
    except DataError as error:
        raise InputError(f"the map of {method} is no longer there; explain the frame again") from error


def ranked(result: dict[str, Any]) -> list[str]:
    """Return an explanation's methods, the most faithful first: by deletion AUC, those without one last."""
    found: dict[str, dict[str, Any]] = result["methods"]
    return sorted(found, key=lambda name: (found[name]["deletion_auc"] is None, found[name]["deletion_auc"], name))


def event_frames(analysis: Analysis, frame: int) -> int:
    """Return how many frames of the event around a frame its counterfactual replays; 0 where it lies in none."""
    lengths = (one.event.last - one.event.first + 1 for one in analysis.events
               if one.event.first <= frame <= one.event.last)  # fmt: skip
    return min(next(lengths, 0), LONGEST)
