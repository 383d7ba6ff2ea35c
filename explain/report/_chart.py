"""The score over time as inline SVG: events shaded, the threshold as a line."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis import Analysis
from core.arrays import Floats
from explain.causes.summary import timestamp
from explain.report._html import render

WIDTH, HEIGHT = 1040, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 24, 30
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two time marks."""
NARROWEST = 1.5
"""Width of the shortest event in the chart, of 1040."""
NUMBERED = 40
"""Most events whose numbers stand in the chart."""

Place = Callable[[float], float]


@dataclass(frozen=True)
class ScoreChart:
    """What a chart is drawn of, in units of :data:`WIDTH` and :data:`HEIGHT`; lines and places alike.

    Attributes:
        score_marks: words and height.
        time_marks: words, place and how the words stand to it: ``start``, ``middle`` or ``end``.
        limit: height of the threshold.
        disturbances: what each camera fault is, its left edge and its width.
        events: each one's kind, description, left edge, width, and place and height of its peak.
        lines: (x, y) of each stretch of known scores.
    """

    score_marks: list[tuple[str, float]]
    time_marks: list[tuple[str, float, str]]
    limit: float
    disturbances: list[tuple[str, float, float]]
    events: list[tuple[str, str, float, float, float, float]]
    lines: list[list[tuple[float, float]]]


def lay_out(analysis: Analysis) -> ScoreChart | None:
    """Place the whole clip's score, its events and the threshold; None where no frame was read."""
    scores, clock = analysis.scores, analysis.clock
    if not len(scores):
        return None
    low, high = _range(scores, analysis.threshold)
    inner, length = WIDTH - LEFT - RIGHT, clock.end(len(scores) - 1)

    def x(seconds: float) -> float:
        return LEFT + inner * seconds / length

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / (high - low)

    return ScoreChart(
        _score_marks(low, high, y), _time_marks(length, x), y(analysis.threshold), _disturbances(analysis, x),
        _events(analysis, x, y), _lines(analysis, inner, x, y),
    )  # fmt: skip


def score_chart(analysis: Analysis) -> str:
    """Draw the whole clip's score; each event is a link to its section."""
    chart = lay_out(analysis)
    if chart is None:
        return ""
    parts: dict[str, Any] = {name: getattr(chart, name) for name in ("score_marks", "time_marks", "limit", "events")}
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in chart.lines)
    return render(
        "chart.html", width=WIDTH, height=HEIGHT, left=LEFT, right=WIDTH - RIGHT, top=TOP, bottom=HEIGHT - BOTTOM,
        analysis=analysis, known=analysis.scores[np.isfinite(analysis.scores)], numbered=NUMBERED,
        disturbances=chart.disturbances, path=path, **parts,
    )  # fmt: skip


def _range(scores: Floats, threshold: float) -> tuple[float, float]:
    known = scores[np.isfinite(scores)].astype(np.float64)
    low = min(float(known.min(initial=0.0)), threshold, 0.0)
    high = max(float(known.max(initial=0.0)), threshold, 0.0)
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _lines(analysis: Analysis, columns: int, x: Place, y: Place) -> list[list[tuple[float, float]]]:
    """Draw lowest and highest score of each column of pixels, so that no peak is lost; gaps stay gaps."""
    scores, clock = analysis.scores, analysis.clock
    known, many = np.isfinite(scores), len(scores) > 2 * columns
    column = np.floor(clock.times / clock.end(len(scores) - 1) * columns) if many else np.arange(len(scores))
    breaks = np.union1d(np.flatnonzero(np.diff(known)), clock.gaps()).astype(np.intp)
    lines: list[list[tuple[float, float]]] = []
    for run in np.split(np.arange(len(scores)), breaks + 1):
        if not known[run[0]]:
            continue
        kept = _extremes(scores, run, column.astype(np.intp))
        points = [(x(clock.at(frame)), y(float(scores[frame]))) for frame in kept.tolist()]
        lines.append(points if len(points) > 1 else points * 2)
    return lines


def _extremes(scores: Floats, run: npt.NDArray[np.intp], column: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the frames of the lowest and of the highest score of each column, ascending."""
    order = run[np.lexsort((scores[run], column[run]))]
    edge = np.flatnonzero(np.diff(column[order]))
    lowest, highest = np.concatenate([[0], edge + 1]), np.concatenate([edge, [len(order) - 1]])
    return np.unique(order[np.concatenate([lowest, highest])])


def _events(analysis: Analysis, x: Place, y: Place) -> list[tuple[str, str, float, float, float, float]]:
    """Return each event's kind, description, left edge, width and the place of its peak."""
    rows, clock = [], analysis.clock
    for number, one in enumerate(analysis.events, 1):
        event, left = one.event, x(clock.at(one.event.first))
        name = one.causes[0].fine if one.causes else "no cause found"
        told = f"Event {number}, {timestamp(clock.at(event.first))}: {name}"
        peak = y(event.peak_score) if math.isfinite(event.peak_score) else TOP
        rows.append(
            (one.kind, told, left, max(x(clock.end(event.last)) - left, NARROWEST), x(clock.at(event.peak)), peak)
        )
    return rows


def _disturbances(analysis: Analysis, x: Place) -> list[tuple[str, float, float]]:
    """Return what each camera disturbance is, its left edge and its width."""
    spans = [(one.summary, analysis.hides(one)) for one in analysis.disturbances]
    return [(told, x(start), max(x(end) - x(start), NARROWEST)) for told, (start, end) in spans]


def _time_marks(seconds: float, x: Place) -> list[tuple[str, float, str]]:
    step = next((s for s in STEPS if seconds / s <= 9), 3600.0 * math.ceil(seconds / 3600 / 9))
    marks = []
    for i in range(int(seconds / step) + 1):
        at, words = x(i * step), timestamp(i * step)
        anchor = "start" if i == 0 else "end" if at > WIDTH - RIGHT - 20 else "middle"
        marks.append((words.removesuffix(".0") if step >= 1 else words, at, anchor))
    return marks


def _score_marks(low: float, high: float, y: Place) -> list[tuple[str, float]]:
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next(s for s in (1, 2, 5, 10) if (high - low) / (s * step) <= 6)
    places = max(0, -math.floor(math.log10(step)))
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(f"{i * step:.{places}f}", y(i * step)) for i in numbers]
