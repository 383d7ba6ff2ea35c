"""Weighted boxes fusion: one box for what several views of a picture show (``solovyev2021weighted``)."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Floats
from core.boxes import iou
from core.records import Detections
from explain.objects.rcnn import COCO

SAME = 0.55
"""IoU from which two boxes of one label are of one thing."""


def fused(views: Sequence[Detections]) -> Detections:
    """Fuse what N views of one picture show.

    Boxes of one label join the box that they overlap most, the surest first. A fused box is their mean, weighted by
    confidence. Its confidence is the mean over all views: what n of N show has at most n / N.

    Args:
        views: detections of the same picture, in its own pixels, with names of COCO.

    Returns:
        (M, 4) boxes, the surest first.

    >>> one = Detections(0, np.array([[0, 0, 10, 10]], np.float32), ("car",), np.array([0.8], np.float32), "COCO")
    >>> none = Detections(0, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
    >>> [round(float(x), 2) for x in fused([one, one]).confidence], [float(x) for x in fused([one, none]).confidence]
    ([0.8], [0.4000000059604645])
    """
    rows = _rows(views)
    groups: list[list[Floats]] = []
    means = np.zeros((0, 6), np.float32)
    for row in rows:
        overlaps = iou(row[None, :4], means[:, :4])[0] * (means[:, 5] == row[5])
        at = int(overlaps.argmax()) if len(means) and overlaps.max() >= SAME else len(groups)
        if at == len(groups):
            groups.append([])
            means = np.concatenate([means, row[None]])
        groups[at].append(row)
        means[at] = _mean(np.stack(groups[at]), len(views))
    means = means[np.argsort(-means[:, 4], kind="stable")]
    labels = tuple(COCO[int(which)] for which in means[:, 5])
    return Detections(views[0].frame, means[:, :4], labels, means[:, 4], views[0].vocabulary)


def _rows(views: Sequence[Detections]) -> Floats:
    """Return (K, 6): box, confidence and number of the label of all boxes, the surest first."""
    parts = [
        np.column_stack([view.boxes, view.confidence, [COCO.index(label) for label in view.labels]]) for view in views
    ]
    rows = np.concatenate(parts).astype(np.float32)
    return rows[np.argsort(-rows[:, 4], kind="stable")]


def _mean(rows: Floats, views: int) -> Floats:
    weights = rows[:, 4:5]
    box = (rows[:, :4] * weights).sum(0) / weights.sum()
    confidence = weights.sum() / max(len(rows), views)
    return np.array([*box, confidence, rows[0, 5]], np.float32)
