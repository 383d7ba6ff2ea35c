"""Average precision of labelled boxes: how well an object model finds one class."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Bools, Floats
from core.boxes import iou
from core.records import Detections


def average_precision(
    found: Sequence[Detections], truth: Sequence[Detections], label: str, least: float = 0.5
) -> float:
    """Area under one label's precision-recall curve, precision made monotone (``everingham2010pascal``, section 4.2).

    Args:
        found: one entry a frame.
        truth: the same frames in the same order; its confidence says what must be found: boxes of confidence 0 are
            neither required nor counted as false.
        label: the class.
        least: IoU from which a box is a hit; each true box can be hit once, the surest box first.

    Returns:
        0 to 1; NaN where the truth has no box of that label that must be found.
    """
    pairs = [(f.select(f.labelled(label)), t.select(t.labelled(label))) for f, t in zip(found, truth, strict=True)]
    asked = sum(int((t.confidence > 0).sum()) for _, t in pairs)
    if asked == 0:
        return float("nan")
    marks = [_match(f.boxes, f.confidence, t.boxes, t.confidence, least) for f, t in pairs]
    confidence = np.concatenate([sure for sure, _ in marks])
    hit = np.concatenate([good for _, good in marks])[np.argsort(-confidence, kind="stable")]
    hits = np.cumsum(hit)
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best * hit).sum() / asked)


def _match(boxes: Floats, confidence: Floats, true: Floats, asked: Floats, least: float) -> tuple[Floats, Bools]:
    """Return confidence and hit of the boxes that count, surest first."""
    order = np.argsort(-confidence, kind="stable")
    overlaps, free = iou(boxes[order], true), np.ones(len(true), dtype=bool)
    hit, counts = np.zeros(len(order), dtype=bool), np.ones(len(order), dtype=bool)
    for i, overlap in enumerate(overlaps):
        overlap = np.where(free & (asked > 0), overlap, 0)
        if len(true) and overlap.max() >= least:
            hit[i], free[overlap.argmax()] = True, False
        else:
            counts[i] = not (overlaps[i][asked <= 0] >= least).any()
    return confidence[order][counts], hit[counts]
