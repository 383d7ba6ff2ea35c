"""False alarms an hour of normal footage."""

from core.metrics import UPWARDS, Events, Metric
from metrics.spans import Flags, Pace, clocks, pairs, spans


def counted(flagged: Flags, abnormal: Flags, pace: Pace, scored: Flags | None = None) -> tuple[int, float]:
    """Return how many alarms are false, and how many hours are normal.

    An alarm is a run of flagged frames, which is what an event of a camera is; it is false if none of them is abnormal.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        pace: frames per second, or one (T,) array per video, when its frames are shown, in seconds.
        scored: one (T,) array per video: which frames could have been flagged; all when None.

    >>> counted([[1, 0, 1, 1]], [[0, 0, 0, 1]], [[0, 900, 1800, 2700]])
    (1, 0.75)
    >>> counted([[0, 0, 1, 1]], [[0, 0, 0, 0]], [[0, 900, 1800, 2700]], [[0, 1, 1, 1]])
    (1, 0.75)
    """
    videos = pairs(flagged, abnormal)
    could = [s for s, _ in pairs(scored, abnormal)] if scored is not None else [f | True for f, _ in videos]
    times = clocks(pace, [len(a) for _, a in videos])
    normal = sum(float(c.lengths[~a & s].sum()) for (_, a), s, c in zip(videos, could, times, strict=True))
    return sum(not a[first : last + 1].any() for f, a in videos for first, last in spans(f)), normal / 3600


def false_alarms(flagged: Flags, abnormal: Flags, pace: Pace, scored: Flags | None = None) -> float:
    """False alarms per hour of normal footage; an alarm is a run of flagged frames, false if none of them is abnormal.

    Arguments are those of :func:`counted`.

    Returns:
        0 upwards; NaN without a normal frame.

    >>> false_alarms([[0, 1, 0, 1, 1]], [[0, 0, 0, 0, 1]], [[0, 900, 1800, 2700, 3600]])
    1.0
    """
    false, hours = counted(flagged, abnormal, pace, scored)
    return false / hours if hours else float("nan")


METRICS = {
    "false_alarms": Metric(
        lambda given: false_alarms(given.flagged, given.abnormal, given.seconds, given.scored), Events, UPWARDS,
        false_alarms.__doc__,
    ),
}  # fmt: skip
