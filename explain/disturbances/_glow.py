"""Light on a part of the picture: the sun comes out, a lamp goes on, headlights pass over a dark place."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Floats
from explain.disturbances.registration import MIN_CORRELATION, blocks, correlations
from explain.disturbances.thumbnails import Thumbnail, structure

MAX_LEVELS_PER_SECOND = 2.0
"""Grey levels a second by which the background follows the picture."""
MIN_CHANGE_LEVELS, MIN_CHANGE_FRACTION = 12.0, 0.15
"""Grey levels, and share of the background's brightness, from which a pixel is lighter or darker."""
MIN_LIGHT_CHANGE = 20.0, 0.25
"""The same of pixels on which a light falls."""
MAX_DARK_BRIGHTNESS = 70.0
"""Median brightness of a picture under which a light in it counts."""
MIN_AREA_FRACTION = 0.02
MAX_SLOPE = 0.2
"""Steepest slope of a light, as a share of its height a thumbnail pixel; an object's outline is steeper."""
MAX_CHANGED_FRACTION, MAX_CHANGED_LOOKS = 0.5, 4
"""Where more than this share of the picture has changed in more looks than that, the background is made anew."""


@dataclass
class Glow:
    """Holds a clip's pictures against a background that follows them slowly."""

    background: Floats | None = None
    seconds: float = 0.0
    odd: int = 0

    def forget(self) -> None:
        """Begin anew: the picture was gone, or shows another view."""
        self.background = None

    def update(self, seconds: float, now: Thumbnail) -> tuple[float, float, float]:
        """Measure one picture.

        Returns:
            Share of the picture that became lighter or darker and shows the same as before; share that changed in
            another way; share of a dark picture that a light without edges falls on.
        """
        if self.background is None:
            self.background, self.seconds = now.grey.copy(), seconds
            return 0.0, 0.0, 0.0
        change = now.grey - self.background
        self.odd = self.odd + 1 if np.mean(np.abs(change) > MIN_CHANGE_LEVELS) > MAX_CHANGED_FRACTION else 0
        if self.odd > MAX_CHANGED_LOOKS:
            self.background, self.odd = now.grey.copy(), 0
            return 0.0, 0.0, 0.0
        lit, other = _lit(self.background, now, change)
        glow = _soft(self.background, change)
        step = MAX_LEVELS_PER_SECOND * min(1.0, max(seconds - self.seconds, 0.0))
        self.background += np.clip(change, -step, step)
        self.seconds = seconds
        return lit, other, glow


def _lit(background: Floats, now: Thumbnail, change: Floats) -> tuple[float, float]:
    limit = np.maximum(MIN_CHANGE_LEVELS, MIN_CHANGE_FRACTION * background)
    if np.mean(np.abs(change) > limit) < MIN_AREA_FRACTION:
        return 0.0, 0.0
    lighter, darker, either = (
        blocks((part > limit).astype(np.float32)) > 0.5 for part in (change, -change, np.abs(change))
    )
    found, _ = correlations(structure(background), now.structure)
    shares = [float((part & (found > MIN_CORRELATION)).mean()) for part in (lighter, darker)]
    return max(shares), float(either.mean()) - max(shares)


def _soft(background: Floats, change: Floats) -> float:
    bright = change > np.maximum(MIN_LIGHT_CHANGE[0], MIN_LIGHT_CHANGE[1] * background)
    area = float(bright.mean())
    if area < MIN_AREA_FRACTION or np.median(background) > MAX_DARK_BRIGHTNESS:
        return 0.0
    around = cv2.dilate(bright.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    steep = np.hypot(cv2.Sobel(change, -1, 1, 0, ksize=1), cv2.Sobel(change, -1, 0, 1, ksize=1)) / 2
    edge = float(np.quantile(steep[around], 0.98)) / max(float(np.quantile(change[bright], 0.9)), 1.0)
    return area if edge <= MAX_SLOPE else 0.0
