"""Where people stand and move, learnt from rows of walkers along a path."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import Clock
from core.normality import Places
from core.records import Detections, Tube
from explain.causes import places
from explain.causes._locations import location_causes, pace

FPS, STRIDE = 25.0, 5
TALL = 40.0
CLOCK = Clock.steady(FPS)


def walker(x, y, tall=TALL):
    return (x - tall / 6, y - tall, x + tall / 6, y)


def moment(rng, number, direction=1.0):
    """Five people on the path y = 100 ± 10, walking one way at about one height a second."""
    starts, rows = rng.uniform(20, 300, 5), rng.uniform(90, 110, 5)
    speeds = rng.uniform(0.8, 1.2, 5) * TALL * direction
    found = []
    for k in range(5):
        frame = number * 100 + k * STRIDE
        boxes = [walker(x + v * k * STRIDE / FPS, y) for x, y, v in zip(starts, rows, speeds, strict=True)]
        found.append(
            Detections(frame, np.array(boxes, np.float32), ("person",) * 5, np.full(5, 0.9, np.float32), "COCO")
        )
    return found


@pytest.fixture(scope="module")
def known() -> Places:
    rng = np.random.default_rng(0)
    learnt = places.learn([(moment(rng, i), CLOCK) for i in range(40)], 1000)
    assert set(learnt) == {"person"}
    return learnt["person"]


def track(points, label="person", tall=TALL, stride=STRIDE):
    boxes = np.array([walker(x, y, tall) for x, y in points], np.float32)
    return Tube(label, np.arange(len(points)) * stride, boxes, np.full(len(points), 0.9, np.float32))


def test_what_is_kept_of_normal_footage(known):
    assert known.frames == 1000 and known.moments == 40 and len(known.points) == 1000
    assert 0.7 < known.speed[0] < known.speed[50] < known.speed[100] < 1.4
    assert np.allclose(np.median(np.array(known.motion), axis=0), [1.0, 0.0], atol=0.15)


def test_distance_is_that_to_the_third_nearest_by_a_naive_count(known):
    boxes = np.array([walker(50, 60), walker(150, 100), walker(150, 100, 80)], np.float32)
    for box, found in zip(boxes, places.distance(known, boxes), strict=True):
        tall, x = box[3] - box[1], (box[0] + box[2]) / 2
        far = sorted(
            np.sqrt(((px - x) / tall) ** 2 + ((py - box[3]) / tall) ** 2 + (2 * np.log(h / tall)) ** 2)
            for px, py, h in known.points
        )
        assert found == pytest.approx(far[2], rel=1e-4)


def test_on_the_path_nothing_is_unusual(known):
    along = track([(60 + 8 * k, 100) for k in range(8)])
    assert list(location_causes(along, {"person": known}, CLOCK)) == []


def test_far_from_the_path_is_an_unusual_place(known):
    ((label, nats),) = location_causes(track([(60 + 8 * k, 220) for k in range(8)]), {"person": known}, CLOCK)
    assert label == "person in an unusual place" and nats.shape == (8,) and nats.min() > 3


def test_far_too_tall_for_the_place_is_unusual(known):
    labels = [
        label
        for label, _ in location_causes(
            track([(60 + 16 * k, 100) for k in range(8)], tall=110), {"person": known}, CLOCK
        )
    ]
    assert "person in an unusual place" in labels


def test_the_other_way_is_against_the_flow(known):
    ((label, nats),) = location_causes(track([(200 - 8 * k, 100) for k in range(8)]), {"person": known}, CLOCK)
    assert label == "person against the flow" and nats[0] > 3


def test_standing_still_is_against_nothing(known):
    assert places.against_flow(known, track([(200, 100)] * 8), CLOCK) == 1.0


def test_without_a_frame_rate_nothing_is_said_of_direction_or_speed(known):
    back = track([(200 - 8 * k, 100) for k in range(8)])
    assert list(location_causes(back, {"person": known}, None)) == []
    assert np.isnan(pace(back, {"person": known}, None))


def test_twice_as_fast_as_anyone_is_improbable(known):
    slow, fast = (track([(20 + step * k, 100) for k in range(8)]) for step in (8, 24))
    assert pace(slow, {"person": known}, CLOCK) < 1.5
    assert pace(fast, {"person": known}, CLOCK) == pytest.approx(np.log(41))
    assert np.isnan(pace(track([(0, 0)] * 8, "dog"), {"person": known}, CLOCK))


def test_a_class_seen_too_seldom_has_no_places():
    rng = np.random.default_rng(0)
    assert places.learn([(moment(rng, 0), CLOCK)], 25) == {}


def test_a_map_is_brightest_where_people_walk(known):
    shown = places.density(known, (320, 240), cells=32)
    assert shown.shape == (24, 32) and shown.max() == 1.0
    assert shown[8:12].mean() > 10 * shown[16:].mean()


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.floats(-6, 6))
def test_a_tail_never_grows_with_the_value(levels, value):
    quantiles = sorted(levels)
    low, high = places.tail(quantiles, np.array([value, value + 0.5]))
    assert 0.0 <= high <= low <= 1.0
