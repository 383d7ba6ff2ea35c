"""How far one picture lies from another: blocks vote on a displacement, which gradients or phase correlation tell.

:func:`similarity` tells whether it is the other one enlarged, reduced or turned.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

from core.arrays import Bools, Floats, Images
from explain.disturbances.thumbnails import BLOCK_PIXELS, structure

MIN_TEXTURE = 0.08
MIN_CORRELATION = 0.5
MAX_GRADIENT_PIXELS = 0.7
"""Thumbnail pixels up to which the gradients alone tell a displacement."""
MIN_SAME_FRACTION = 0.85
"""Share of blocks alike from which no larger displacement is looked for."""
ROUNDS, PEAKS = 5, 4
MIN_CORRELATION_GAIN = 0.15
"""Correlation by which a block must be more alike once a displacement is undone, to vote for it."""
DX, DY = np.array([[-0.5, 0, 0.5]], np.float32), np.array([[-0.5], [0], [0.5]], np.float32)
ZOOMS = tuple(1.06**step for step in range(-9, 11) if step)
ANGLES = tuple(float(angle) for angle in range(-20, 21, 2) if angle)
"""Enlargements and degrees that are tried; between two of them most blocks of a thumbnail still look alike."""
MIN_ALIKE_FRACTION, MIN_GAIN_FRACTION = 0.55, 0.3
"""Share of blocks that are alike once a picture is enlarged or turned, and how many more than before."""
LEAST_ZOOM, LEAST_ANGLE = 1.03, 1.5
"""What is less is the measurement's own."""
SEARCH_ROUNDS = 3
STEP_RATIO = 0.5


@dataclass(frozen=True)
class Shift:
    """A displacement of the picture as a whole.

    Attributes:
        x, y: in thumbnail pixels; positive where the scene went to the right and down.
        votes: share of the textured blocks that went along, 0 to 1.
        alike: share of the textured blocks that show the same once the displacement is undone.
        still: share of the textured blocks that show the same as they lie.
        textured: share of all blocks that have texture.
    """

    x: float
    y: float
    votes: float
    alike: float
    still: float
    textured: float

    @property
    def length(self) -> float:
        """Length of the displacement in thumbnail pixels."""
        return math.hypot(self.x, self.y)


def register(one: Floats, other: Floats, far: bool = False) -> Shift:
    """Measure how far the scene of one structure picture lies displaced in another.

    Args:
        one: (h, w) float32, see :attr:`explain.disturbances.thumbnails.Thumbnail.structure`.
        other: of the same shape.
        far: look for leaps even where most blocks seem to lie still.
    """
    x, y, votes = _gradients(one, other)
    still, textured = _alike(one, other)
    near = Shift(x, y, votes, still, still, textured)
    if not far and still >= MIN_SAME_FRACTION and near.length < MAX_GRADIENT_PIXELS:
        return near
    best, rest = near, still
    for right, down in _peaks(one, other):
        a, b = _overlap(one, other, right, down)
        agreed, _ = _alike(a, b)
        if agreed > best.alike + 0.1:
            dx, dy, _ = _gradients(a, b)
            if math.hypot(dx, dy) > 1.5:
                dx = dy = 0.0
            best = Shift(right + dx, down + dy, _gained(one, other, right, down), agreed, rest, textured)
    return best


def blocks(picture: Floats) -> Floats:
    """Average over blocks of about :data:`BLOCK_PIXELS` pixels: (rows, columns)."""
    h, w = picture.shape
    size = max(1, round(w / BLOCK_PIXELS)), max(1, round(h / BLOCK_PIXELS))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def correlations(one: Floats, other: Floats) -> tuple[Floats, Bools]:
    """Correlate blocks of two structure pictures: (rows, columns) in [-1, 1], and which have texture in the first."""
    a, b, ab = blocks(one * one), blocks(other * other), blocks(one * other)
    return ab / np.sqrt(np.maximum(a * b, 1e-6)), a > MIN_TEXTURE


def _alike(one: Floats, other: Floats) -> tuple[float, float]:
    found, textured = correlations(one, other)
    return (float((found[textured] > MIN_CORRELATION).mean()) if textured.any() else 1.0), float(textured.mean())


def _gradients(one: Floats, other: Floats) -> tuple[float, float, float]:
    """Fit one small displacement to all blocks, those that do not go along left out; and count those that do."""
    mean, change = 0.5 * (one + other), one - other
    right, down = cv2.filter2D(mean, -1, DX), cv2.filter2D(mean, -1, DY)
    xx, xy, yy, xt, yt = (
        blocks(a * b) for a, b in ((right, right), (right, down), (down, down), (right, change), (down, change))
    )
    weight, x, y = np.ones_like(xx), 0.0, 0.0
    for _ in range(ROUNDS):
        a, b, c = (float((weight * part).sum()) for part in (xx, xy, yy))
        d, e = float((weight * xt).sum()), float((weight * yt).sum())
        scale = max(a * c - b * b, 1e-9)
        x, y = (c * d - b * e) / scale, (a * e - b * d) / scale
        apart = np.hypot(xt - xx * x - xy * y, yt - xy * x - yy * y) / (xx + yy + 0.004)
        weight = 1 / (1 + (apart / 0.1) ** 2) ** 2
    along = x * x * xx + 2 * x * y * xy + y * y * yy
    told = (along > 0.0025 * (x * x + y * y)) & (xx + yy > 0.01)
    share = (x * xt + y * yt)[told] / along[told]
    return x, y, float(((share > 0.5) & (share < 1.5)).mean()) if told.any() else 0.0


def _peaks(one: Floats, other: Floats) -> Iterator[tuple[int, int]]:
    """Yield the likeliest displacements by phase correlation, (right, down) in whole pixels, best first."""
    h, w = one.shape
    window = np.outer(np.hanning(h), np.hanning(w)).astype(np.float32)
    size = (fft.next_fast_len(h, True), fft.next_fast_len(w, True))
    product = np.conj(fft.rfft2(one * window, size)) * fft.rfft2(other * window, size)
    surface = fft.irfft2(product / (np.abs(product) + 1e-6), size)
    surface = cv2.GaussianBlur(np.fft.fftshift(surface).astype(np.float32), (3, 3), 0)
    for _ in range(PEAKS):
        row, column = np.unravel_index(int(surface.argmax()), surface.shape)
        down, right = int(row) - size[0] // 2, int(column) - size[1] // 2
        surface[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = -1
        if abs(right) < w // 2 and abs(down) < h // 2:
            yield right, down


def _overlap(one: Floats, other: Floats, right: int, down: int) -> tuple[Floats, Floats]:
    """Cut both pictures to what they have in common where the second lies displaced."""
    h, w = one.shape
    a = one[max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)]
    b = other[max(down, 0) : h - max(-down, 0), max(right, 0) : w - max(-right, 0)]
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def _gained(one: Floats, other: Floats, right: int, down: int) -> float:
    """Share of textured blocks that are clearly more alike once a displacement is undone."""
    a, b = _overlap(one, other, right, down)
    h, w = one.shape
    lain = other[max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)]
    moved, textured = correlations(a, b)
    unmoved, _ = correlations(a, np.ascontiguousarray(lain))
    gained = (moved > MIN_CORRELATION) & (moved > unmoved + MIN_CORRELATION_GAIN)
    return float(gained[textured].mean()) if textured.any() else 0.0


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
    for _ in range(SEARCH_ROUNDS):
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
