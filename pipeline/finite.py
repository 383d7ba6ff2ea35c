"""Scores that are numbers: a detector that gives anything else is refused wherever it is asked."""

import numpy as np

from core.arrays import Floats
from core.errors import WeightsError
from core.records import Prediction


def finite_scores(answer: Prediction, clip: str) -> Floats:
    """Return the scores of a detector's answer, (B,) float32 on the CPU.

    Args:
        answer: of windows that lie in the clip.
        clip: what the clip is called.

    Raises:
        WeightsError: one of them is NaN or infinite.
    """
    scores: Floats = answer.score.float().cpu().numpy()
    wrong = scores[~np.isfinite(scores)]
    if len(wrong):
        raise WeightsError(
            f"the detector gave {clip!r} a score of {wrong[0]}, which is no number: its weights or settings are "
            "unusable; train the camera again"
        )
    return scores
