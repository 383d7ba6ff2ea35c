import numpy as np
import pytest

from explain.causes.plausible import MIN_PERSON_PIXELS, actors, sized
from tests.explain.causes.test_ranking import detections

SIZE = (320, 180)


@pytest.mark.parametrize(
    ("box", "stays"),
    [
        ((0, 0, 160, 90), False),
        ((0, 0, 320, 180), False),
        ((0, 0, 159, 180), True),
        ((100, 0, 180, 180), True),
        ((0, 0, 320, 60), True),
    ],
)
def test_a_box_half_a_picture_large_is_no_thing(box, stays):
    assert len(sized(detections(0, [("person", box, 0.9)], "COCO"), SIZE)) == stays


def test_only_sure_persons_of_some_size_are_asked_what_they_do():
    tall, low = (10, 10, 30, 60), (50, 10, 55, 10 + MIN_PERSON_PIXELS - 1)
    rows = [("person", tall, 0.9), ("person", low, 0.9), ("person", (80, 10, 100, 60), 0.4), ("dog", tall, 0.9)]
    assert actors(detections(0, rows, "COCO")).tolist() == [list(tall)]


def test_a_person_that_is_rather_a_lorry_is_not_asked():
    lorry, person = (10, 10, 50, 60), (12, 10, 48, 60)
    both = [("truck", lorry, 0.8), ("person", person, 0.6)]
    assert actors(detections(0, both, "COCO")).tolist() == []
    both = [("truck", lorry, 0.5), ("person", person, 0.6)]
    assert actors(detections(0, both, "COCO")).tolist() == [list(person)]
    assert actors(detections(0, [], "COCO")).shape == (0, 4) and np.float32 == actors(detections(0, [], "COCO")).dtype
