"""Weighted boxes fusion, against a plain reading of the paper."""

import numpy as np
import pytest

from core.records import Detections
from workshop._fused_boxes import fused


def view(*rows):
    """Detections of (label, box, confidence)."""
    boxes = np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4)
    return Detections(0, boxes, tuple(r[0] for r in rows), np.array([r[2] for r in rows], np.float32), "COCO")


def test_boxes_of_one_thing_become_their_weighted_mean():
    found = fused([view(("car", [0, 0, 100, 50], 0.9)), view(("car", [10, 0, 110, 50], 0.3))])
    assert found.labels == ("car",)
    assert found.boxes[0] == pytest.approx([2.5, 0, 102.5, 50])
    assert found.confidence[0] == pytest.approx(0.6)


def test_what_few_views_show_is_doubted():
    views = [view(("dog", [0, 0, 20, 20], 0.8)), view(("dog", [50, 0, 70, 20], 0.8)), view(), view()]
    assert fused(views).confidence == pytest.approx([0.2, 0.2])


def test_labels_are_kept_apart_and_neighbours_too():
    one = view(("person", [0, 0, 10, 30], 0.9), ("person", [8, 0, 18, 30], 0.7), ("bicycle", [0, 0, 10, 30], 0.5))
    found = fused([one, one])
    assert found.labels == ("person", "person", "bicycle")
    assert found.confidence == pytest.approx([0.9, 0.7, 0.5])


def test_more_boxes_than_views_do_not_exceed_a_probability():
    found = fused(
        [view(("car", [0, 0, 100, 50], 0.9), ("car", [2, 0, 100, 50], 0.9)), view(("car", [0, 0, 99, 50], 1))]
    )
    assert len(found.labels) == 1 and found.confidence[0] == pytest.approx(2.8 / 3)


def test_nothing_seen_is_no_box():
    assert len(fused([view(), view()]).boxes) == 0
