"""Boxes that can be believed: none half a picture large, no part of a person, in the dark only sure ones.

And the persons that an action model can tell something of.
"""

import numpy as np

from core.arrays import Floats, Images
from core.boxes import iou, within
from core.pictures import MAX_DARK_BRIGHTNESS
from core.records import Detections
from explain.causes._vehicles import VEHICLES
from explain.labels import PERSON

MAX_SIDE_FRACTION = 0.5
"""Share of the picture's width, and of its height, from which a box is no thing: who comes close to a fixed camera
fills its height but not half of its width."""
MIN_PERSON_PIXELS = 12.0
"""Pixels of a person from which the action model is asked: the compact one learns from none smaller, and legs of five
pixels tell no walk from a run."""
CONFIDENT_PERSON = 0.5
"""Confidence from which a person is one that the action model is asked about."""
SAME_BOX_IOU = 0.45
"""IoU from which a person and a surer vehicle are two names of one box, which is the vehicle's."""
MIN_INSIDE_FRACTION = 0.9
MAX_AREA_RATIO, MIN_WIDTH_RATIO = 0.6, 0.6
"""Area of a fragment over the whole's at most, and width over the whole's at least: half a body is as wide as the body.

A small person before a tall one is narrower, and stays.
"""
MIN_DARK_CONFIDENCE = 0.5
"""Of an object in a dark picture: models are trained by day, and take noise and lights of the night for things."""


def sized(found: Detections, size: tuple[int, int]) -> Detections:
    """Remove boxes of half the picture's width and height or more; ``size`` is the picture's (width, height)."""
    small = np.asarray(found.boxes[:, 2:] - found.boxes[:, :2] < MAX_SIDE_FRACTION * np.array(size))
    return found.select(np.asarray(small.any(axis=1)))


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


def believed(found: Detections, image: Images) -> Detections:
    """Return a frame's objects, of a dark (H, W, 3) uint8 frame only those of which the model is sure."""
    if not len(found.labels) or float(np.median(image[..., 1])) >= MAX_DARK_BRIGHTNESS:
        return found
    return found.select(found.confidence >= MIN_DARK_CONFIDENCE)


def actors(found: Detections) -> Floats:
    """Return the boxes of those whom the action model is asked about, (N, 4): sure persons, large enough."""
    person, vehicle = found.labelled(PERSON), found.labelled(*VEHICLES)
    tall = found.boxes[:, 3] - found.boxes[:, 1] >= MIN_PERSON_PIXELS
    asked = person & (found.confidence >= CONFIDENT_PERSON) & tall
    surer = found.confidence[None, :] > found.confidence[:, None]
    asked &= ~((iou(found.boxes, found.boxes) >= SAME_BOX_IOU) & surer & vehicle).any(axis=1)
    return found.boxes[asked]
