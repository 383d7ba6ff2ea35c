"""From a network's answer to records."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.device import Runtime
from explain.objects import compact
from explain.objects.rcnn import CATEGORIES, COCO, RcnnModel, to_detections

NAMES = ("__background__", "person", "N/A", "bicycle")
number = st.floats(-50, 150, width=32) | st.just(float("nan")) | st.just(float("inf"))
row = st.tuples(number, number, number, number, st.integers(0, 3), st.floats(0, 1, width=32))


def naive(rows, width, height):
    kept = []
    for x1, y1, x2, y2, label, sure in rows:
        if any(np.isnan(v) for v in (x1, y1, x2, y2)) or label in (0, 2):
            continue
        x1, x2 = (min(max(v, 0), width) for v in (x1, x2))
        y1, y2 = (min(max(v, 0), height) for v in (y1, y2))
        if x1 < x2 and y1 < y2:
            kept.append((x1, y1, x2, y2, NAMES[label], sure))
    return kept


def answer(rows):
    table = torch.tensor([r[:4] for r in rows], dtype=torch.float32).reshape(-1, 4)
    ids = torch.tensor([r[4] for r in rows], dtype=torch.int64)
    return table, ids, torch.tensor([r[5] for r in rows], dtype=torch.float32)


@given(st.lists(st.lists(row, max_size=8), min_size=1, max_size=3))
def test_equal_to_the_naive_twin(frames):
    found = to_detections([answer(rows) for rows in frames], NAMES, (60, 90), 7)
    assert [one.frame for one in found] == [*range(7, 7 + len(frames))]
    for got, rows in zip(found, frames, strict=True):
        want = naive(rows, 90, 60)
        assert got.labels == tuple(w[4] for w in want)
        np.testing.assert_array_equal(got.boxes, np.array([w[:4] for w in want], np.float32).reshape(-1, 4))
        np.testing.assert_array_equal(got.confidence, np.array([w[5] for w in want], np.float32))


def test_half_precision_is_taken():
    halves = torch.tensor([[1, 2, 3, 4]], dtype=torch.bfloat16), torch.tensor([1]), torch.tensor([0.5])
    (got,) = to_detections([halves], NAMES, (9, 9), 0)
    assert got.boxes.dtype == np.float32 and got.labels == ("person",)


def test_coco_has_eighty_names_in_order():
    assert len(COCO) == 80 and COCO[:3] == ("person", "bicycle", "car") and COCO[-1] == "toothbrush"
    assert CATEGORIES[1] == "person" and CATEGORIES[90] == "toothbrush"


def test_heads_answer_in_float32_whatever_the_precision():
    network = compact.network(3).eval()
    levels = network.backbone(torch.rand(1, 3, 64, 96))
    with Runtime(torch.device("cpu"), torch.bfloat16).autocast():
        logits, deltas = network.rpn.head(list(levels.values()))
        answers = [*logits, *deltas, *network.roi_heads.box_predictor(torch.rand(2, compact.HEAD))]
        assert network.roi_heads.box_predictor.cls_score(torch.rand(2, compact.HEAD)).dtype == torch.bfloat16
    assert {answer.dtype for answer in answers} == {torch.float32}


class Whole(torch.nn.Module):
    """Boxes each picture's left half, and remembers the pictures' size."""

    def forward(self, pictures):
        self.size = tuple(pictures[0].shape[1:])
        box = torch.tensor([[0.0, 0.0, self.size[1] / 2, self.size[0]]])
        return [{"boxes": box, "labels": torch.tensor([1]), "scores": torch.tensor([0.9])} for _ in pictures]


@pytest.mark.parametrize(
    ("size", "seen"),
    [((240, 360), (360, 540)), ((120, 160), (180, 240)), ((360, 640), (360, 640)), ((720, 1280), (360, 640)),
     ((300, 900), (213, 640))],
)  # fmt: skip
def test_frames_are_brought_to_the_limits_and_boxes_back(size, seen):
    network = Whole()
    model = RcnnModel("whole", network, NAMES, Runtime(torch.device("cpu"), torch.float32), 2, (360, 640), 1.5)
    (found,) = model.detect(np.zeros((1, *size, 3), np.uint8))
    assert network.size == seen
    np.testing.assert_allclose(found.boxes, [[0, 0, size[1] / 2, size[0]]], atol=0.01)
