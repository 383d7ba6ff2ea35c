"""The report's section on explanations: each explained frame's maps in one scale, ranked, with their figures."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from core import explanation, pictures
from core.analysis import Analysis
from core.array_files import MAX_MAP_BYTES, read_npy
from core.errors import InputError
from explain.causes.summary import timestamp
from explain.report._html import jpeg, render
from explain.report.maps import painted, top_of

MOST = 8
"""Explained frames in one report; the others stay with the run."""
WIDE = 480
COLUMNS = (("deletion_auc", "Deletion", "smaller is better"), ("insertion_auc", "Insertion", "larger is better"),
           ("sanity", "Sanity", "near 0 is better"), ("stability", "Stability", "1 is best"),
           ("agreement", "Agreement", "with the other maps"), ("seconds", "Seconds", ""))  # fmt: skip


def why_section(analysis: Analysis, why: Path | None) -> str:
    """Return the section on ``why``'s folders, one a frame and named by its number; empty where there is none."""
    folders = sorted(f for f in why.glob("[0-9]*") if (f / "explain.json").exists()) if why is not None else []
    frames = [found for folder in folders[:MOST] if (found := _frame(folder, analysis))]
    more = max(len(folders) - MOST, 0)
    return render("why.html", frames=frames, columns=COLUMNS, more=more) if frames else ""


def _frame(folder: Path, analysis: Analysis) -> dict[str, Any] | None:
    try:
        kept, sentence = explanation.read(folder), _counterfactual(folder)
        maps = {name: read_npy(folder / f"{name}.npy", MAX_MAP_BYTES, "f") for name in kept.ranked}
        image = pictures.read(folder / "frame.png")
    except (InputError, OSError):
        return None
    top = top_of(list(maps.values()))
    return {
        "kept": kept, "when": timestamp(analysis.clock.at(kept.frame)), "sentence": sentence,
        "figures": {name: asdict(kept.methods[name]) for name in kept.ranked},
        "maps": {name: jpeg(_small(painted(image, values, top)), 82) for name, values in maps.items()},
    }  # fmt: skip


def _counterfactual(folder: Path) -> str:
    try:
        found = explanation.read_counterfactual(folder)
    except InputError:
        return ""
    return found.sentence if found else ""


def _small(picture: Any) -> Any:
    height, width = picture.shape[:2]
    return picture if width <= WIDE else cv2.resize(picture, (WIDE, round(height * WIDE / width)))
