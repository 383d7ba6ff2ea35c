"""The detector's own map: where what was seen differs from what was expected."""

import numpy as np

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.scorer import Scorer


def residual(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Share the score out in proportion to the squared error of each pixel; asks the detector nothing."""
    share = question.heat / max(float(question.heat.sum(dtype=np.float64)), 1e-30)
    frames = np.zeros(len(question.window), np.float32)
    frames[question.target] = question.value
    return RawAttribution(np.asarray(share * question.value, np.float32), frames)


METHODS = {"residual": MethodEntry(residual, "the detector's own error map", "", lambda budget: 0.0)}
