"""False alarms: how often somebody is called for nothing."""

from metrics._spans import Flags, pairs, rate, spans


def counted(flagged: Flags, abnormal: Flags, scored: Flags | None = None) -> tuple[int, int]:
    """Return how many alarms are false, and how many frames are normal.

    An alarm is a run of flagged frames, which is what an event of a camera is; it is false if none of them is abnormal.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        scored: one (T,) array per video: which frames could have been flagged; all when None.

    >>> counted([[1, 0, 1, 1]], [[0, 0, 0, 1]]), counted([[0, 0, 1, 1]], [[0, 0, 0, 0]], [[0, 1, 1, 1]])
    ((1, 3), (1, 3))
    """
    videos = pairs(flagged, abnormal)
    could = [s for s, _ in pairs(scored, abnormal)] if scored is not None else [f | True for f, _ in videos]
    normal = sum(int((~a & s).sum()) for (_, a), s in zip(videos, could, strict=True))
    return sum(not a[first : last + 1].any() for f, a in videos for first, last in spans(f)), normal


def false_alarms(flagged: Flags, abnormal: Flags, fps: float, scored: Flags | None = None) -> float:
    """False alarms per hour of normal footage; an alarm is a run of flagged frames, false if none of them is abnormal.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        fps: frames per second.
        scored: one (T,) array per video: which frames could have been flagged; all when None.

    Returns:
        0 upwards; NaN without a normal frame.

    >>> false_alarms([[1, 0, 1, 1]], [[0, 0, 0, 1]], fps=3 / 3600)
    1.0
    """
    rate(fps)
    false, normal = counted(flagged, abnormal, scored)
    return false * fps * 3600 / normal if normal else float("nan")


EVENT_METRICS = {"false_alarms": false_alarms}
