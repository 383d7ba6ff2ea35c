"""How many false events an hour each threshold costs, counted on normal footage."""

from collections.abc import Sequence

import numpy as np
from scipy.signal import find_peaks

from core.arrays import Doubles, Floats
from core.clock import Clock
from core.normality import AlarmCurve
from core.spot import MIN_NATS
from pipeline.events import EventRule, find_events, smoothed

MIN_COUNTED_EVENTS = 3
"""Events from which a count speaks for itself: fewer, and chance has as much to say as the threshold."""
CURVE_LEVELS, CURVE_POINTS = 300, 120
TAIL_PEAKS = (5, 10)
"""Fewest and most peaks whose excess is averaged; a tenth of all peaks in between."""
SURPRISAL_EXCESS_NATS = 1.0
"""Mean excess of surprisals over any level."""
MIN_PER_HOUR, MAX_PER_HOUR = 0.05, 1200.0
"""Events an hour between which a curve is kept."""


def alarm_curve(calm: Sequence[tuple[Floats, Clock]]) -> AlarmCurve:
    """Count the events that normal footage raises at each threshold.

    The count is of :func:`pipeline.events.find_events`. Where it is less than :data:`MIN_COUNTED_EVENTS`, the curve is
    continued by the peaks over threshold: their excess over a high level is exponential, the tail that most
    distributions share (``pickands1975statistical``), with the mean excess of the highest peaks.

    Args:
        calm: calibrated scores of each clip, (T,) float32 each, at least one of them finite; and when its frames are
            shown.
    """
    hours = sum(clock.recorded for _, clock in calm) / 3600
    known = [(scores, clock, smoothed(scores, clock)) for scores, clock in calm]
    high = max(max(float(np.nanmax(smooth)) for _, _, smooth in known), 1e-3)
    levels: Doubles = np.linspace(1e-3, 1.0, CURVE_LEVELS) * high
    counts = np.array([sum(len(find_events(scores, level, clock, smooth=smooth)) for scores, clock, smooth in known)
                       for level in levels.tolist()], np.float64)  # fmt: skip
    levels, counts = np.append(levels, high * (1 + 1e-6)), np.append(counts, 0.0)
    start, excess, rate = _tail([(smooth, clock) for _, clock, smooth in known], hours)
    far = start + excess * np.log(max(rate / MIN_PER_HOUR, 1.0))
    levels = np.append(levels, np.linspace(high, max(far, high), CURVE_LEVELS // 3 + 1)[1:])
    counts = np.append(counts, np.zeros(len(levels) - len(counts)))
    counts = np.maximum.accumulate(counts[::-1])[::-1]
    expected = rate * np.exp(-(np.maximum(levels, start) - start) / excess) if excess > 0 else np.zeros_like(levels)
    per_hour = np.where(counts >= MIN_COUNTED_EVENTS, counts / hours, np.maximum(counts / hours, expected))
    per_hour = np.maximum.accumulate(per_hour[::-1])[::-1]
    return _thinned(hours, levels, per_hour)


def spot_curve(scores: Sequence[float], hours: float) -> AlarmCurve:
    """Count the events that what stands raises in normal footage at each threshold: one for each spot above it.

    The curve is continued as in :func:`alarm_curve`. The mean excess of fewer spots than are averaged there says
    nothing: then a nat more is e times as rare, as a surprisal is by its definition; and footage without a spot counts
    as if it had one at the lowest score.

    Args:
        scores: of all spots, in nats.
        hours: of the footage.
    """
    heights = np.sort(np.array(scores if len(scores) else [MIN_NATS], np.float64))[::-1]
    count = int(np.clip(len(heights) / 10, *TAIL_PEAKS))
    start, excess, rate = float(heights[-1]), SURPRISAL_EXCESS_NATS, len(heights) / hours
    if count < len(heights) and heights[0] > heights[count]:
        start, excess, rate = float(heights[count]), float((heights[:count] - heights[count]).mean()), count / hours
    far = start + excess * np.log(max(rate / MIN_PER_HOUR, 1.0))
    levels: Doubles = np.linspace(MIN_NATS, max(far, float(heights[0])), CURVE_LEVELS)
    counted = (np.array(scores, np.float64)[None] > levels[:, None]).sum(axis=1) / hours
    expected = rate * np.exp(-(np.maximum(levels, start) - start) / excess)
    enough = counted * hours >= MIN_COUNTED_EVENTS
    per_hour = np.where(enough, counted, np.maximum(counted, expected))
    return _thinned(hours, levels, np.maximum.accumulate(per_hour[::-1])[::-1])


def _tail(calm: Sequence[tuple[Floats, Clock]], hours: float) -> tuple[float, float, float]:
    """Return a level, the mean excess of the peaks above it, and how many such peaks there are in an hour."""
    gap = EventRule().gap
    peaks = [_peaks(np.nan_to_num(s, nan=-np.inf), max(1, round(gap * clock.rate))) for s, clock in calm]
    heights = np.sort(np.concatenate(peaks))[::-1]
    count = min(int(np.clip(len(heights) / 10, *TAIL_PEAKS)), len(heights) - 1)
    if count < 1:
        return float(heights[0]), 0.0, 1 / hours
    return float(heights[count]), float((heights[:count] - heights[count]).mean()), count / hours


def _peaks(values: Floats, apart: int) -> Floats:
    """Return the heights of maxima at least ``apart`` frames from each other; the ends count, too."""
    framed = np.pad(values, 1, constant_values=-np.inf)
    return np.asarray(framed[find_peaks(framed, distance=apart)[0]], np.float32)


def _thinned(hours: float, levels: Doubles, per_hour: Doubles) -> AlarmCurve:
    """Keep the points at which the cost falls, and of many that fall little as many as :data:`CURVE_POINTS`."""
    falls = np.flatnonzero(np.append(True, np.diff(per_hour) < 0) & (per_hour <= MAX_PER_HOUR))
    if not len(falls):
        falls = np.array([len(levels) - 1])
    chosen = falls[np.unique(np.linspace(0, len(falls) - 1, min(len(falls), CURVE_POINTS)).round().astype(int))]
    return AlarmCurve(
        round(hours, 4),
        tuple(float(f"{value:.6g}") for value in levels[chosen]),
        tuple(float(f"{value:.4g}") for value in per_hour[chosen]),
    )
