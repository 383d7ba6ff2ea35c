"""From a score per frame to events: smoothing, hysteresis, minimum length, gaps closed; all of it in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles, Floats
from core.clock import Clock
from core.records import Event

TRUNCATE = 4.0
"""Standard deviations from which on a frame has no part in the smoothed score."""
HAIR = 1e-6
"""Seconds by which two lengths may differ and be the same."""


@dataclass(frozen=True)
class EventRule:
    """How events are cut out of the score.

    Attributes:
        smooth: standard deviation of the Gaussian that the score is smoothed with, in seconds.
        low: an event goes on while the smoothed score stays above this share of the threshold (hysteresis).
        shortest: shorter events are dropped, in seconds.
        gap: events nearer to each other than this are one, in seconds.
        lead: seconds for which an event may go on below the threshold before it first exceeds it, although nothing
            quieter was seen before: noise alone may have raised the score.
        longest_lead: likewise where something quieter was seen.
    """

    smooth: float = 0.2
    low: float = 0.6
    shortest: float = 0.4
    gap: float = 1.0
    lead: float = 2.5
    longest_lead: float = 6.0


def smoothed(scores: Floats, clock: Clock, rule: EventRule | None = None) -> Floats:
    """Smooth (T,) scores over time; frames without a score (NaN) have no part in it.

    Each frame weighs as much as it is shown, and nothing is smoothed across a gap of the recording.

    Args:
        scores: (T,) float32.
        clock: when the T frames are shown.
        rule: how events are cut; the default rule when None.

    Returns:
        (T,) float32; NaN where a frame has no score.
    """
    sigma = (rule or EventRule()).smooth
    out = scores.astype(np.float32)
    for part in clock.segments():
        known = np.isfinite(scores[part])
        if known.any() and sigma > 0:
            values = np.where(known, scores[part], 0.0).astype(np.float64)
            smooth = _gaussian(values, known, clock.times[part], clock.step, sigma)
            out[part] = np.where(known, smooth, np.nan)
    return out


def _gaussian(values: Doubles, known: Bools, times: Doubles, step: float, sigma: float) -> Doubles:
    """Return the weighted mean around each frame, by one pass for each distance in frames."""
    shown = np.append(np.diff(times), step) * known
    weight, total = shown.copy(), shown * values
    for distance in range(1, len(times)):
        apart = times[distance:] - times[:-distance]
        near = apart <= TRUNCATE * sigma + HAIR
        if not near.any():
            break
        bell = np.where(near, np.exp(-0.5 * (apart / sigma) ** 2), 0.0)
        for here, there in (
            (slice(None, -distance), slice(distance, None)),
            (slice(distance, None), slice(None, -distance)),
        ):
            weight[here] += bell * shown[there]
            total[here] += bell * (shown * values)[there]
    mean: Doubles = total / np.maximum(weight, 1e-12)
    return mean


def find_events(
    scores: Floats, threshold: float, clock: Clock, rule: EventRule | None = None, smooth: Floats | None = None
) -> list[Event]:
    """Cut events out of calibrated scores; none spans a gap of the recording.

    Args:
        scores: (T,) float32, NaN where a frame has no score; 0 is a typical normal frame.
        threshold: the smoothed score must exceed it at least once in an event.
        clock: when the T frames are shown.
        rule: how events are cut; the default rule when None.
        smooth: what :func:`smoothed` gives, where that is known already.

    Returns:
        Events in order of time; ``peak`` is the frame of the highest unsmoothed score.
    """
    rule = rule or EventRule()
    if not np.isfinite(scores).any():
        return []
    values = np.nan_to_num(smoothed(scores, clock, rule) if smooth is None else smooth, nan=-np.inf)
    low = threshold * rule.low if threshold > 0 else threshold
    events = []
    for part in clock.segments():
        for first, last in _runs(values[part], low, threshold, clock, part.start, rule):
            if clock.length(first, last) < rule.shortest - HAIR:
                continue
            peak = first + int(np.nanargmax(scores[first : last + 1]))
            events.append(Event(first, last, peak, float(scores[peak])))
    return events


def _runs(
    values: Floats, low: float, high: float, clock: Clock, offset: int, rule: EventRule
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Yield the first and last frame of each run above ``low`` that passes ``high``, near ones joined."""
    edges = np.flatnonzero(np.diff(values > low, prepend=False, append=False))
    open_run: tuple[int, int] | None = None
    for span in (slice(*ends) for ends in edges.reshape(-1, 2).tolist()):
        if not (values[span] > high).any():
            continue
        first, last = offset + _start(values, span, high, clock, offset, rule), offset + span.stop - 1
        if open_run and clock.at(first) - clock.end(open_run[1]) <= rule.gap + HAIR:
            open_run = (open_run[0], last)
            continue
        if open_run:
            yield open_run
        open_run = (first, last)
    if open_run:
        yield open_run


def _start(values: Floats, run: slice, high: float, clock: Clock, offset: int, rule: EventRule) -> int:
    """Return where a run above the lower threshold begins, or half-way up to the upper one where its lead is too long.

    Hysteresis needs a quieter score before a run: where noise keeps the score above the lower threshold, the run begins
    with the noise, seconds before there is anything to be seen.
    """
    exceeds = run.start + int(np.argmax(values[run] > high))
    quieter = run.start > 0 and bool(np.isfinite(values[run.start - 1]))
    lead = clock.at(offset + exceeds) - clock.at(offset + run.start)
    if lead <= (rule.longest_lead if quieter else rule.lead) + HAIR:
        return int(run.start)
    before = values[run.start : exceeds + 1]
    falls = np.flatnonzero(np.diff(before) <= 0)
    foot = int(falls[-1]) + 1 if len(falls) else 0
    half = (float(before[foot]) + high) / 2
    return int(run.start) + foot + int(np.argmax(before[foot:] >= half))
