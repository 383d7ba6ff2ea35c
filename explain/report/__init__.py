"""The report: one HTML file for people, JSON and CSV for machines."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
from markupsafe import Markup

from core import explanation, pictures
from core.analysis import MOVING, Analysis, ExplainedEvent
from core.array_files import MAX_MAP_BYTES, read_npy
from core.errors import InputError
from core.files import write_json, write_text
from core.records import Evidence, Pixels
from explain.causes.summary import timestamp
from explain.report._chart import score_chart
from explain.report._data import as_json, attributes_csv, causes_csv, scores_csv
from explain.report._html import TEMPLATES, jpeg, render, webp
from explain.report.maps import painted, place_map, place_of, top_of
from explain.report.overlay import MARKS, PALETTE, TOP, heat_layer
from explain.report.strips import attribute_rows

BOXED, WORTH_A_BOX = 3, 0.25
"""Causes whose box is drawn: at most so many, and only those with this share of the best one's score."""
CLOSE = 2.4
"""A close-up shows this many times the width or height of the best cause's box."""
STRENGTH = 0.75
MAX_EXPLAINED = 8
"""Explained frames in one report; the others stay with the run."""
MAP_PIXELS = 480
COLUMNS = (("deletion_auc", "Deletion", "smaller is better"), ("insertion_auc", "Insertion", "larger is better"),
           ("sanity", "Sanity", "near 0 is better"), ("stability", "Stability", "1 is best"),
           ("agreement", "Agreement", "with the other maps"), ("seconds", "Seconds", ""))  # fmt: skip
STYLE, ATTRIBUTES_STYLE = (Path(__file__).with_name(name) for name in ("report.css", "attributes.css"))
PICTURES = 60
"""Pictures in one report; in a longer one the highest events have theirs, so that the file can still be opened."""
FILES = ("report.html", "report.json", "scores.csv", "causes.csv")


def name_of(one: ExplainedEvent) -> str:
    """Name an event after its best cause."""
    if not one.causes:
        return "no cause found"
    return "heat that no model has a name for" if one.causes[0].coarse == "unknown" else one.causes[0].fine


TEMPLATES.filters |= {"event_name": name_of, "attribute_rows": attribute_rows}


def event_section(
    one: ExplainedEvent, number: int, analysis: Analysis, evidence: Callable[[int], Evidence] | None
) -> Markup:
    """Return the section of one event; without ``evidence`` it has no picture."""
    kept = shown_evidence(one, evidence) if evidence else None
    return render(
        "event.html", one=one, number=number, analysis=analysis, clock=analysis.clock,
        pictured=evidence is not None, shown=_picture(one, analysis, kept) if kept else None,
        legend=_legend(analysis.normal_heat) if one.kind == MOVING else None,
    )  # fmt: skip


def shown_evidence(one: ExplainedEvent, evidence: Callable[[int], Evidence]) -> Evidence | None:
    """Return what was kept of the frame that stands for the event; None where nothing was."""
    if one.shown is None:
        return None
    try:
        return evidence(one.shown)
    except InputError:
        return None


def _picture(one: ExplainedEvent, analysis: Analysis, kept: Evidence) -> dict[str, Any]:
    height, width = kept.heat.shape
    boxed = [(rank, cause, cause.box) for rank, cause in enumerate(one.causes[:BOXED], 1)
             if cause.box and cause.score >= WORTH_A_BOX * one.causes[0].score]  # fmt: skip
    close = one.causes[0].box if one.causes else None
    return {
        "evidence": kept,
        "boxed": boxed,
        "image": jpeg(kept.image),
        "heat": webp(heat_layer(kept.heat, analysis.normal_heat, STRENGTH)) if one.kind == MOVING else "",
        "boxes": [_box(box, f"{rank} {cause.fine}", width, height, rank == 1) for rank, cause, box in boxed],
        "close": _close_up(close, width, height) if close else "",
        "map": _map(one, analysis, kept),
    }


def _close_up(box: Pixels, width: int, height: int) -> str:
    """Return the SVG view box of the best cause's surroundings."""
    x1, y1, x2, y2 = box
    across = min(max((x2 - x1) * CLOSE, (y2 - y1) * CLOSE * 4 / 3, width / 8), width, height * 4 / 3)
    down = across * 3 / 4
    left = min(max((x1 + x2 - across) / 2, 0.0), width - across)
    top = min(max((y1 + y2 - down) / 2, 0.0), height - down)
    return f"{left:.1f} {top:.1f} {across:.1f} {down:.1f}"


def _box(box: Pixels, words: str, width: int, height: int, best: bool) -> dict[str, Any]:
    """Place a cause's box, and its number and name above it, or below it at the picture's upper edge."""
    x1, y1, x2, y2 = box
    size = width / 46
    return {
        "x": x1, "y": y1, "width": max(x2 - x1, 0), "height": max(y2 - y1, 0), "words": words, "best": best,
        "size": size, "text_x": max(min(x1, width - 0.56 * size * len(words)), 0.0),
        "text_y": y1 - 0.35 * size if y1 > 1.4 * size else min(y2 + size, height - 0.3 * size),
    }  # fmt: skip


def _map(one: ExplainedEvent, analysis: Analysis, kept: Evidence) -> dict[str, Any] | None:
    """Return the map of the best cause in an unusual place, among those whose boxes may be drawn."""
    cause = next((cause for cause in one.causes[:BOXED] if cause.place), None)
    label = place_of(cause, analysis.places) if cause else None
    if cause is None or label is None:
        return None
    known = analysis.places[label]
    return {"label": label, "frames": known.frames, "image": jpeg(place_map(kept.image, known, cause.path))}


def _legend(normal: float) -> dict[str, Any]:
    colours = ", ".join(f"rgb({r} {g} {b})" for r, g, b in PALETTE[:: len(PALETTE) // 8].tolist())
    if normal <= 0:
        return {"unit": "heat", "colours": colours, "marks": [(0.0, "none"), (100.0, "highest in this picture")]}
    marks = [(100 * ((mark - 1) / (TOP - 1)) ** 0.5, f"{mark}×") for mark in MARKS]
    return {"unit": "heat, in multiples of the camera's normal mean", "colours": colours, "marks": marks}


def why_section(analysis: Analysis, why: Path | None) -> str:
    """Return the section on ``why``'s folders, one a frame and named by its number; empty where there is none."""
    folders = sorted(f for f in why.glob("[0-9]*") if (f / "explain.json").exists()) if why is not None else []
    frames = [found for folder in folders[:MAX_EXPLAINED] if (found := _frame(folder, analysis))]
    more = max(len(folders) - MAX_EXPLAINED, 0)
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
    return picture if width <= MAP_PIXELS else cv2.resize(picture, (MAP_PIXELS, round(height * MAP_PIXELS / width)))


def write(analysis: Analysis, evidence: Callable[[int], Evidence], folder: Path, why: Path | None = None) -> None:
    """Write ``report.html``, ``report.json``, ``scores.csv`` and ``causes.csv``, each whole or not at all.

    Where attributes of things were unusual, ``attributes.csv`` is written, too.

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it; raises ``InputError`` where nothing was.
        folder: made when missing.
        why: folder of explained frames, a folder each; None for no section of theirs.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    write_json(folder / "report.json", as_json(analysis))
    write_text(folder / "scores.csv", scores_csv(analysis))
    write_text(folder / "causes.csv", causes_csv(analysis))
    if any(one.things for one in analysis.events):
        write_text(folder / "attributes.csv", attributes_csv(analysis))
    else:
        (folder / "attributes.csv").unlink(missing_ok=True)
    write_text(folder / "report.html", page(analysis, evidence, why))


def page(analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None = None) -> str:
    """Return the whole ``report.html``: one page that needs no network, no script and no other file.

    Arguments are those of :func:`write`.
    """
    clock, events = analysis.clock, [one.event for one in analysis.events]
    highest = sorted(range(1, len(events) + 1), key=lambda number: _rank(analysis.events[number - 1]))
    pictured = set(highest[:PICTURES])
    sections = [
        event_section(one, number, analysis, evidence if number in pictured else None)
        for number, one in enumerate(analysis.events, 1)
    ]
    written = f"{datetime.now(UTC):%Y-%m-%d at %H:%M} UTC"
    styles = [STYLE, *([ATTRIBUTES_STYLE] if any(one.things for one in analysis.events) else [])]
    return render(
        "report.html", analysis=analysis, clip=analysis.clip, clock=clock, written=written, sections=sections,
        style=Markup("".join(style.read_text(encoding="utf-8") for style in styles)),
        seconds=clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0,
        chart=score_chart(analysis), why=why_section(analysis, why), unusual=analysis.unusual_seconds,
        pictures=PICTURES, unpictured=len(events) - len(pictured), versions=_flat(analysis.versions),
    )  # fmt: skip


def _rank(one: ExplainedEvent) -> tuple[bool, float]:
    """Sort events by their score, the few of what stands, whose score has another unit, before all others."""
    return one.kind == MOVING, -one.event.peak_score


def _flat(entries: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """List nested facts one a row; ``weights_sha256`` reads as ``weights SHA-256``."""
    rows: list[tuple[str, str]] = []
    for key, value in entries.items():
        name = f"{before}{key}".replace("_", " ").replace("sha256", "SHA-256")
        name = name[:1].upper() + name[1:]
        told = "–" if value is None else str(value)
        rows += _flat(value, f"{name}, ") if isinstance(value, Mapping) else [(name, told)]
    return rows
