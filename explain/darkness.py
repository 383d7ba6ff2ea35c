"""Dark pictures: object models are taught by day, and take noise and lights of the night for things."""

import numpy as np

from core.arrays import Images
from core.records import Detections

MAX_DARK_BRIGHTNESS = 45.0
"""Median brightness, 0 to 255, under which a picture is dark."""
MIN_DARK_CONFIDENCE = 0.5


def believed(found: Detections, image: Images) -> Detections:
    """Return a frame's objects, of a dark (H, W, 3) uint8 frame only those of which the model is sure."""
    if not len(found.labels) or float(np.median(image[..., 1])) >= MAX_DARK_BRIGHTNESS:
        return found
    return found.select(found.confidence >= MIN_DARK_CONFIDENCE)
