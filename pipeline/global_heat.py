"""Heat that lies everywhere in the picture: rain, snow, flicker, a bad codec. It is no event, for it is at no place.

A thing that is unusual heats a part of the picture; most of its large cells stay as they are in normal footage. Where
the middle cell is hotter than the camera's normal mean, so is the air before the lens or the picture as a whole, and
that much is taken from every cell.
"""

import math

import cv2
import numpy as np

from core.arrays import Floats
from pipeline.heat_score import Patch, decibels

CELLS = 10
"""Cells across the picture: large ones, so that rain is in each of them."""
MIDDLE, SPREAD = 0.5, 3.0
"""The quantile of the cells that tells how hot it is everywhere, and how much more of that any of them may have."""


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
