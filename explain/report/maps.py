"""Attribution maps as pictures, and maps of where a class stands in a camera's normal footage.

Attribution maps are coloured by how much of the map's mass lies at a pixel, in one scale for all methods.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from core.analysis import Cause
from core.arrays import Floats, Images
from core.normality import Places
from explain.causes import places
from explain.report.overlay import PALETTE, blend

TOP = 0.995
"""Quantile of a map where its colours end; a few extreme pixels must not darken all others."""
PATH, KNOWN = (255, 176, 66), (96, 190, 255)
DIMMED = 0.35
"""Share of the picture's light that is left, so that map and path stand out."""
STRENGTH = 0.75
LEAST_WIDTH = 640


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


def place_map(image: Images, known: Places, path: Sequence[tuple[float, float]]) -> Images:
    """Draw the map of normal places and a path of (x, y) foot points on a dimmed (H, W, 3) uint8 frame.

    Returns:
        (h, w, 3) uint8, enlarged by a whole factor where the frame is narrower than ``LEAST_WIDTH``.
    """
    height, width = image.shape[:2]
    factor = max(1, round(LEAST_WIDTH / width))
    size = (width * factor, height * factor)
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    dim = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)[..., None] * DIMMED
    share = cv2.resize(places.density(known, (width, height)), size, interpolation=cv2.INTER_LINEAR)
    weight = STRENGTH * np.sqrt(np.clip(share, 0.0, 1.0))[..., None]
    drawn: Images = np.rint(dim + (np.array(KNOWN, np.float32) - dim) * weight).astype(np.uint8)
    if path:
        points = np.rint(np.clip(np.array(path) * factor, -1e4, 1e4)).astype(np.int32)
        cv2.polylines(drawn, [points[:, None]], False, PATH, 2, cv2.LINE_AA)
        cv2.circle(drawn, (int(points[-1, 0]), int(points[-1, 1])), 5, PATH, cv2.FILLED, cv2.LINE_AA)
    return drawn


def place_of(cause: Cause, known: Mapping[str, Places]) -> str | None:
    """Return the class whose usual places a thing is not in, or None where they are not known."""
    names = [label.fine for label in cause.labels if label.coarse == "location"]
    return next((label for name in names for label in known if name.startswith(f"{label} ")), None)
