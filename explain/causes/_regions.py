"""Connected regions of heat that lie in no box: what the models missed."""

import cv2
import numpy as np
import numpy.typing as npt

from core.arrays import Doubles, Floats
from core.records import Detections, Evidence
from explain.heat import covered

UNKNOWN = "unknown"
NO_VOCABULARY = "none"
UNNAMED_WEIGHT = 0.5
"""Weight of a region beside a model's confidence: no model put a name to it, and none contradicts it."""
MIN_HEAT_RATIO = 4.0
"""A region begins where the smoothed heat is this many times the camera's mean."""
HALO_FRACTION = 0.1
"""Heat that leaks out of a box by this share of its width or height still belongs to the box."""
MAX_REGIONS = 3
MIN_AREA_FRACTION = 2e-4


def unboxed(evidence: Evidence, level: float) -> Detections:
    """Find the regions of a frame's heat that no box covers, hottest first; ``level`` is the camera's mean heat.

    Returns:
        At most :data:`MAX_REGIONS` boxes, labelled ``unknown``, with :data:`UNNAMED_WEIGHT` in place of a confidence.
    """
    boxes = np.concatenate([evidence.objects.boxes, evidence.actions.boxes]).astype(np.float64)
    height, width = evidence.heat.shape
    outside = np.where(covered((height, width), _enlarge(boxes)), np.float32(0), evidence.heat)
    found = _hot_boxes(outside, level)
    n = len(found)
    weight = np.full(n, UNNAMED_WEIGHT, np.float32)
    return Detections(evidence.frame, found.astype(np.float32), (UNKNOWN,) * n, weight, NO_VOCABULARY)


def _enlarge(boxes: Doubles) -> Doubles:
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * HALO_FRACTION
    enlarged: Doubles = boxes + np.maximum(size, 0.0) * np.array([-1.0, -1.0, 1.0, 1.0])
    return enlarged


def _hot_boxes(heat: Floats, level: float) -> npt.NDArray[np.intp]:
    """Return the (K, 4) boxes of the hottest connected regions; smoothing joins the speckle of one object."""
    smooth = cv2.GaussianBlur(heat, (0, 0), max(1.0, heat.shape[1] / 160))
    hot = (smooth > MIN_HEAT_RATIO * level).astype(np.uint8)
    _, regions, facts, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
    x, y, width, height, area = np.asarray(facts, np.intp).T
    raised = np.maximum(heat - np.float32(level), np.float32(0))
    above = np.bincount(regions.ravel(), weights=raised.ravel(), minlength=len(area))
    above[area < MIN_AREA_FRACTION * heat.size] = 0.0
    # Component 0 is what is not hot.
    above[0] = 0.0
    order = np.argsort(-above, kind="stable")[:MAX_REGIONS]
    boxes = np.stack([x, y, x + width, y + height], axis=1)
    return boxes[order[above[order] > 0.0]]
