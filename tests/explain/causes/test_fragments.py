"""Half a person is no person of its own; a child before somebody tall is one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.records import Detections
from explain.causes.plausible import MAX_AREA_RATIO, MIN_INSIDE_FRACTION, MIN_WIDTH_RATIO, suppress_partial_persons

ADULT = (100, 100, 160, 300)


def found(*entries):
    boxes = np.array([box for box, _, _ in entries], np.float32).reshape(-1, 4)
    return Detections(
        7, boxes, tuple(name for _, name, _ in entries), np.array([c for *_, c in entries], np.float32), "COCO"
    )


def left(*entries):
    return suppress_partial_persons(found(*entries)).boxes.tolist()


def test_chest_and_legs_of_somebody_are_left_out():
    chest, legs = (102, 98, 160, 190), (98, 200, 158, 300)
    assert left((chest, "person", 0.8), (ADULT, "person", 0.9), (legs, "person", 0.3)) == [list(ADULT)]


def test_a_child_a_surer_half_and_what_is_no_person_stay():
    child, chest = (120, 200, 150, 300), (102, 98, 160, 190)
    for box, name, sure in ((child, "person", 0.5), (chest, "person", 0.95), (chest, "backpack", 0.5)):
        assert left((ADULT, "person", 0.9), (box, name, sure)) == [list(ADULT), list(box)]


def test_who_stands_apart_or_is_nearly_as_large_stays():
    beside, same = (130, 100, 190, 190), (102, 100, 160, 240)
    assert len(left((ADULT, "person", 0.9), (beside, "person", 0.5), (same, "person", 0.5))) == 3


def test_nobody_at_all():
    assert len(suppress_partial_persons(found())) == 0
    assert suppress_partial_persons(found((ADULT, "car", 0.5))).labels == ("car",)


numbers = st.integers(0, 60)
entries = st.lists(
    st.tuples(st.tuples(numbers, numbers, numbers, numbers), st.sampled_from(["person", "dog"]), st.floats(0, 1)),
    max_size=8,
)


@given(entries)
def test_it_equals_a_twin_that_looks_at_pairs(drawn):
    given_ = [((x, y, x + w + 1, y + h + 1), name, sure) for (x, y, w, h), name, sure in drawn]
    record = found(*given_)
    boxes, sure = record.boxes.astype(float), record.confidence
    size = boxes[:, 2:] - boxes[:, :2]

    def part(i, k):
        shared = np.clip(
            np.minimum(boxes[i, 2:], boxes[k, 2:]) - np.maximum(boxes[i, :2], boxes[k, :2]), 0, None
        ).prod()
        inside, small = (
            shared / size[i].prod() >= MIN_INSIDE_FRACTION,
            size[i].prod() <= MAX_AREA_RATIO * size[k].prod(),
        )
        persons = record.labels[i] == record.labels[k] == "person"
        return persons and inside and small and size[i, 0] >= MIN_WIDTH_RATIO * size[k, 0] and sure[i] < sure[k]

    kept = [i for i in range(len(boxes)) if not any(part(i, k) for k in range(len(boxes)))]
    result = suppress_partial_persons(record)
    np.testing.assert_array_equal(result.boxes, record.boxes[kept])
    assert result.labels == tuple(record.labels[i] for i in kept) and result.frame == 7
