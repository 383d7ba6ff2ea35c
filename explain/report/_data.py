"""The report for machines: ``report.json`` (``docs/report.schema.json``), and its CSV files."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from core import csv_text
from core.analysis import MOVING, STANDING, Analysis, AttributeTerm, Cause, ExplainedEvent, UnusualThing
from core.clock import Clock
from core.disturbance import Disturbance
from core.spot import Spot
from explain.causes.summary import wall_clock
from explain.causes.terms import phrases, usual_of

MAX_NAME_CHARACTERS = 100
"""Of a video, as readers of predictions take it."""


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return the content of ``report.json``; a number that is not finite becomes null."""
    content = {
        "clip": _clip(analysis),
        "camera": analysis.camera,
        "detector": analysis.detector,
        "models": dict(analysis.models),
        "doubt": analysis.name_warning or None,
        "threshold": analysis.threshold,
        "unit": analysis.unit,
        "threshold_standing": analysis.standing,
        "kept_blur": analysis.kept_blur,
        "warnings": list(analysis.warnings),
        "versions": dict(analysis.versions),
        "events": [_event(one, analysis) for one in analysis.events],
        "camera_causes": [_disturbance(one, analysis) for one in analysis.disturbances],
    }
    finite: dict[str, Any] = _finite(content)
    return finite


def _clip(analysis: Analysis) -> dict[str, Any]:
    clip = analysis.clip
    return {
        "name": clip.name,
        "sha256": clip.sha256,
        "frames": clip.frames if clip.frames is not None else len(analysis.scores),
        "frames_announced": clip.announced,
        "frames_read": len(analysis.scores),
        "frames_repeated": analysis.repeated,
        "unread": [list(span) for span in analysis.unread],
        "recorded": clip.recorded or None,
        "seconds": analysis.clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0,
        "fps": clip.fps,
        "width": clip.width,
        "height": clip.height,
    }


def _event(explained: ExplainedEvent, analysis: Analysis) -> dict[str, Any]:
    event, clock = explained.event, analysis.clock
    start = clock.at(event.first)
    return {
        "kind": explained.kind,
        "first_frame": event.first,
        "last_frame": event.last,
        "peak_frame": event.peak,
        "shown_frame": explained.shown,
        "start_s": start,
        "end_s": clock.end(event.last),
        "peak_s": clock.at(event.peak),
        "wall_clock": wall_clock(analysis.clip.recorded, start) or None,
        "peak_score": event.peak_score,
        "unexplained_share": explained.unexplained_share,
        "summary": explained.summary,
        "causes": [_cause(cause, bool(explained.things)) for cause in explained.causes],
        **({"things": [_thing(thing, clock) for thing in explained.things]} if explained.things else {}),
        **({"spot": _spot(explained.spot, analysis)} if explained.spot else {}),
    }


def _spot(spot: Spot, analysis: Analysis) -> dict[str, Any]:
    known = spot.known(math.inf if analysis.standing is None else analysis.standing)
    return {
        "change": spot.kind,
        "box": list(spot.box),
        "known_frame": known,
        "known_s": None if known is None else analysis.clock.at(known),
        "changed_s": spot.seconds,
        "usual_s": spot.usual,
    }


def _thing(thing: UnusualThing, clock: Clock) -> dict[str, Any]:
    return {
        "label": thing.label,
        "track": thing.track,
        "nats": thing.nats,
        "first_frame": thing.first,
        "last_frame": thing.last,
        "frame": thing.frame,
        "at_s": clock.at(thing.frame),
        "box": list(thing.box),
        "confidence": thing.confidence,
        "glides": thing.glides,
        "terms": [_term(*told) for told in zip(thing.terms, phrases(thing), strict=True)],
    }


def _term(term: AttributeTerm, words: str) -> dict[str, Any]:
    normal = {"of": term.among or None, **dataclasses.asdict(term.normal)} if term.normal else None
    return {"name": term.name, "nats": term.nats, "value": term.value, "words": words, "normal": normal}


def _cause(cause: Cause, shared: bool) -> dict[str, Any]:
    return {
        "coarse": cause.coarse,
        "fine": cause.fine,
        "score": cause.score,
        "heat_share": cause.heat_share,
        "confidence": cause.confidence,
        "object": cause.object or None,
        "action": cause.action or None,
        "place": cause.place or None,
        "direction": cause.direction or None,
        "box": list(cause.box) if cause.box else None,
        "first_frame": cause.first,
        "last_frame": cause.last,
        "tube": [{"frame": frame, "box": list(box)} for frame, box in cause.tube],
        "path": [list(point) for point in cause.path],
        "speed": cause.speed,
        "labels": [dataclasses.asdict(label) for label in cause.labels],
        **({"nats_share": cause.nats_share} if shared else {}),
    }


def _disturbance(one: Disturbance, analysis: Analysis) -> dict[str, Any]:
    return {
        "coarse": "camera",
        "fine": one.kind,
        "first_frame": one.first,
        "last_frame": one.last,
        "start_s": one.start,
        "end_s": one.end,
        "lasting": one.lasting,
        "hidden_until_s": analysis.hides(one)[1],
        "summary": one.summary,
    }


def _finite(value: Any) -> Any:
    """Turn a value into plain JSON: NumPy's numbers into Python's, NaN and infinities into None."""
    if isinstance(value, Mapping):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    if isinstance(value, np.generic | np.ndarray):
        return _finite(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def event_numbers(analysis: Analysis, kind: str = MOVING) -> list[int]:
    """Return, for each frame, the number from 1 of the event of a kind that it belongs to, 0 for none.

    Events of what stands may overlap: the last one's number counts.
    """
    numbers = np.zeros(len(analysis.scores), np.int64)
    for number, one in enumerate(analysis.events, 1):
        if one.kind != kind:
            continue
        numbers[one.event.first : one.event.last + 1] = number
    found: list[int] = numbers.tolist()
    return found


def scores_csv(analysis: Analysis) -> str:
    """Return ``scores.csv``: one line for each frame; a frame without a score, or in no event, has an empty field.

    ``event`` and ``standing`` are numbers of the report's events, of what moves and of what stands.
    """
    limit = f"{analysis.threshold:.6g}"
    numbers = zip(event_numbers(analysis), event_numbers(analysis, STANDING), strict=True)
    rows = zip(analysis.scores.tolist(), analysis.clock.times.tolist(), numbers, strict=True)
    lines = [
        f"{frame},{seconds:.6f},{f'{score:.6g}' if math.isfinite(score) else ''},{limit},{moving or ''},{stands or ''}"
        for frame, (score, seconds, (moving, stands)) in enumerate(rows)
    ]
    return "\n".join(["frame,seconds,score,threshold,event,standing", *lines, ""])


def causes_csv(analysis: Analysis) -> str:
    """Return ``causes.csv``: the causes as X-MAN's metric reads them, ``video,frame,coarse,fine,score``.

    A cause stands in each frame of its event between its first and its last sight, with its score; frames count from 1,
    as in the data sets' own labels. What has no name, and what stands, which X-MAN does not have, is left out.
    """
    lines: list[tuple[object, ...]] = []
    video = (analysis.clip.name.rpartition(".")[0] or analysis.clip.name)[-MAX_NAME_CHARACTERS:]
    for one in analysis.events:
        for cause in (label for thing in one.causes for label in thing.labels):
            first, last = max(cause.first, one.event.first), min(cause.last, one.event.last)
            if cause.coarse != "unknown" and math.isfinite(cause.score):
                row = (cause.coarse, cause.fine, f"{cause.score:.6g}")
                lines += ((video, frame + 1, *row) for frame in range(first, last + 1))
    return csv_text.text(("video", "frame", "coarse", "fine", "score"), lines)


def attributes_csv(analysis: Analysis) -> str:
    """Return ``attributes.csv``: one line for each unusual attribute of each thing of each event.

    ``usual`` is the median of the normal footage, of speeds that of the boxes' way where it is known; it and ``value``
    are empty where an attribute has no measure. Frames count from 0.
    """
    lines: list[tuple[object, ...]] = []
    for number, one in enumerate(analysis.events, 1):
        for thing in one.things:
            head = (number, thing.label, thing.track, thing.frame, f"{analysis.clock.at(thing.frame):.6f}")
            for term, words in zip(thing.terms, phrases(thing), strict=True):
                numbers = (term.nats, term.value, usual_of(term))
                values = (f"{value:.6g}" if math.isfinite(value) else "" for value in numbers)
                lines.append((*head, term.name, *values, words))
    head_line = ("event", "thing", "track", "frame", "seconds", "attribute", "nats", "value", "usual", "words")
    return csv_text.text(head_line, lines)
