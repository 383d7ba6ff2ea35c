"""Whether one picture is another one enlarged, reduced or turned: a camera that zooms or turns slowly leaps nowhere."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Floats, Images
from explain.disturbances.registration import register
from explain.disturbances.thumbnails import BLOCK_PIXELS, structure

ZOOMS = tuple(1.06**step for step in range(-9, 11) if step)
ANGLES = tuple(float(angle) for angle in range(-20, 21, 2) if angle)
"""Enlargements and degrees that are tried; between two of them most blocks of a thumbnail still look alike."""
MIN_ALIKE_FRACTION, MIN_GAIN_FRACTION = 0.55, 0.3
"""Share of blocks that are alike once a picture is enlarged or turned, and how many more than before."""
LEAST_ZOOM, LEAST_ANGLE = 1.03, 1.5
"""What is less is the measurement's own."""
ROUNDS = 3
STEP_RATIO = 0.5


@dataclass(frozen=True)
class Similarity:
    """How a picture lies to another: enlarged so many times, turned by so many degrees; share of blocks alike then."""

    zoom: float
    degrees: float
    alike: float

    @property
    def told(self) -> bool:
        """Whether that is more than nothing."""
        return max(self.zoom, 1 / self.zoom) >= LEAST_ZOOM or abs(self.degrees) >= LEAST_ANGLE


def similarity(one: Images | Floats, other: Images | Floats) -> Similarity | None:
    """Find by how much the second (h, w) grey thumbnail is the first enlarged or turned; None where it is neither."""
    first, second = (np.asarray(picture, np.float32) for picture in (one, other))
    before = register(structure(first), structure(second)).still
    tried = [_as(first, second, zoom, 0.0) for zoom in ZOOMS] + [_as(first, second, 1.0, angle) for angle in ANGLES]
    best = max(tried, key=lambda one: one.alike)
    zoom, angle = 1.06, 2.0
    for _ in range(ROUNDS):
        zoom, angle = zoom**STEP_RATIO, angle * STEP_RATIO
        beside = [
            _as(first, second, best.zoom * zoom**more, best.degrees + angle * turn)
            for more in (-1, 0, 1) for turn in (-1, 0, 1) if more or turn
        ]  # fmt: skip
        best = max([best, *beside], key=lambda one: one.alike)
    return best if best.told and best.alike >= max(MIN_ALIKE_FRACTION, before + MIN_GAIN_FRACTION) else None


def _as(one: Floats, other: Floats, zoom: float, degrees: float) -> Similarity:
    """Enlarge and turn the first picture about its middle, and hold the part that both show against the second."""
    height, width = one.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, zoom)
    made = np.asarray(cv2.warpAffine(one, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.float32)
    lost = abs(math.sin(math.radians(degrees))) / 2
    share = (min(1.0, zoom) * (1 - lost * side / across) for side, across in ((height, width), (width, height)))
    wide, tall = (
        max(BLOCK_PIXELS, int(side * kept)) // BLOCK_PIXELS * BLOCK_PIXELS
        for side, kept in zip((width, height), share, strict=True)
    )
    x, y = (width - wide) // 2, (height - tall) // 2
    first, second = (structure(np.ascontiguousarray(part[y : y + tall, x : x + wide])) for part in (made, other))
    shift = register(first, second, True)
    return Similarity(zoom, degrees, shift.alike)
