"""The report for machines: ``report.json`` (``docs/report.schema.json``), ``scores.csv`` and ``causes.csv``."""

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.records import Analysis, Cause, ExplainedEvent

LONGEST_NAME = 100
"""Of a video, as readers of predictions take it."""


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return the content of ``report.json``; a number that is not finite becomes null."""
    clip = analysis.clip
    content = {
        "clip": {
            "name": clip.name,
            "sha256": clip.sha256,
            "frames": clip.frames if clip.frames is not None else len(analysis.scores),
            "fps": clip.fps,
            "width": clip.width,
            "height": clip.height,
        },
        "camera": analysis.camera,
        "detector": analysis.detector,
        "models": dict(analysis.models),
        "threshold": analysis.threshold,
        "versions": dict(analysis.versions),
        "events": [_event(one) for one in analysis.events],
    }
    finite: dict[str, Any] = _finite(content)
    return finite


def _event(explained: ExplainedEvent) -> dict[str, Any]:
    event = explained.event
    return {
        "first_frame": event.first,
        "last_frame": event.last,
        "peak_frame": event.peak,
        "peak_score": event.peak_score,
        "unexplained_share": explained.unexplained_share,
        "summary": explained.summary,
        "causes": [_cause(cause) for cause in explained.causes],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "coarse": cause.coarse,
        "fine": cause.fine,
        "score": cause.score,
        "heat_share": cause.heat_share,
        "confidence": cause.confidence,
        "box": list(cause.box),
        "first_frame": cause.first,
        "last_frame": cause.last,
        "path": [list(point) for point in cause.path],
        "speed": cause.speed,
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


def event_numbers(analysis: Analysis) -> list[int]:
    """Return, for each frame, the number from 1 of the event that it belongs to, 0 for none."""
    numbers = np.zeros(len(analysis.scores), np.int64)
    for number, one in enumerate(analysis.events, 1):
        numbers[one.event.first : one.event.last + 1] = number
    found: list[int] = numbers.tolist()
    return found


def scores_csv(analysis: Analysis) -> str:
    """Return ``scores.csv``: one line for each frame; a frame without a score, or in no event, has an empty field."""
    limit = f"{analysis.threshold:.6g}"
    rows = zip(analysis.scores.tolist(), event_numbers(analysis), strict=True)
    lines = [
        f"{frame},{f'{score:.6g}' if math.isfinite(score) else ''},{limit},{number or ''}"
        for frame, (score, number) in enumerate(rows)
    ]
    return "\n".join(["frame,score,threshold,event", *lines, ""])


def causes_csv(analysis: Analysis) -> str:
    """Return ``causes.csv``: the causes as X-MAN's metric reads them, ``video,frame,coarse,fine,score``.

    A cause stands in each frame of its event between its first and its last sight, with its score; frames count from 1,
    as in the data sets' own labels. What has no name is left out.
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("video", "frame", "coarse", "fine", "score"))
    video = (analysis.clip.name.rpartition(".")[0] or analysis.clip.name)[-LONGEST_NAME:]
    for one in analysis.events:
        for cause in one.causes:
            first, last = max(cause.first, one.event.first), min(cause.last, one.event.last)
            if cause.coarse != "unknown" and math.isfinite(cause.score):
                row = (cause.coarse, cause.fine, f"{cause.score:.6g}")
                table.writerows((video, frame + 1, *row) for frame in range(first, last + 1))
    return out.getvalue()
