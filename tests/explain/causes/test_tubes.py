from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import boxes
from core.clock import Clock
from core.records import Detections, Tube
from explain.causes import tubes


def seen(frame, boxes, labels=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    names = tuple(labels or ["person"] * len(boxes))
    return Detections(frame, boxes, names, np.linspace(0.5, 1, len(boxes), dtype=np.float32), "COCO")


def rows(tube):
    return [
        (tube.label, int(f), *map(float, b), float(c))
        for f, b, c in zip(tube.frames, tube.boxes, tube.confidence, strict=True)
    ]


@st.composite
def footage(draw):
    frames = sorted(draw(st.sets(st.integers(0, 60), max_size=6)))
    number = st.floats(-50, 700, width=32)
    result = []
    for frame in frames:
        corners = draw(
            st.lists(st.tuples(number, number, st.floats(0, 90, width=32), st.floats(0, 90, width=32)), max_size=7)
        )
        labels = draw(st.lists(st.sampled_from(["person", "bicycle"]), min_size=len(corners), max_size=len(corners)))
        result.append(seen(frame, [(x, y, x + w, y + h) for x, y, w, h in corners], labels))
    return result


@given(footage())
@settings(deadline=None)
def test_every_box_ends_in_exactly_one_tube(detections):
    found = tubes.link(detections)
    given_rows = [row for d in detections for row in rows_of(d)]
    assert sorted(row for tube in found for row in rows(tube)) == sorted(given_rows)
    for tube in found:
        assert (np.diff(tube.frames) > 0).all()
    firsts = [tube.frames[0] for tube in found]
    assert firsts == sorted(firsts)


def rows_of(d):
    return [(n, d.frame, *map(float, b), float(c)) for n, b, c in zip(d.labels, d.boxes, d.confidence, strict=True)]


boxes_strategy = st.lists(
    st.tuples(st.floats(0, 40), st.floats(0, 40), st.floats(1, 40), st.floats(1, 40)), min_size=1, max_size=4
).map(lambda corners: np.array([(x, y, x + w, y + h) for x, y, w, h in corners]))


@given(boxes_strategy, boxes_strategy)
@settings(deadline=None)
def test_first_pass_is_the_best_of_all_assignments(a, b):
    """Exhaustive twin: the summed IoU of the pairs above the least IoU is the greatest of all one-to-one pairings."""
    least = tubes.PASSES[0][1]
    overlap = boxes.iou(a, b)
    worth = np.where(overlap >= least, overlap, 0)
    worth = worth if len(a) <= len(b) else worth.T
    best = max(
        sum(worth[i, j] for i, j in enumerate(chosen)) for chosen in permutations(range(worth.shape[1]), len(worth))
    )
    r, c = tubes._match(a, np.zeros(len(a), np.int64), b, np.zeros(len(b), np.int64))
    found = overlap[r, c]
    assert found[found >= least].sum() == pytest.approx(best)
    assert len(set(r)) == len(r) and len(set(c)) == len(c)


def test_two_people_who_cross_keep_their_tubes():
    detections = [seen(t, [(4 * t, 50, 4 * t + 20, 100), (200 - 4 * t, 55, 220 - 4 * t, 105)]) for t in range(0, 50, 5)]
    found = tubes.link(detections)
    assert [len(tube.frames) for tube in found] == [10, 10]
    assert (np.diff(found[0].boxes[:, 0]) > 0).all() and (np.diff(found[1].boxes[:, 0]) < 0).all()


def test_uneven_gaps_and_missed_samples_do_not_cut_a_tube():
    frames = [0, 5, 7, 20, 25, 40]
    detections = [seen(t, [] if t in (7, 25) else [(3 * t, 10, 3 * t + 20, 60)]) for t in frames]
    (tube,) = tubes.link(detections)
    assert tube.frames.tolist() == [0, 5, 20, 40]


def test_someone_gone_for_long_is_someone_new():
    detections = [seen(t, [(10, 10, 30, 60)] if t in (0, 5, 60) else []) for t in range(0, 65, 5)]
    assert [tube.frames.tolist() for tube in tubes.link(detections)] == [[0, 5], [60]]


def test_fast_and_thin_is_followed_from_its_first_step():
    detections = [seen(t, [(6 * t, 10, 6 * t + 20, 60)]) for t in range(0, 40, 5)]
    assert len(tubes.link(detections)) == 1


def test_labels_are_never_mixed():
    box = [(10, 10, 30, 60)]
    found = tubes.link([seen(0, box), seen(5, box, ["bicycle"]), seen(10, box)])
    assert [(t.label, t.frames.tolist()) for t in found] == [("person", [0, 10]), ("bicycle", [5])]


def test_sixty_people():
    rng = np.random.default_rng(0)
    start = np.stack(np.meshgrid(np.arange(10) * 60.0, np.arange(6) * 60.0), -1).reshape(-1, 2)
    velocity = rng.uniform(-2, 2, (60, 2))
    detections = []
    for t in range(0, 30, 5):
        order = rng.permutation(60)
        corner = (start + velocity * t)[order]
        detections.append(seen(t, np.concatenate([corner, corner + np.array([20, 50])], axis=1)))
    found = tubes.link(detections)
    assert len(found) == 60 and all(len(tube.frames) == 6 for tube in found)


def test_nothing_in_nothing_out():
    assert tubes.link([]) == []
    assert tubes.link([seen(0, []), seen(5, [])]) == []


def test_frames_must_ascend():
    with pytest.raises(ValueError, match="strictly ascending"):
        tubes.link([seen(5, []), seen(5, [])])


def test_at_interpolates_inside_only():
    tube = Tube(
        "person", np.array([10, 20]), np.array([[0, 0, 10, 20], [10, 0, 20, 20]], np.float32), np.ones(2, np.float32)
    )
    assert tubes.at(tube, 15) == (5, 0, 15, 20)
    assert tubes.at(tube, 10) == (0, 0, 10, 20)
    assert tubes.at(tube, 9) is None and tubes.at(tube, 21) is None
    assert tubes.speed(tube, Clock.steady(10.0)) == pytest.approx(10 / 1.0 / 20)


def test_one_frame_tube():
    (tube,) = tubes.link([seen(7, [(1, 2, 3, 4)])])
    assert tubes.at(tube, 7) == (1, 2, 3, 4) and tubes.at(tube, 8) is None
    assert tubes.speed(tube, Clock.steady(25.0)) == 0


def naive_speed(tube, fps):
    """Go through the samples one after the other."""
    pairs = []
    for i, begin in enumerate(tube.frames.tolist()):
        later = [
            j for j, end in enumerate(tube.frames.tolist()) if end - begin >= np.ceil(tubes.SPEED_SECONDS * fps - 0.5)
        ]
        pairs += [(i, later[0])] if later else []
    found = []
    for i, j in pairs or [(0, len(tube.frames) - 1)]:
        (a, b), seconds = tube.boxes[[i, j]].astype(float), (tube.frames[j] - tube.frames[i]) / fps
        way = np.hypot((b[0] + b[2] - a[0] - a[2]) / 2, (b[1] + b[3] - a[1] - a[3]) / 2)
        found.append(way / seconds / ((max(a[3] - a[1], 1) + max(b[3] - b[1], 1)) / 2))
    return np.median(found)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.sampled_from([5.0, 10.0, 25.0, 29.97]),
    st.integers(0, 2**32 - 1),
)
def test_speed_is_that_of_the_naive_twin(gaps, fps, seed):
    frames, rng = np.cumsum([0, *gaps]), np.random.default_rng(seed)
    corner = rng.uniform(0, 200, (len(frames), 2))
    boxes = np.concatenate([corner, corner + rng.uniform(0.2, 90, corner.shape)], 1).astype(np.float32)
    tube = Tube("person", frames, boxes, np.ones(len(frames), np.float32))
    assert tubes.speed(tube, Clock.steady(fps)) == pytest.approx(naive_speed(tube, fps))


def test_speed_does_not_depend_on_how_densely_a_shaking_box_is_sampled():
    rng, frames = np.random.default_rng(0), np.arange(51)
    left = 3.0 * frames + rng.normal(0, 3, 51)
    boxes = np.stack([left, 0 * left, left + 40, 0 * left + 100], 1).astype(np.float32)
    dense = Tube("person", frames, boxes, np.ones(51, np.float32))
    sparse = Tube("person", frames[::5], boxes[::5], np.ones(11, np.float32))
    assert (
        tubes.speed(dense, Clock.steady(25.0))
        == pytest.approx(0.75, rel=0.1)
        == tubes.speed(sparse, Clock.steady(25.0))
    )


def test_a_speed_is_known_where_its_steps_agree():
    def going(pixels, frames, shake=0.0, seed=1):
        left = pixels * frames + np.random.default_rng(seed).normal(0, 1, len(frames)) * shake
        boxes = np.stack([left, 0 * left, left + 40, 0 * left + 100], 1).astype(np.float32)
        return Tube("person", frames, boxes, np.ones(len(frames), np.float32))

    clock, looks = Clock.steady(25.0), np.arange(0, 60, 5)
    assert tubes.known_speed(going(3.0, looks), clock) == pytest.approx(0.75)
    assert tubes.known_speed(going(3.0, looks, 3.0), clock) == pytest.approx(0.75, rel=0.2)
    assert tubes.known_speed(going(0.0, looks, 3.0), clock) is None
    assert tubes.known_speed(going(3.0, looks[:3]), clock) is None
    assert tubes.known_speed(going(0.0, looks), clock) == 0.0


def test_speed_follows_the_time_stamps():
    boxes = np.stack([10.0 * np.arange(4), np.zeros(4), 10.0 * np.arange(4) + 10, np.full(4, 20.0)], 1).astype(
        np.float32
    )
    tube = Tube("person", np.arange(4), boxes, np.ones(4, np.float32))
    assert tubes.speed(tube, Clock.of([0.0, 0.5, 1.0, 1.5])) == pytest.approx(1.0)
    assert tubes.speed(tube, Clock.of([0.0, 1.0, 2.0, 3.0])) == pytest.approx(0.5)


def test_a_doubted_box_neither_begins_nor_ends_a_tube_that_has_surer_ones():
    box = np.array([[10, 10, 30, 60]], np.float32)
    for sure, lengths in (([0.05, 0.9, 0.05, 0.9, 0.05], [1, 3, 1]), ([0.05, 0.06], [2]), ([0.1, 0.9], [2])):
        seen = [Detections(i, box, ("person",), np.array([c], np.float32), "COCO") for i, c in enumerate(sure)]
        assert [len(tube.frames) for tube in tubes.link(seen)] == lengths
