"""The picture of an event, as both reports show it: frame, heat, boxes, a close-up and a map of places."""

from collections.abc import Callable
from dataclasses import dataclass

from core.analysis import MOVING, Analysis, Cause, ExplainedEvent
from core.arrays import Images
from core.errors import InputError
from core.records import Evidence, Pixels
from explain.report.maps import place_map, place_of
from explain.report.overlay import MARKS, TOP, heat_layer

BOXED, WORTH_A_BOX = 3, 0.25
"""Causes whose box is drawn: at most so many, and only those with this share of the best one's score."""
CLOSE = 2.4
"""A close-up shows this many times the width or height of the best cause's box."""
STRENGTH = 0.75
PICTURES = 60
"""Pictures in one report; in a longer one the highest events have theirs, so that the file can still be opened."""


@dataclass(frozen=True)
class MarkedBox:
    """A cause's box with its caption, in pixels of the frame.

    Attributes:
        x, y, width, height: of the box.
        words: of the caption, ``size`` pixels high, whose left end on its base line is (``text_x``, ``text_y``).
        best: whether it is the first cause's.
    """

    x: float
    y: float
    width: float
    height: float
    words: str
    best: bool
    size: float
    text_x: float
    text_y: float


@dataclass(frozen=True)
class PlaceMap:
    """Where objects of a class stand in the camera's normal footage, with the path of one, as a picture."""

    label: str
    frames: int
    image: Images


@dataclass(frozen=True)
class EventPicture:
    """What is shown of an event.

    Attributes:
        evidence: of the frame that stands for it.
        heat: (H, W, 4) RGBA; None in an event of what stands, which heat does not tell of.
        boxed: rank, cause and box of the causes that are marked.
        boxes: the same, to be drawn.
        close: left, top, width and height of the first cause's surroundings; None where it is not in the frame.
        map: of the first cause in an unusual place; None where there is none.
    """

    evidence: Evidence
    heat: Images | None
    boxed: list[tuple[int, Cause, Pixels]]
    boxes: list[MarkedBox]
    close: tuple[float, float, float, float] | None
    map: PlaceMap | None


def pictured_events(analysis: Analysis) -> set[int]:
    """Return the numbers, from 1, of the events with the highest peaks: those have a picture."""
    highest = sorted(range(1, len(analysis.events) + 1), key=lambda number: _rank(analysis.events[number - 1]))
    return set(highest[:PICTURES])


def _rank(one: ExplainedEvent) -> tuple[bool, float]:
    """Sort events by their score, the few of what stands, whose score has another unit, before all others."""
    return one.kind == MOVING, -one.event.peak_score


def picture_of(
    one: ExplainedEvent, analysis: Analysis, evidence: Callable[[int], Evidence]
) -> EventPicture | None:  # fmt: skip
    """Return what is shown of an event; None where nothing was kept of it."""
    if one.shown is None:
        return None
    try:
        kept = evidence(one.shown)
    except InputError:
        return None
    height, width = kept.heat.shape
    boxed = [(rank, cause, cause.box) for rank, cause in marked_causes(one) if cause.box]
    close = one.causes[0].box if one.causes else None
    heat = heat_layer(kept.heat, analysis.normal_heat, STRENGTH) if one.kind == MOVING else None
    return EventPicture(
        kept, heat, boxed,
        [_box(box, f"{rank} {cause.fine}", width, height, rank == 1) for rank, cause, box in boxed],
        _close_up(close, width, height) if close else None, _map(one, analysis, kept),
    )  # fmt: skip


def marked_causes(one: ExplainedEvent) -> list[tuple[int, Cause]]:
    """Return the causes that pictures mark with a box where they are in the frame, each with its rank from 1."""
    return [
        (rank, cause)
        for rank, cause in enumerate(one.causes[:BOXED], 1)
        if cause.score >= WORTH_A_BOX * one.causes[0].score
    ]


def heat_scale(normal: float) -> tuple[str, list[tuple[float, str]]]:
    """Return the unit of the heat's colours, and marks: each one's place on the scale, 0 to 1, and its words."""
    if normal <= 0:
        return "heat", [(0.0, "none"), (1.0, "highest in this picture")]
    marks = [(((mark - 1) / (TOP - 1)) ** 0.5, f"{mark}×") for mark in MARKS]
    return "heat, in multiples of the camera's normal mean", marks


def _close_up(box: Pixels, width: int, height: int) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box
    across = min(max((x2 - x1) * CLOSE, (y2 - y1) * CLOSE * 4 / 3, width / 8), width, height * 4 / 3)
    down = across * 3 / 4
    left = min(max((x1 + x2 - across) / 2, 0.0), width - across)
    top = min(max((y1 + y2 - down) / 2, 0.0), height - down)
    return left, top, across, down


def _box(box: Pixels, words: str, width: int, height: int, best: bool) -> MarkedBox:
    """Place a cause's box, and its number and name above it, or below it at the picture's upper edge."""
    x1, y1, x2, y2 = box
    size = width / 46
    return MarkedBox(
        x=x1, y=y1, width=max(x2 - x1, 0), height=max(y2 - y1, 0), words=words, best=best, size=size,
        text_x=max(min(x1, width - 0.56 * size * len(words)), 0.0),
        text_y=y1 - 0.35 * size if y1 > 1.4 * size else min(y2 + size, height - 0.3 * size),
    )  # fmt: skip


def _map(one: ExplainedEvent, analysis: Analysis, kept: Evidence) -> PlaceMap | None:
    """Return the map of the best cause in an unusual place, among those whose boxes may be drawn."""
    cause = next((cause for cause in one.causes[:BOXED] if cause.place), None)
    label = place_of(cause, analysis.places) if cause else None
    if cause is None or label is None:
        return None
    known = analysis.places[label]
    return PlaceMap(label, known.frames, place_map(kept.image, known, cause.path))
