"""The score over time as inline SVG: events shaded, the threshold as a line."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.analysis import Analysis
from core.arrays import Floats
from explain.causes.summary import timestamp
from explain.report._html import safe

WIDTH, HEIGHT = 1040, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 24, 30
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two time marks."""

Place = Callable[[float], float]


def score_chart(analysis: Analysis) -> str:
    """Draw the whole clip's score; each event is a link to its section."""
    scores, clock = analysis.scores, analysis.clock
    if not len(scores):
        return ""
    low, high = _range(scores, analysis.threshold)
    inner, length = WIDTH - LEFT - RIGHT, clock.end(len(scores) - 1)

    def x(seconds: float) -> float:
        return LEFT + inner * seconds / length

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / (high - low)

    limit = y(analysis.threshold)
    words = f"threshold {analysis.threshold:.2f}"
    parts = [
        *_score_marks(low, high, y),
        *_time_marks(length, x),
        *_camera_bands(analysis, x),
        *_bands(analysis, x, y),
        f'<path class="line" d="{_path(analysis, inner, x, y)}"/>',
        f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{limit:.1f}" y2="{limit:.1f}"/>',
        f'<text class="limit-text" x="{WIDTH - RIGHT - 4}" y="{limit - 6:.1f}">{words}</text>',
    ]
    told = _told(analysis)
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{safe(told)}">'
    return f"{head}<title>{safe(told)}</title>{''.join(parts)}</svg>"


def _told(analysis: Analysis) -> str:
    known = analysis.scores[np.isfinite(analysis.scores)]
    span = f"from {known.min():.2f} to {known.max():.2f}" if len(known) else "that is nowhere known"
    return (
        f"Anomaly score in dB over {len(analysis.scores):,} frames, {span}; the threshold is {analysis.threshold:.2f}, "
        f"and {len(analysis.events)} events are above it."
    )


def _range(scores: Floats, threshold: float) -> tuple[float, float]:
    known = scores[np.isfinite(scores)].astype(np.float64)
    low = min(float(known.min(initial=0.0)), threshold, 0.0)
    high = max(float(known.max(initial=0.0)), threshold, 0.0)
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _path(analysis: Analysis, columns: int, x: Place, y: Place) -> str:
    """Draw lowest and highest score of each column of pixels, so that no peak is lost; gaps stay gaps."""
    scores, clock = analysis.scores, analysis.clock
    known, many = np.isfinite(scores), len(scores) > 2 * columns
    column = np.floor(clock.times / clock.end(len(scores) - 1) * columns) if many else np.arange(len(scores))
    breaks = np.union1d(np.flatnonzero(np.diff(known)), clock.gaps()).astype(np.intp)
    commands: list[str] = []
    for run in np.split(np.arange(len(scores)), breaks + 1):
        if not known[run[0]]:
            continue
        kept = _extremes(scores, run, column.astype(np.intp))
        points = [f"{x(clock.at(frame)):.1f} {y(float(scores[frame])):.1f}" for frame in kept.tolist()]
        commands.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return "".join(commands)


def _extremes(scores: Floats, run: npt.NDArray[np.intp], column: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the frames of the lowest and of the highest score of each column, ascending."""
    order = run[np.lexsort((scores[run], column[run]))]
    edge = np.flatnonzero(np.diff(column[order]))
    lowest, highest = np.concatenate([[0], edge + 1]), np.concatenate([edge, [len(order) - 1]])
    return np.unique(order[np.concatenate([lowest, highest])])


def _bands(analysis: Analysis, x: Place, y: Place) -> list[str]:
    parts = []
    numbered = len(analysis.events) <= 40
    clock = analysis.clock
    for number, one in enumerate(analysis.events, 1):
        event = one.event
        left = x(clock.at(event.first))
        width = max(x(clock.end(event.last)) - left, 1.5)
        name = one.causes[0].fine if one.causes else "no cause found"
        told = f"Event {number}, {timestamp(clock.at(event.first))}: {name}"
        label = f'<text x="{left + width / 2:.1f}" y="{TOP - 8}">{number}</text>' if numbered else ""
        peak = y(event.peak_score) if math.isfinite(event.peak_score) else TOP
        parts.append(
            f'<a class="event" href="#event-{number}" aria-label="{safe(told)}"><title>{safe(told)}</title>'
            f'<rect x="{left:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}"/>'
            f'<circle cx="{x(clock.at(event.peak)):.1f}" cy="{peak:.1f}" r="3.5"/>{label}</a>'
        )
    return parts


def _camera_bands(analysis: Analysis, x: Place) -> list[str]:
    """Shade what the camera itself did, in a colour of its own."""
    parts = []
    for one in analysis.disturbances:
        start, end = analysis.hides(one)
        left = x(start)
        width = max(x(end) - left, 1.5)
        parts.append(
            f'<g class="camera"><title>{safe(one.summary)}</title>'
            f'<rect x="{left:.1f}" y="{TOP}" width="{width:.1f}" height="{HEIGHT - TOP - BOTTOM}"/></g>'
        )
    return parts


def _time_marks(seconds: float, x: Place) -> list[str]:
    step = next((s for s in STEPS if seconds / s <= 9), 3600.0 * math.ceil(seconds / 3600 / 9))
    base = HEIGHT - BOTTOM
    marks = []
    for i in range(int(seconds / step) + 1):
        at = x(i * step)
        anchor = "start" if i == 0 else "end" if at > WIDTH - RIGHT - 20 else "middle"
        words = timestamp(i * step)
        words = words.removesuffix(".0") if step >= 1 else words
        marks.append(
            f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{base}" y2="{base + 5}"/>'
            f'<text class="mark" x="{at:.1f}" y="{base + 19}" text-anchor="{anchor}">{words}</text>'
        )
    return marks


def _score_marks(low: float, high: float, y: Place) -> list[str]:
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next(s for s in (1, 2, 5, 10) if (high - low) / (s * step) <= 6)
    places = max(0, -math.floor(math.log10(step)))
    marks = []
    for i in range(math.ceil(low / step), math.floor(high / step) + 1):
        at = y(i * step)
        words = f"{i * step:.{places}f}"
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="mark" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{words}</text>'
        )
    return marks
