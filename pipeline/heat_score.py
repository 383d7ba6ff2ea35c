"""What score a detector gives to heat: half of it may be that of the hottest patch, which text or rain can be, too."""

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.arrays import Floats

if TYPE_CHECKING:
    from core.contracts import Detector

COLD = 1e-12
"""Mean heat that counts as none."""

Patch = tuple[float, float]
"""Height and width of the patch whose mean error counts half, as shares of the picture's; 0 where there is none."""


def patch_of(detector: "Detector") -> Patch:
    """Return the patch of a detector."""
    return detector.patch / detector.window.height, detector.patch / detector.window.width


def decibels(heat: Floats, patch: Patch) -> float:
    """Score heat (h, w), at any resolution, as :func:`detectors._blocks.error_score` scores an error."""
    whole = _decibels(float(heat.mean(dtype=np.float64)))
    if not min(patch):
        return whole
    tall, wide = (max(1, min(round(part * side), side)) for part, side in zip(patch, heat.shape, strict=True))
    means = cv2.blur(heat, (wide, tall), anchor=(0, 0))[: heat.shape[0] - tall + 1, : heat.shape[1] - wide + 1]
    return 0.5 * (whole + _decibels(float(means.max())))


def _decibels(mean: float) -> float:
    return 10.0 * math.log10(max(mean, COLD))
