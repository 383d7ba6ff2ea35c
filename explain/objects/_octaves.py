"""Answers at several scales put together: a network that has only seen small objects sees large ones shrunken."""

import numpy as np
import torch
from torchvision.ops import batched_nms

from core.records import Detections
from explain.boxes import iou, within
from explain.labels import PERSON

SURE = 0.5
"""Confidence from which the coarse scale is believed: shrunken, a group of small things looks like a large one."""
INSIDE = 0.75
"""Share of a box from which it lies within another."""
SAME = 0.5
"""IoU from which two boxes of one label show one thing."""


def joined(fine: Detections, coarse: Detections, large: float) -> Detections:
    """Put one frame's answers at two scales together.

    The coarse scale adds what is large, where it is sure. Boxes of the fine scale within a large person are fragments:
    each is dropped, unless the coarse scale sees a small thing of that name there, too.

    Args:
        fine: at the larger scale.
        coarse: of the same frame, shrunken.
        large: longer side, in pixels of the frame, from which a box is the coarse scale's.
    """
    reaches = (coarse.boxes[:, 2:] - coarse.boxes[:, :2]).max(axis=1, initial=0.0) >= large
    big = reaches & (coarse.confidence >= SURE)
    names = sorted({*fine.labels, *coarse.labels})
    ours, theirs = (np.array([names.index(label) for label in d.labels], np.int64) for d in (fine, coarse))
    named = np.array([label == PERSON for label in coarse.labels], np.bool_)
    persons = coarse.boxes[big & named]
    again = (iou(fine.boxes, coarse.boxes) >= SAME) & (ours[:, None] == theirs) & ~reaches
    kept = ~(within(fine.boxes, persons) >= INSIDE).any(axis=1) | again.any(axis=1)
    boxes = np.concatenate([fine.boxes[kept], coarse.boxes[big]])
    sure = np.concatenate([fine.confidence[kept], coarse.confidence[big]])
    which = np.concatenate([ours[kept], theirs[big]])
    best = batched_nms(*(torch.from_numpy(part) for part in (boxes, sure, which)), SAME).numpy()
    return Detections(fine.frame, boxes[best], tuple(names[i] for i in which[best]), sure[best], fine.vocabulary)
