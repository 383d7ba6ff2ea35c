"""Box heads with several labels for a box, against slow twins."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import batched_nms, box_iou

from explain.objects import compact
from explain.objects._many import MIN_OBJECT_IOU, counted, matches

CLASSES = 3
corner = st.integers(0, 40)
some_boxes = st.lists(st.tuples(corner, corner, st.integers(5, 30), st.integers(5, 30)), min_size=1, max_size=6)


def as_boxes(rows):
    return torch.tensor([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=torch.float32).reshape(-1, 4)


@given(some_boxes, some_boxes, st.data())
def test_matches_are_those_of_the_naive_twin(proposals, boxes, data):
    proposals, boxes = as_boxes(proposals), as_boxes(boxes)
    labels = torch.tensor([data.draw(st.integers(1, CLASSES)) for _ in boxes])
    hits, which = matches(proposals, boxes, labels, CLASSES)
    for p, proposal in enumerate(proposals):
        for c in range(CLASSES):
            of = [g for g in range(len(boxes)) if labels[g] == c + 1]
            overlaps = [float(box_iou(proposal[None], boxes[g : g + 1])[0, 0]) for g in of]
            assert bool(hits[p, c]) == (max(overlaps, default=0) >= MIN_OBJECT_IOU)
            if hits[p, c]:
                assert overlaps[of.index(int(which[p, c]))] == max(overlaps)


def test_no_boxes_match_nothing():
    hits, which = matches(as_boxes([(0, 0, 9, 9)]), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), CLASSES)
    assert hits.shape == which.shape == (1, CLASSES) and not hits.any()


def test_a_rider_and_what_is_ridden_are_both_learnt_from_one_proposal():
    heads = compact.network(CLASSES).train().roi_heads
    target = {"boxes": as_boxes([(10, 10, 30, 60), (8, 10, 34, 62)]), "labels": torch.tensor([1, 3])}
    drawn, wanted, codes, learnt = heads._draw([as_boxes([(9, 10, 32, 61), (200, 200, 30, 30)])], [target])
    at = {tuple(box.tolist()): i for i, box in enumerate(drawn[0])}
    both = at[(9.0, 10.0, 41.0, 71.0)]
    assert wanted[both].tolist() == [True, False, True] and not wanted[at[(200.0, 200.0, 230.0, 230.0)]].any()
    boxes = heads.box_coder.decode(codes.reshape(len(codes), -1), drawn)
    torch.testing.assert_close(boxes[both][wanted[both]], target["boxes"], atol=1e-3, rtol=0)
    assert (codes[~wanted] == 0).all() and learnt.all()


def test_what_is_not_known_or_ignored_is_no_background():
    heads = compact.network(CLASSES).train().roi_heads
    target = {
        "boxes": as_boxes([(10, 10, 30, 60)]), "labels": torch.tensor([1]),
        "ignored": as_boxes([(100, 100, 40, 40)]), "known": torch.tensor([True, False, True]),
    }  # fmt: skip
    offered = as_boxes([(11, 10, 30, 60), (102, 100, 40, 40), (300, 10, 30, 30)])
    drawn, wanted, _, learnt = heads._draw([offered], [target])
    at = {tuple(box.tolist()): i for i, box in enumerate(drawn[0])}
    hit, ignored, empty = (at[tuple(box.tolist())] for box in offered)
    assert wanted[hit].tolist() == [True, False, False]
    assert learnt[hit].tolist() == learnt[empty].tolist() == [True, False, True]
    assert learnt[ignored].tolist() == [False, False, False]


def test_a_hit_is_learnt_though_its_label_is_not_known_everywhere():
    boxes, hits = as_boxes([(0, 0, 9, 9)]), torch.tensor([[False, True, False]])
    target = {"known": torch.zeros(CLASSES, dtype=torch.bool), "ignored": boxes}
    assert counted(boxes, hits, target).tolist() == [[False, True, False]]


def test_what_shows_a_solid_thing_shows_nothing_else():
    boxes = as_boxes([(0, 0, 9, 9), (20, 0, 9, 9)])
    hits = torch.tensor([[False, True, False], [True, False, False]])
    target = {"known": torch.zeros(CLASSES, dtype=torch.bool), "solid": torch.tensor([False, True, False])}
    assert counted(boxes, hits, target).tolist() == [[True, True, True], [True, False, False]]


def test_proposals_learn_no_background_where_it_is_ignored():
    rpn = compact.network(CLASSES).train().rpn
    anchors = as_boxes([(0, 0, 20, 20), (100, 100, 20, 20), (200, 0, 20, 20)])
    target = {"boxes": as_boxes([(0, 0, 20, 20)]), "ignored": as_boxes([(102, 100, 20, 20)])}
    (labels,), _ = rpn.assign_targets_to_anchors([anchors], [target])
    assert labels.tolist() == [1, -1, 0]


def test_pictures_without_objects_can_be_learnt_from():
    network = compact.network(CLASSES).train()
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    losses = network([torch.rand(3, 64, 96)], [empty])
    assert all(loss.isfinite() for loss in losses.values()) and losses["loss_box_reg"] == 0


def test_answers_are_those_of_the_naive_twin():
    heads = compact.network(CLASSES).eval().roi_heads
    rng = torch.Generator().manual_seed(0)
    proposals = [
        torch.rand(20, 2, generator=rng).mul(60).repeat(1, 2) + torch.tensor([0, 0, 25, 40.0]) for _ in range(2)
    ]
    logits = torch.randn(40, CLASSES, generator=rng) * 2
    deltas = torch.randn(40, CLASSES * 4, generator=rng) * 0.5
    answers = heads._answer(logits, deltas, proposals, [(80, 90), (80, 90)])
    for image, answer in enumerate(answers):
        rows = []
        for i, proposal in enumerate(proposals[image]):
            for c in range(CLASSES):
                code = deltas[image * 20 + i, c * 4 : c * 4 + 4]
                box = heads.box_coder.decode_single(code[None], proposal[None])[0]
                box = torch.stack([box[0].clamp(0, 90), box[1].clamp(0, 80), box[2].clamp(0, 90), box[3].clamp(0, 80)])
                sure = float(torch.sigmoid(logits[image * 20 + i, c]))
                if sure > 0.05 and box[2] - box[0] >= 0.01 and box[3] - box[1] >= 0.01:
                    rows.append((box, sure, c))
        boxes, sure = torch.stack([r[0] for r in rows]), torch.tensor([r[1] for r in rows])
        kept = batched_nms(boxes, sure, torch.tensor([r[2] for r in rows]), 0.5)[:100]
        assert 0 < len(kept) < len(rows)
        torch.testing.assert_close(answer["boxes"], boxes[kept], atol=1e-4, rtol=0)
        np.testing.assert_array_equal(answer["labels"], [rows[k][2] + 1 for k in kept])


def test_what_lies_in_a_surer_rival_is_left_out():
    heads = compact.network(CLASSES).eval().roi_heads
    at = as_boxes([(10, 10, 40, 40), (18, 10, 20, 42), (60, 10, 20, 40), (62, 12, 10, 10), (45, 10, 20, 40)])
    sure = torch.zeros(5, CLASSES)
    for i, (label, confidence) in enumerate([(1, 0.9), (2, 0.8), (2, 0.7), (0, 0.6), (1, 0.5)]):
        sure[i, label] = confidence
    boxes = at[:, None].repeat(1, CLASSES, 1)
    assert heads._select(boxes, sure, (80, 90))["labels"].tolist() == [2, 3, 3, 1, 2]
    heads.rivals = (1, 2)  # of the other label and surer alone; the last lies beside
    assert heads._select(boxes, sure, (80, 90))["labels"].tolist() == [2, 3, 1, 2]


def test_of_kinds_of_one_thing_the_surest_stays():
    heads = compact.network(CLASSES).eval().roi_heads
    at = as_boxes([(10, 10, 40, 40), (12, 10, 38, 40), (11, 10, 40, 40)])
    sure = torch.diag(torch.tensor([0.9, 0.8, 0.7]))
    boxes = at[:, None].repeat(1, CLASSES, 1)
    assert heads._select(boxes, sure, (80, 90))["labels"].tolist() == [1, 2, 3]
    heads.kinds = (0, 1)
    assert heads._select(boxes, sure, (80, 90))["labels"].tolist() == [1, 3]
