"""Which normal footage a camera's false alarms are counted on: what is held out, and where that is short, all of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.normality import DEFAULT_ALARMS_PER_HOUR
from pipeline.training.calibrate_channels import ScoredClip


def calibrated(held: Sequence[ScoredClip], trained: Sequence[ScoredClip]) -> tuple[float, list[ScoredClip]]:
    """Subtract the median from the scores of the footage that false alarms are counted on.

    That is what was held out. Where it is too short to count :data:`core.normality.DEFAULT_ALARMS_PER_HOUR`, what was
    trained on counts, too (decision 0013): a minute of one place is not like the next. A detector errs less on what it
    was trained on, so these scores are raised by what their median lies below that of the others.

    Args:
        held: uncalibrated scores of clips that were not trained on; one at least.
        trained: of clips that were.

    Returns:
        The median of what was held out; and the calibrated clips, first those that were held out.
    """
    median = _median(held)
    hours = sum(clip.clock.recorded for clip in held) / 3600
    counted = trained if hours * DEFAULT_ALARMS_PER_HOUR < 1 else ()
    raised = max(0.0, median - _median(counted)) if counted else 0.0
    levels = [median] * len(held) + [median - raised] * len(counted)
    every = zip((*held, *counted), levels, strict=True)
    return median, [replace(clip, scores=clip.scores - np.float32(level)) for clip, level in every]


def _median(clips: Sequence[ScoredClip]) -> float:
    return float(np.median(np.concatenate([clip.scores for clip in clips])))
