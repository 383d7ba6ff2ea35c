"""Draws where a class stands in a camera's normal footage, and the path of one that went elsewhere."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from core.analysis import Cause
from core.arrays import Images
from core.normality import Places
from explain.causes import places

PATH, KNOWN = (255, 176, 66), (96, 190, 255)
DIMMED = 0.35
"""Share of the picture's light that is left, so that map and path stand out."""
STRENGTH = 0.75
LEAST_WIDTH = 640


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
