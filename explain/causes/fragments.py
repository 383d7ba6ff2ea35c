"""Boxes that show a part of a person whose whole box is present, too."""

import numpy as np

from core.boxes import within
from core.records import Detections
from explain.labels import PERSON

MIN_INSIDE_FRACTION = 0.9
MAX_AREA_RATIO, MIN_WIDTH_RATIO = 0.6, 0.6
"""Area of a fragment over the whole's at most, and width over the whole's at least: half a body is as wide as the body.

A small person before a tall one is narrower, and stays.
"""


def suppress_partial_persons(found: Detections) -> Detections:
    """Leave out persons that are a half of a surer one: chest or legs, boxed by themselves.

    From frame to frame a person's box would else go from the whole to the half and back, and a standing person would
    seem to run.
    """
    person = found.labelled(PERSON)
    size = np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 1e-6).astype(np.float64)
    area = size.prod(axis=1)
    part = (within(found.boxes, found.boxes) >= MIN_INSIDE_FRACTION) & (area[:, None] <= MAX_AREA_RATIO * area)
    part &= (size[:, :1] >= MIN_WIDTH_RATIO * size[:, 0]) & (found.confidence[:, None] < found.confidence)
    return found.select(~(part & person[:, None] & person).any(axis=1))
