"""What score a detector gives to heat, half of it may be of the hottest patch; and heat that lies everywhere.

Rain, snow, flicker and a bad codec heat all large cells of the picture, an unusual thing a few (decision 0025).
"""

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
CELLS = 10
"""Cells across the picture."""
MIDDLE, SPREAD = 0.5, 3.0
"""The quantile of the cells that tells how hot it is everywhere, and how much more of that any of them may have."""


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


def subtract_global_heat(heat: Floats, normal: float, patch: Patch = (0.0, 0.0)) -> tuple[Floats, float]:
    """Take from a frame's heat what lies everywhere.

    Args:
        heat: (H, W) float32.
        normal: the camera's mean heat per pixel in normal footage.
        patch: whose mean error counts half in the detector's scores.

    Returns:
        (H, W) the heat that is left, and by how many decibels less that is; 0 where nothing lies everywhere.
    """
    height, width = heat.shape
    shape = (CELLS, max(1, round(CELLS * height / width)))
    cells = cv2.resize(heat, shape, interpolation=cv2.INTER_AREA)
    level = SPREAD * (float(np.quantile(cells, MIDDLE)) - normal)
    if level <= 0:
        return heat, 0.0
    share = np.clip(1.0 - level / np.maximum(cells, 1e-30), 0.0, 1.0)
    left = heat * cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    # What is left in a picture that is hot all over is taken for normal, and not for an empty one.
    floor = 10.0 * math.log10(normal)
    before, after = (decibels(one, patch) for one in (heat, left))
    return np.asarray(left, np.float32), max(before - max(after, floor), 0.0)
