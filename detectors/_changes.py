"""Where two views of a scene show different things, by structure: light, shade and a small displacement change little.

A view is the logarithm of its grey levels, so that light that changes by a factor drops out of the differences between
neighbouring pixels, of which everything here is made.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from core.arrays import Floats, Images

DARK_LEVELS = 16.0
"""Added to grey levels before their logarithm: what is darker is noise."""
NOISE_LEVELS = 1.0
"""Standard deviation of a view's grey levels by noise and coding."""
SOBEL_NOISE = 12 / 32
"""Variance of the differences in both directions, in multiples of that of the pixels."""
AROUND_PIXELS = 5
"""Side of the neighbourhood over which differences are summed."""
SLACK_PIXELS = 0.4
"""By how much structure may lie displaced, when a camera sways: in pixels of a view."""


@dataclass(frozen=True)
class Structure:
    """A view's differences between neighbouring pixels.

    Attributes:
        right, down: (h, w) float32, of log grey a pixel.
        level: (h, w) float32, mean grey level around each pixel.
    """

    right: Floats
    down: Floats
    level: Floats

    @classmethod
    def of(cls, grey: Images | Floats) -> "Structure":
        """Measure a view, (h, w) uint8 or float32."""
        level = grey.astype(np.float32)
        logs = np.log(level + np.float32(DARK_LEVELS))
        right, down = cv2.Sobel(logs, -1, 1, 0, scale=1 / 8), cv2.Sobel(logs, -1, 0, 1, scale=1 / 8)
        return cls(np.asarray(right, np.float32), np.asarray(down, np.float32), _around(level))

    @cached_property
    def energy(self) -> Floats:
        """Mean squared difference around each pixel, (h, w)."""
        return _around(self.right * self.right + self.down * self.down)

    @cached_property
    def bend(self) -> Floats:
        """Mean squared second difference around each pixel, (h, w): what a displacement by a pixel would change."""
        curved = cv2.Sobel(self.right, -1, 1, 0, scale=1 / 8), cv2.Sobel(self.down, -1, 0, 1, scale=1 / 8)
        twist = cv2.Sobel(self.right, -1, 0, 1, scale=1 / 8)
        return _around(curved[0] ** 2 + curved[1] ** 2 + 2 * twist**2)


def change(now: Structure, before: Structure) -> Floats:
    """Tell how different two structures are around each pixel: (h, w) float32, 0 for the same, about 1 for others.

    It is the energy of the difference over that of both, without what noise and a small displacement explain.
    """
    apart = _around((now.right - before.right) ** 2 + (now.down - before.down) ** 2)
    noise = noise_of(now) + noise_of(before)
    slack = np.float32(SLACK_PIXELS**2) * np.minimum(now.bend, before.bend)
    return np.asarray(np.maximum(apart - slack - noise, 0.0) / (now.energy + before.energy + noise), np.float32)


def noise_of(one: Structure) -> Floats:
    """Return the energy that noise alone has: (h, w)."""
    return np.asarray(NOISE_LEVELS**2 * SOBEL_NOISE / (one.level + DARK_LEVELS) ** 2, np.float32)


def _around(picture: Floats) -> Floats:
    return np.asarray(cv2.blur(picture, (AROUND_PIXELS, AROUND_PIXELS)), np.float32)
