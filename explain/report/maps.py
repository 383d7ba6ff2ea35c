"""Attribution maps as pictures: coloured by how much of the map's mass lies at a pixel, one scale for all methods."""

from collections.abc import Sequence

import cv2
import numpy as np

from core.arrays import Floats, Images
from explain.report.overlay import PALETTE, blend

TOP = 0.995
"""Quantile of a map where its colours end; a few extreme pixels must not darken all others."""


def dense(values: Floats) -> Floats:
    """Return the positive part of a map in multiples of its mean: 1 where it points nowhere in particular."""
    positive = np.maximum(values, 0.0)
    return np.asarray(positive / max(float(positive.mean()), 1e-30), np.float32)


def top_of(maps: Sequence[Floats]) -> float:
    """Return the value of :func:`dense` where the colours of several maps end: the middle one of their own ends."""
    ends = [float(np.quantile(dense(values), TOP)) for values in maps]
    return max(float(np.median(ends)), 1.0) if ends else 1.0


def painted(image: Images, values: Floats, top: float, strength: float = 0.75) -> Images:
    """Blend an (H, W) map, its positive part up to ``top`` of :func:`dense`, with its (H, W, 3) uint8 RGB frame.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    placed = np.sqrt(np.clip(dense(values) / top, 0.0, 1.0))
    layer = np.empty((*values.shape, 4), np.uint8)
    layer[..., :3] = PALETTE[np.rint(placed * 255).astype(np.uint8)]
    layer[..., 3] = np.rint(255 * strength * np.minimum(1.4 * placed, 1.0))
    return blend(image, layer)


def png(image: Images) -> bytes:
    """Encode an (H, W, 3) uint8 RGB picture as PNG."""
    _, data = cv2.imencode(".png", image[..., ::-1])
    return bytes(data)
