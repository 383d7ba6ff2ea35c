"""Small versions of a frame that everything here is measured on: averaged for what is where, picked for its noise."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Floats, Images

AVERAGED_PIXELS = 24576
"""Pixels of an averaged thumbnail, about 192×128 whatever the clip's shape."""
BLOCK_PIXELS = 16
"""Side in thumbnail pixels of a block, the smallest part of a picture whose displacement is measured by itself."""
GRID = 8, 6
"""Columns and rows of the cells that brightness, detail and colour are kept of."""
PICKED_PIXELS = 6144
"""Pixels of a picked thumbnail, about 96×64, and no side under :data:`BLOCK_PIXELS`."""
NEIGHBOURHOOD_PIXELS = 15
FAINT, FAINT_SHARE = 1.5, 0.035
"""Contrast at which structure counts half, so that noise alone does not become structure: grey levels, and so much of
the local brightness on top, for dark pictures have less of both."""


@dataclass(frozen=True)
class Thumbnail:
    """A frame made small.

    Attributes:
        grey: (h, w) float32, 0 to 255, each pixel the mean of those that it stands for; whole blocks.
        structure: (h, w) float32, ``grey`` freed of local brightness and contrast, so that light hardly changes it.
        picked: (k, l, 3) uint8, single pixels of the frame on a grid, with their noise.
        colours: of :func:`colours`.
    """

    grey: Floats
    structure: Floats
    picked: Images
    colours: tuple[float, float]

    @classmethod
    def of(cls, image: Images) -> "Thumbnail":
        """Make the thumbnails of an (H, W, 3) uint8 RGB frame."""
        small = reduced(image)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return cls(grey, structure(grey), _picked(image), colours(small))


def size_of(height: int, width: int) -> tuple[int, int]:
    """Return the (height, width) of the averaged thumbnail of a picture, in whole blocks.

    >>> size_of(360, 640), size_of(240, 360)
    ((112, 208), (128, 192))
    """
    scale = math.sqrt(AVERAGED_PIXELS / (height * width)) / BLOCK_PIXELS
    most = AVERAGED_PIXELS // (2 * BLOCK_PIXELS * BLOCK_PIXELS)
    tall, wide = (min(max(2, round(side * scale)), most) for side in (height, width))
    return tall * BLOCK_PIXELS, wide * BLOCK_PIXELS


def reduced(image: Images) -> Images:
    """Scale an (H, W, 3) picture to the size of its thumbnail, by halves first: a tenth of the time of exact areas."""
    tall, wide = size_of(*image.shape[:2])
    while image.shape[0] >= 2 * tall and image.shape[1] >= 2 * wide:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        image = np.asarray(cv2.resize(image[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(image, (wide, tall), interpolation=cv2.INTER_LINEAR), np.uint8)


def structure(grey: Floats) -> Floats:
    """Free an (h, w) float32 picture of local brightness and contrast."""
    mean = cv2.blur(grey, (NEIGHBOURHOOD_PIXELS, NEIGHBOURHOOD_PIXELS))
    spread = cv2.sqrt(cv2.max(cv2.blur(grey * grey, (NEIGHBOURHOOD_PIXELS, NEIGHBOURHOOD_PIXELS)) - mean * mean, 0.0))
    return np.asarray((grey - mean) / (spread + FAINT + FAINT_SHARE * mean), np.float32)


def cells(picture: Floats) -> Floats:
    """Average an (h, w) picture over the cells: (48,) float32, row by row."""
    return np.asarray(cv2.resize(picture, GRID, interpolation=cv2.INTER_AREA), np.float32).ravel()


def _picked(image: Images) -> Images:
    height, width = image.shape[:2]
    scale = math.sqrt(PICKED_PIXELS / (height * width))
    counts = [min(max(BLOCK_PIXELS, round(side * scale)), PICKED_PIXELS // BLOCK_PIXELS) for side in (height, width)]
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(np.intp)
        for side, count in zip((height, width), counts, strict=True)
    )
    return np.ascontiguousarray(image[rows[:, None], columns])


def colours(image: Images) -> tuple[float, float]:
    """Measure how far colours differ within cells of an (H, W, 3) picture.

    Returns:
        In levels of red and blue against green, what a quarter and what three quarters of the cells have less of; both
        are under 1 in a grey picture, whatever its tint.
    """
    red, green, blue = cv2.split(image)
    found = np.zeros(GRID[0] * GRID[1], np.float32)
    for channel in (red, blue):
        apart = cv2.subtract(channel, green, dtype=cv2.CV_32F)
        found += np.sqrt(np.maximum(cells(apart * apart) - cells(apart) ** 2, 0.0))
    few, many = len(found) // 4, len(found) * 3 // 4
    least = np.partition(found, (few, many))
    return float(least[few]), float(least[many])
