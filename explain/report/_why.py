"""The report's section on explanations: each explained frame's maps in one scale, ranked, with their figures."""

import json
from pathlib import Path
from typing import Any

import cv2

from core import pictures
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
        kept = json.loads((folder / "explain.json").read_text(encoding="utf-8"))
        figures = dict(sorted(kept["methods"].items(), key=lambda item: _by(item[1])))
        maps = {name: read_npy(folder / f"{name}.npy", MAX_MAP_BYTES, "f") for name in figures}
        image = pictures.read(folder / "frame.png")
        number, score, threshold = int(kept["frame"]), float(kept["score"]), float(kept["threshold"])
        for told in figures.values():
            _check(told)
    except (InputError, OSError, KeyError, TypeError, ValueError, AttributeError):
        return None
    top = top_of(list(maps.values()))
    return {
        "number": number, "when": timestamp(analysis.clock.at(number)), "score": score, "threshold": threshold,
        "decibels": _decibels(kept), "figures": figures, "sentence": _counterfactual(folder),
        "maps": {name: jpeg(_small(painted(image, values, top)), 82) for name, values in maps.items()},
    }  # fmt: skip


def _check(figures: dict[str, Any]) -> None:
    """Raise where a method's figures lack one that the table shows, or hold what is no number."""
    for value in (figures.get(key) for key, _, _ in COLUMNS):
        float(value or 0.0)
    str(figures["note"]), figures["sane"]


def _decibels(kept: dict[str, Any]) -> str:
    """Write score and threshold as they stand elsewhere in the report; what version 0.1 kept has them not."""
    try:
        return f"score {float(kept['score_db']):.2f} dB, threshold {float(kept['threshold_db']):.2f} dB; "
    except (KeyError, TypeError, ValueError):
        return ""


def _counterfactual(folder: Path) -> str:
    try:
        said = json.loads((folder / "counterfactual.json").read_text(encoding="utf-8"))["sentence"]
    except (OSError, KeyError, TypeError, ValueError):
        return ""
    return str(said)


def _by(figures: dict[str, Any]) -> tuple[bool, float]:
    return figures["deletion_auc"] is None, float(figures["deletion_auc"] or 0.0)


def _small(picture: Any) -> Any:
    height, width = picture.shape[:2]
    return picture if width <= WIDE else cv2.resize(picture, (WIDE, round(height * WIDE / width)))
