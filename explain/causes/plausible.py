"""Boxes that can be believed: none half a picture large, and persons that an action model can tell something of."""

import numpy as np

from core.arrays import Floats
from core.boxes import iou
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


def sized(found: Detections, size: tuple[int, int]) -> Detections:
    """Remove boxes of half the picture's width and height or more; ``size`` is the picture's (width, height)."""
    small = np.asarray(found.boxes[:, 2:] - found.boxes[:, :2] < MAX_SIDE_FRACTION * np.array(size))
    return found.select(np.asarray(small.any(axis=1)))


def actors(found: Detections) -> Floats:
    """Return the boxes of those whom the action model is asked about, (N, 4): sure persons, large enough."""
    person, vehicle = found.labelled(PERSON), found.labelled(*VEHICLES)
    asked = (
        person & (found.confidence >= CONFIDENT_PERSON) & (found.boxes[:, 3] - found.boxes[:, 1] >= MIN_PERSON_PIXELS)
    )
    surer = found.confidence[None, :] > found.confidence[:, None]
    asked &= ~((iou(found.boxes, found.boxes) >= SAME_BOX_IOU) & surer & vehicle).any(axis=1)
    return found.boxes[asked]
