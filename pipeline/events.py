"""From a score per frame to events: smoothing, hysteresis, minimum length, gaps closed."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import find_objects, gaussian_filter1d, label

from core.records import Event, Floats


@dataclass(frozen=True)
class EventRule:
    """How events are cut out of the score.

    Attributes:
        smooth: standard deviation of the Gaussian that the score is smoothed with, in seconds.
        low: an event goes on while the smoothed score stays above this share of the threshold (hysteresis).
        shortest: shorter events are dropped, in seconds.
        gap: events nearer to each other than this are one, in seconds.
    """

    smooth: float = 0.2
    low: float = 0.6
    shortest: float = 0.4
    gap: float = 1.0


def smoothed(scores: Floats, fps: float, rule: EventRule | None = None) -> Floats:
    """Smooth (T,) scores over time; frames without a score (NaN) count as the nearest ones that have one do.

    Returns:
        (T,) float32; NaN only where there is no score at all.
    """
    known = np.isfinite(scores)
    sigma = (rule or EventRule()).smooth * fps
    if not known.any() or sigma <= 0:
        return scores.astype(np.float32)
    weight = gaussian_filter1d(known.astype(np.float64), sigma, mode="nearest")
    total = gaussian_filter1d(np.where(known, scores, 0.0).astype(np.float64), sigma, mode="nearest")
    result = total / np.maximum(weight, 1e-9)
    return np.where(known, result, np.nan).astype(np.float32)


def find_events(scores: Floats, threshold: float, fps: float, rule: EventRule | None = None) -> list[Event]:
    """Cut events out of calibrated scores.

    Args:
        scores: (T,) float32, NaN where a frame has no score; 0 is a typical normal frame.
        threshold: the smoothed score must exceed it at least once in an event.
        fps: frames per second, which turns the rule's seconds into frames.
        rule: how events are cut; the default rule when None.

    Returns:
        Events in order of time; ``peak`` is the frame of the highest unsmoothed score.
    """
    rule = rule or EventRule()
    if not np.isfinite(scores).any():
        return []
    values = np.nan_to_num(smoothed(scores, fps, rule), nan=-np.inf)
    low = threshold * rule.low if threshold > 0 else threshold
    runs, count = label(values > low)
    kept = [span[0] for span in find_objects(runs, count) if (values[span[0]] > threshold).any()]
    events = []
    for run in _close_gaps(kept, rule.gap * fps):
        if run.stop - run.start < max(1.0, rule.shortest * fps):
            continue
        peak = run.start + int(np.nanargmax(scores[run]))
        events.append(Event(run.start, run.stop - 1, peak, float(scores[peak])))
    return events


def _close_gaps(runs: list[slice], gap: float) -> list[slice]:
    joined: list[slice] = []
    for run in runs:
        if joined and run.start - joined[-1].stop <= gap:
            joined[-1] = slice(joined[-1].start, run.stop)
        else:
            joined.append(run)
    return joined
