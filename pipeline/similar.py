"""Events of one camera that are alike: by what they are of, by what was unusual about it, and by where it was."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from core import typed_json
from core.analysis import Analysis, ExplainedEvent
from core.errors import InputError
from core.records import Pixels

REPORT = "report.json"
WEIGHTS = (2.0, 1.0, 1.0)
"""Of the names, the attributes and the place, where they are known of both events."""
NEAR = 0.15
"""Share of the picture's diagonal at which two places are alike by 1/e."""
LEAST = 0.5
"""Likeness from which an event is shown."""
ALIKE, SAME_PLACE = 0.8, 0.6
"""Likeness of attributes, and of places, from which that is said."""


@dataclass(frozen=True)
class EventTraits:
    """What one event is compared by.

    Attributes:
        run: id of its run.
        kind: moving or standing.
        peak, shown: its frames; ``shown`` is None where no picture was kept.
        seconds: of the clip at which it begins.
        name: of its best cause.
        names: of that cause: object, action, place.
        nats: term to nats of the thing that was strangest by its attributes; empty where none was.
        place: (x, y) of the cause's middle foot point, as shares of the picture's width and height; None where unknown.
    """

    run: str
    kind: str
    peak: int
    shown: int | None
    seconds: float
    name: str
    names: frozenset[str]
    nats: Mapping[str, float]
    place: tuple[float, float] | None


@dataclass(frozen=True)
class SimilarEvent:
    """Another event that is like the one that is looked at.

    Attributes:
        traits: of that event.
        likeness: 0 to 1.
        said: in a few words, what is alike.
    """

    traits: EventTraits
    likeness: float
    said: str


def traits_of(run: str, analysis: Analysis, one: ExplainedEvent) -> EventTraits:
    """Return what an explained event is compared by."""
    cause = one.causes[0] if one.causes else None
    boxes = [box for _, box in cause.tube] if cause else []
    names = {cause.fine, cause.object, cause.action} if cause else set()
    strangest = {term.name: term.nats for term in one.things[0].terms} if one.things else {}
    return EventTraits(
        run, one.kind, one.event.peak, one.shown, analysis.clock.at(one.event.first), cause.fine if cause else "",
        frozenset(names - {""}), strangest, _place(boxes, analysis.clip.width, analysis.clip.height),
    )  # fmt: skip


def traits_in(run: str, folder: Path) -> list[EventTraits]:
    """Read what a finished run's events, at its own threshold, are compared by.

    Raises:
        InputError: its report cannot be read.
    """
    try:
        report = typed_json.read(dict[str, Any], folder / REPORT)
        size = (int(report["clip"]["width"]), int(report["clip"]["height"]))
        return [_read(run, event, size) for event in report["events"]]
    except (InputError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"the report of run {run} cannot be read; analyse the clip again") from error


def _read(run: str, event: Mapping[str, Any], size: tuple[int, int]) -> EventTraits:
    cause = event["causes"][0] if event["causes"] else None
    boxes = [tuple(map(float, row["box"])) for row in cause["tube"]] if cause else []
    names = {cause["fine"], cause["object"] or "", cause["action"] or ""} if cause else set()
    things = event.get("things") or []
    return EventTraits(
        run, str(event["kind"]), int(event["peak_frame"]), event["shown_frame"], float(event["start_s"]),
        str(cause["fine"]) if cause else "", frozenset(map(str, names - {""})),
        {str(term["name"]): float(term["nats"]) for term in things[0]["terms"]} if things else {},
        _place([(a, b, c, d) for a, b, c, d in boxes], *size),
    )  # fmt: skip


def _place(boxes: Sequence[Pixels], width: int, height: int) -> tuple[float, float] | None:
    if not boxes:
        return None
    x1, _, x2, y2 = boxes[len(boxes) // 2]
    return (x1 + x2) / 2 / width, y2 / height


def similar(one: EventTraits, others: Iterable[EventTraits], most: int = 4) -> list[SimilarEvent]:
    """Return the events that are most like one, best first; none that shares no name with it, and not itself.

    Args:
        one: that is looked at.
        others: of the same camera, maybe with the one itself.
        most: how many are returned at most.
    """
    found = [_compared(one, other) for other in others
             if other.kind == one.kind and (other.run, other.peak) != (one.run, one.peak)
             and one.names & other.names]  # fmt: skip
    return sorted((event for event in found if event.likeness >= LEAST), key=lambda event: -event.likeness)[:most]


def _compared(one: EventTraits, other: EventTraits) -> SimilarEvent:
    names = len(one.names & other.names) / len(one.names | other.names)
    attributes, place = _cosine(one.nats, other.nats), _near(one.place, other.place)
    parts = [(weight, part) for weight, part in zip(WEIGHTS, (names, attributes, place), strict=True)
             if part is not None]  # fmt: skip
    likeness = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
    said = [", ".join(sorted(one.names & other.names))]
    if attributes is not None and attributes >= ALIKE:
        said.append(f"unusual {_strongest(one.nats, other.nats)}")
    if place is not None:
        said.append("same place" if place >= SAME_PLACE else "elsewhere")
    return SimilarEvent(other, likeness, " · ".join(said))


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Return the cosine of the angle between two sums of nats; None where either is unknown."""
    sizes = [math.hypot(*nats.values()) for nats in (one, other)]
    if min(sizes, default=0.0) <= 0:
        return None
    return sum(value * other.get(name, 0.0) for name, value in one.items()) / (sizes[0] * sizes[1])


def _strongest(one: Mapping[str, float], other: Mapping[str, float]) -> str:
    return max(one, key=lambda name: fmean((one[name], other.get(name, 0.0))))


def _near(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    if one is None or other is None:
        return None
    return math.exp(-math.dist(one, other) / math.sqrt(2) / NEAR)
