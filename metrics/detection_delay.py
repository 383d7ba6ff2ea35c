"""Detection delay: how long something unusual goes on before it is flagged."""

import numpy as np

from core.metrics import UPWARDS, Events, Metric
from metrics.spans import Flags, Pace, clocks, pairs, spans


def delays(flagged: Flags, abnormal: Flags, pace: Pace) -> list[float]:
    """Return the delay of each unusual event in seconds, infinite for one that is never flagged.

    An event is a run of abnormal frames; its delay goes from its first frame to its first flagged one.
    """
    videos, found = pairs(flagged, abnormal), []
    for (f, a), clock in zip(videos, clocks(pace, [len(a) for _, a in videos]), strict=True):
        for first, last in spans(a):
            hits = np.flatnonzero(f[first : last + 1])
            found.append(clock.at(first + int(hits[0])) - clock.at(first) if len(hits) else float("inf"))
    return found


def detection_delay(flagged: Flags, abnormal: Flags, pace: Pace) -> float:
    """Median seconds from the first abnormal frame of an event to its first flagged one; a missed event never ends.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        pace: frames per second, or one (T,) array per video, when its frames are shown, in seconds.

    Returns:
        0 to infinity (more than half of all events are missed); NaN without any event.

    >>> detection_delay([[0, 0, 1, 1, 0, 1]], [[0, 1, 1, 1, 0, 1]], 2.0)
    0.25
    """
    found = sorted(delays(flagged, abnormal, pace))
    if not found:
        return float("nan")
    low, high = found[(len(found) - 1) // 2], found[len(found) // 2]
    return low if low == high else (low + high) / 2


def events_found(flagged: Flags, abnormal: Flags, pace: Pace) -> float:
    """Share of the unusual events that are flagged at some time; NaN without any event.

    >>> events_found([[0, 0, 1, 1, 0, 0]], [[0, 1, 1, 1, 0, 1]], 2.0)
    0.5
    """
    found = delays(flagged, abnormal, pace)
    return float(np.mean(np.isfinite(found))) if found else float("nan")


def longest_delay(flagged: Flags, abnormal: Flags, pace: Pace) -> float:
    """Longest of the delays of all events in seconds; infinite where an event is missed, NaN without any event.

    >>> longest_delay([[0, 0, 1, 1, 0, 1]], [[0, 1, 1, 1, 0, 1]], 2.0)
    0.5
    """
    return max(delays(flagged, abnormal, pace), default=float("nan"))


METRICS = {
    "detection_delay": Metric(
        lambda given: detection_delay(given.flagged, given.abnormal, given.seconds),
        Events,
        UPWARDS,
        about=detection_delay.__doc__,
    ),
    "events_found": Metric(
        lambda given: events_found(given.flagged, given.abnormal, given.seconds), Events, about=events_found.__doc__
    ),
    "longest_delay": Metric(
        lambda given: longest_delay(given.flagged, given.abnormal, given.seconds),
        Events,
        UPWARDS,
        about=longest_delay.__doc__,
    ),
}
