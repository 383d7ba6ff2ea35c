"""Share of normal frames that are flagged: how much of quiet footage an analyst is asked to look at."""

import numpy as np

from core.metrics import Events, Metric
from metrics.spans import Flags, pairs


def normal_flagged(flagged: Flags, abnormal: Flags, scored: Flags | None = None) -> float:
    """Share of the normal frames that are inside an alarm; NaN without a normal frame.

    Args:
        flagged: one (T,) array of truth values per video: which frames are inside an alarm.
        abnormal: one (T,) array per video, the truth.
        scored: one (T,) array per video: which frames could have been flagged; all when None.

    >>> normal_flagged([[1, 1, 0, 0, 0]], [[1, 0, 0, 0, 0]])
    0.25
    >>> normal_flagged([[1, 1, 0, 0, 0]], [[1, 0, 0, 0, 0]], [[1, 1, 1, 0, 0]])
    0.5
    """
    videos = pairs(flagged, abnormal)
    could = [s for s, _ in pairs(scored, abnormal)] if scored is not None else [f | True for f, _ in videos]
    quiet = [f[~a & s] for (f, a), s in zip(videos, could, strict=True)]
    known = np.concatenate(quiet) if quiet else np.zeros(0, np.bool_)
    return float(known.mean()) if len(known) else float("nan")


METRICS = {
    "normal_flagged": Metric(
        lambda given: normal_flagged(given.flagged, given.abnormal, given.scored), Events, about=normal_flagged.__doc__
    ),
}
