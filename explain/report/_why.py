"""Explained frames of a run, as both reports show them: maps of several methods, and how faithful each is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core import explanation, pictures
from core.analysis import Analysis
from core.array_files import MAX_MAP_BYTES, read_npy
from core.arrays import Images
from core.errors import InputError
from core.explanation import FrameExplanation
from explain.causes.summary import timestamp
from explain.report.maps import painted, top_of

MAX_EXPLAINED = 8
"""Explained frames in one report; the others stay with the run."""
MAP_PIXELS = 480
COLUMNS = (("deletion_auc", "Deletion", "smaller is better"), ("insertion_auc", "Insertion", "larger is better"),
           ("sanity", "Sanity", "near 0 is better"), ("stability", "Stability", "1 is best"),
           ("agreement", "Agreement", "with the other maps"), ("seconds", "Seconds", ""))  # fmt: skip
"""Key of a method's figure, its title, and which values are good."""

Edit = Callable[[int, Images], Images]
"""Frame and its (H, W, 3) picture to the picture that is shown."""


@dataclass(frozen=True)
class ExplainedFrame:
    """One explained frame.

    Attributes:
        kept: the explanation.
        when: the frame's time in the clip, in words.
        sentence: of its event's counterfactual; empty where there is none.
        figures: method to its figures.
        maps: method to its (H, W, 3) map over the frame, at most :data:`MAP_PIXELS` wide.
    """

    kept: FrameExplanation
    when: str
    sentence: str
    figures: dict[str, dict[str, Any]]
    maps: dict[str, Images]


def unedited(frame: int, image: Images) -> Images:
    """Return the picture of a frame as it is."""
    return image


def explained_frames(analysis: Analysis, why: Path | None, edit: Edit) -> tuple[list[ExplainedFrame], int]:
    """Read the folders of ``why``, one a frame and named by its number; return the first, and how many there are more.

    Args:
        analysis: of the run.
        why: the folder; None for no frames.
        edit: changes the pictures before they are shown.
    """
    folders = sorted(f for f in why.glob("[0-9]*") if (f / "explain.json").exists()) if why is not None else []
    frames = [found for folder in folders[:MAX_EXPLAINED] if (found := _frame(folder, analysis, edit))]
    return frames, max(len(folders) - MAX_EXPLAINED, 0)


def _frame(folder: Path, analysis: Analysis, edit: Edit) -> ExplainedFrame | None:
    try:
        kept, sentence = explanation.read(folder), _counterfactual(folder)
        maps = {name: read_npy(folder / f"{name}.npy", MAX_MAP_BYTES, "f") for name in kept.ranked}
        image = edit(kept.frame, pictures.read(folder / "frame.png"))
    except (InputError, OSError):
        return None
    top = top_of(list(maps.values()))
    return ExplainedFrame(
        kept, timestamp(analysis.clock.at(kept.frame)), sentence,
        {name: asdict(kept.methods[name]) for name in kept.ranked},
        {name: _small(painted(image, values, top)) for name, values in maps.items()},
    )  # fmt: skip


def _counterfactual(folder: Path) -> str:
    try:
        found = explanation.read_counterfactual(folder)
    except InputError:
        return ""
    return found.sentence if found else ""


def _small(picture: Images) -> Images:
    height, width = picture.shape[:2]
    if width <= MAP_PIXELS:
        return picture
    return np.asarray(cv2.resize(picture, (MAP_PIXELS, round(height * MAP_PIXELS / width))), np.uint8)
