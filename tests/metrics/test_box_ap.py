"""Average precision of boxes against a twin that goes through them one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.boxes import iou
from core.records import Detections
from metrics.box_ap import average_precision


def detections(boxes, confidence, labels=None):
    labels = labels or ("person",) * len(boxes)
    return Detections(
        0, np.array(boxes, np.float32).reshape(-1, 4), tuple(labels), np.array(confidence, np.float32), "COCO"
    )


def overlap(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    joined = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / joined if joined > 0 else 0.0


def naive(found, truth, least=0.5):
    """Go through all boxes of all frames, surest first, and integrate the curve step by step."""
    rows = sorted(((c, f, tuple(b)) for f, d in enumerate(found) for b, c in zip(d.boxes, d.confidence, strict=True)))
    taken, outcome = set(), []
    for _, f, box in reversed(rows):
        best, which = 0.0, None
        for k, other in enumerate(truth[f].boxes):
            if (f, k) not in taken and truth[f].confidence[k] > 0 and overlap(box, other) > best:
                best, which = overlap(box, other), k
        if best >= least:
            taken.add((f, which))
            outcome.append(1)
        elif not any(
            c <= 0 and overlap(box, other) >= least
            for other, c in zip(truth[f].boxes, truth[f].confidence, strict=True)
        ):
            outcome.append(0)
    asked = sum(int((t.confidence > 0).sum()) for t in truth)
    curve = [(sum(outcome[: i + 1]) / asked, sum(outcome[: i + 1]) / (i + 1)) for i in range(len(outcome))]
    area, before = 0.0, 0.0
    for recall, _ in curve:
        area += (recall - before) * max((p for r, p in curve if r >= recall), default=0)
        before = recall
    return area


corner = st.integers(0, 12)
box = st.tuples(corner, corner, st.integers(1, 8), st.integers(1, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@st.composite
def frames(draw):
    count = draw(st.integers(1, 3))
    truth = [draw(st.lists(box, max_size=4)) for _ in range(count)]
    found = [draw(st.lists(box, max_size=5)) for _ in range(count)]
    order = draw(st.permutations(range(1, 1 + sum(map(len, found)))))
    sure = iter(order)
    asked = [draw(st.lists(st.sampled_from([0, 1]), min_size=len(t), max_size=len(t))) for t in truth]
    return (
        [detections(f, [next(sure) / 100 for _ in f]) for f in found],
        [detections(t, a) for t, a in zip(truth, asked, strict=True)],
    )


@given(frames())
def test_equal_to_the_naive_twin(drawn):
    found, truth = drawn
    got = average_precision(found, truth, "person")
    if not any((t.confidence > 0).any() for t in truth):
        assert math.isnan(got)
    else:
        assert got == pytest.approx(naive(found, truth), abs=1e-6)


@given(st.lists(box, max_size=4), st.lists(box, max_size=4))
def test_iou_equal_to_the_naive_twin(a, b):
    got = iou(np.array(a, np.float32).reshape(-1, 4), np.array(b, np.float32).reshape(-1, 4))
    assert got.shape == (len(a), len(b))
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            assert got[i, j] == pytest.approx(overlap(x, y), abs=1e-6)


def test_other_labels_and_other_frames_do_not_count():
    here, away = [(0, 0, 4, 8)], [(20, 20, 24, 28)]
    truth = [detections(here, [1]), detections(away, [1])]
    assert average_precision([detections(here, [0.9]), detections(away, [0.8])], truth, "person") == 1.0
    assert average_precision([detections(away, [0.9]), detections(here, [0.8])], truth, "person") == 0.0
    assert average_precision([detections(here, [0.9], ["dog"]), detections([], [])], truth, "person") == 0.0
