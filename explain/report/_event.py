"""One event's section in the report: its picture, its causes as bars, its sentence."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from core.analysis import Analysis, Cause, ExplainedEvent
from core.errors import InputError
from core.records import Evidence, Pixels
from explain.report._html import TEMPLATES, jpeg, render, webp
from explain.report.maps import place_map, place_of
from explain.report.overlay import MARKS, PALETTE, TOP, heat_layer

BOXED, WORTH_A_BOX = 3, 0.25
"""Causes whose box is drawn: at most so many, and only those with this share of the best one's score."""
CLOSE = 2.4
"""A close-up shows this many times the width or height of the best cause's box."""
STRENGTH = 0.75


def name_of(one: ExplainedEvent) -> str:
    """Name an event after its best cause."""
    if not one.causes:
        return "no cause found"
    return "heat that no model has a name for" if one.causes[0].coarse == "unknown" else one.causes[0].fine


TEMPLATES.filters["event_name"] = name_of


def event_section(
    one: ExplainedEvent, number: int, analysis: Analysis, evidence: Callable[[int], Evidence] | None
) -> Markup:
    """Return the section of one event; without ``evidence`` it has no picture."""
    kept = shown_evidence(one, evidence) if evidence else None
    return render(
        "event.html", one=one, number=number, analysis=analysis, clock=analysis.clock,
        pictured=evidence is not None, shown=_picture(one, analysis, kept) if kept else None,
        legend=_legend(analysis.normal_heat),
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
    boxed = _boxed(one.causes)
    close = one.causes[0].box if one.causes else None
    return {
        "evidence": kept,
        "boxed": boxed,
        "image": jpeg(kept.image),
        "heat": webp(heat_layer(kept.heat, analysis.normal_heat, STRENGTH)),
        "boxes": [_box(box, f"{rank} {cause.fine}", width, height, rank == 1) for rank, cause, box in boxed],
        "close": _close_up(close, width, height) if close else "",
        "map": _map(one, analysis, kept),
    }


def _boxed(causes: tuple[Cause, ...]) -> list[tuple[int, Cause, Pixels]]:
    """List the causes whose box is drawn, with their place in the list."""
    worth = [cause.score >= WORTH_A_BOX * causes[0].score for cause in causes[:BOXED]]
    return [(i, cause, cause.box) for i, cause in enumerate(causes[:BOXED], 1) if cause.box and worth[i - 1]]


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
