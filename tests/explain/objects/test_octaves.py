"""Answers at several scales, put together."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.device import Runtime
from core.records import Detections
from explain.objects._octaves import INSIDE, SAME, SURE, joined
from explain.objects._rcnn import RcnnModel
from metrics.first_cause import overlap

NAMES = ("__background__", "person", "handbag")
LARGE = 100.0


def of(*rows):
    """Make a record of (label, confidence, x1, y1, x2, y2)."""
    boxes = np.array([row[2:] for row in rows], np.float32).reshape(-1, 4)
    sure = np.array([row[1] for row in rows], np.float32)
    return Detections(3, boxes, tuple(row[0] for row in rows), sure, "COCO")


def rows(found):
    return [
        (label, float(sure), *map(float, box))
        for label, sure, box in zip(found.labels, found.confidence, found.boxes, strict=True)
    ]


MAN = ("person", 0.9, 10.0, 10.0, 90.0, 300.0)


def test_a_person_seen_only_shrunken_is_kept_and_fragments_are_dropped():
    head, legs = ("person", 0.8, 20.0, 12.0, 80.0, 90.0), ("handbag", 0.7, 15.0, 200.0, 85.0, 298.0)
    walker = ("person", 0.6, 200.0, 50.0, 220.0, 100.0)
    assert sorted(rows(joined(of(head, legs, walker), of(MAN), LARGE))) == sorted(rows(of(MAN, walker)))


def test_what_both_scales_see_within_a_person_is_kept():
    bag, again = ("handbag", 0.8, 20.0, 100.0, 50.0, 140.0), ("handbag", 0.3, 21.0, 99.0, 52.0, 141.0)
    assert sorted(rows(joined(of(bag), of(MAN, again), LARGE))) == sorted(rows(of(MAN, bag)))


def test_small_boxes_of_the_coarse_scale_do_not_count():
    assert rows(joined(of(), of(("person", 0.9, 0.0, 0.0, 40.0, 99.0)), LARGE)) == []


def test_a_doubtful_large_person_adds_and_drops_nothing():
    head, man = ("person", 0.8, 20.0, 12.0, 80.0, 90.0), ("person", 0.4, *MAN[2:])
    assert rows(joined(of(head), of(man), LARGE)) == rows(of(head))


def inside(box, other):
    area = (box[2] - box[0]) * (box[3] - box[1])
    wide, high = (max(0.0, min(box[i + 2], other[i + 2]) - max(box[i], other[i])) for i in (0, 1))
    return wide * high / area


def naive(fine, coarse):
    """Do the same, one box after the other."""
    small = [c for c in coarse if max(c[4] - c[2], c[5] - c[3]) < LARGE]
    big = [c for c in coarse if c not in small and c[1] >= SURE]
    persons = [c for c in big if c[0] == "person"]
    kept = [
        f
        for f in fine
        if not any(inside(f[2:], p[2:]) >= INSIDE for p in persons)
        or any(f[0] == s[0] and overlap(f[2:], s[2:]) >= SAME for s in small)
    ]
    best = []
    for row in sorted(kept + big, key=lambda row: -row[1]):
        if not any(row[0] == other[0] and overlap(row[2:], other[2:]) > SAME for other in best):
            best.append(row)
    return best


place = st.integers(0, 30).map(lambda v: 8.0 * v)
side = st.integers(1, 30).map(lambda v: 8.0 * v)
boxes = st.tuples(st.sampled_from(NAMES[1:]), place, place, side, side)


def drawn(found, first):
    """Give each box a confidence of its own, so that none ties."""
    return [(label, (first + 2 * i) / 32, x, y, x + w, y + h) for i, (label, x, y, w, h) in enumerate(found)]


@given(st.lists(boxes, max_size=8), st.lists(boxes, max_size=8))
def test_equal_to_the_naive_twin(fine, coarse):
    fine, coarse = drawn(fine, 6), drawn(coarse, 7)
    assert sorted(rows(joined(of(*fine), of(*coarse), LARGE))) == sorted(naive(fine, coarse))


class Scales(torch.nn.Module):
    """Answers with the whole picture as one person, but only where it is small enough; remembers the sizes."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def forward(self, pictures):
        height, width = pictures[0].shape[1:]
        self.sizes.append((height, width))
        found = [[0.0, 0.0, width, height]] * (height <= 60)
        return [
            {
                "boxes": torch.tensor(found).reshape(-1, 4),
                "labels": torch.ones(len(found), dtype=torch.int64),
                "scores": torch.full((len(found),), 0.9),
            }
            for _ in pictures
        ]


@pytest.mark.parametrize(("octaves", "found"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_each_octave_halves_the_frame(octaves, found):
    network = Scales()
    runtime = Runtime(torch.device("cpu"), torch.float32)
    model = RcnnModel("scales", network, NAMES, runtime, 2, (200, 400), 1.0, octaves, 64.0)
    answers = model.detect(np.zeros((3, 400, 800, 3), np.uint8), first=5)
    assert network.sizes[: octaves + 1] == [(200 >> i, 400 >> i) for i in range(octaves + 1)]
    assert [answer.frame for answer in answers] == [5, 6, 7]
    for answer in answers:
        assert rows(answer) == [("person", pytest.approx(0.9), 0.0, 0.0, 800.0, 400.0)] * found
