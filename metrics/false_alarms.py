"""False alarms: how often somebody is called for nothing."""

from metrics._spans import Flags, pairs, rate, spans


def false_alarms(flagged: Flags, abnormal: Flags, fps: float) -> float:
    """False alarms per hour of normal footage; an alarm is a run of flagged frames, false if none of them is abnormal.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        fps: frames per second.

    Returns:
        0 upwards; NaN without a normal frame.

    >>> false_alarms([[1, 0, 1, 1]], [[0, 0, 0, 1]], fps=3 / 3600)
    1.0
    """
    rate(fps)
    videos = pairs(flagged, abnormal)
    normal = sum(int((~a).sum()) for _, a in videos)
    if not normal:
        return float("nan")
    false = sum(not a[first : last + 1].any() for f, a in videos for first, last in spans(f))
    return false * fps * 3600 / normal


EVENT_METRICS = {"false_alarms": false_alarms}
