"""One row for each thing: a rider and what is ridden, a track lost and found, two names of one box."""

from dataclasses import replace

import numpy as np
import pytest

from core.clock import Clock
from core.normality import ClassNormality, Normality, Places
from explain.causes.ranking import rank
from tests.explain.causes.test_ranking import WALKERS, detections, moved, scene

CLOCK = Clock.steady(25.0, 1000)
NORMAL = Normality(
    0.0, (0.0, 1.0), 500, 0.01, {"person": ClassNormality(6.0, tuple(np.linspace(0, 0.4, 101)), 3000)}, 500
)
RIDER, BICYCLE = (20.0, 30.0, 40.0, 70.0), (12.0, 50.0, 52.0, 80.0)


def ride(frames, objects, actions=(), hot=BICYCLE, score=lambda frame: 1.0):
    """Something that goes to the right by two pixels a frame; what is in a frame is asked of ``objects``."""
    return [
        scene(frame, [(moved(hot, 2 * frame), 0.8)],
              [(label, moved(box, 2 * frame), sure) for label, box, sure in objects(frame)],
              [(label, moved(box, 2 * frame), sure) for label, box, sure in actions], score=score(frame))
        for frame in frames
    ]  # fmt: skip


def both(frame):
    return [("bicycle", BICYCLE, 0.9), ("person", RIDER, 0.9)]


def test_a_rider_and_a_bicycle_are_one_thing_with_all_that_is_known_of_it():
    found = rank(
        ride(range(0, 60, 5), both, [("ride (e.g., a bike, a car, a horse)", RIDER, 0.7)]), NORMAL, clock=CLOCK
    )
    first, rest = found.causes[0], found.causes[1:]
    assert (first.fine, first.object, first.action, first.direction) == ("bicycle", "bicycle", "ride", "to the right")
    assert first.speed == pytest.approx(50 / 30, rel=0.05)
    assert [label.fine for label in first.labels] == ["bicycle", "ride"], "an ordinary person is no cause"
    assert not {"bicycle", "ride"} & {label.fine for cause in rest for label in cause.labels}


def test_the_box_is_the_first_causes_own_in_the_frame_that_is_shown():
    found = rank(ride(range(0, 60, 5), both, score=lambda frame: float(frame == 30)), NORMAL, clock=CLOCK)
    assert found.shown == 30
    assert found.causes[0].box == pytest.approx(moved(BICYCLE, 60))
    assert found.causes[0].tube[6] == (30, found.causes[0].box)
    assert [frame for frame, _ in found.causes[0].tube] == list(range(0, 60, 5))


def test_the_shown_frame_is_the_best_one_that_has_the_first_cause():
    def seldom(frame):
        return [("bicycle", BICYCLE, 0.9)] if frame not in (30, 35) else []

    found = rank(ride(range(0, 60, 5), seldom, score=lambda frame: float(frame)), NORMAL, clock=CLOCK)
    assert found.shown == 55
    found = rank(ride(range(0, 60, 5), seldom, score=lambda f: 10.0 - abs(f - 33)), NORMAL, clock=CLOCK)
    assert found.causes[0].fine == "bicycle" and found.shown == 40 and found.causes[0].box is not None


def test_a_thing_that_is_not_in_the_shown_frame_has_no_box():
    late = ride(range(60, 90, 5), lambda frame: [("dog", BICYCLE, 0.3)])
    found = rank([*ride(range(0, 60, 5), both, score=lambda f: 9.0), *late], NORMAL, clock=CLOCK)
    dog = next(cause for cause in found.causes if cause.fine == "dog")
    assert dog.box is None and dog.tube and dog.at(found.shown) is None


def test_a_track_that_is_lost_and_found_is_one_thing():
    def gone(frame):
        return [("bicycle", BICYCLE, 0.9)] if not 20 <= frame <= 45 else []

    frames = range(0, 80, 5)
    found = rank(ride(frames, gone), NORMAL, clock=CLOCK)
    bicycles = [cause for cause in found.causes if cause.fine == "bicycle"]
    assert len(bicycles) == 1
    assert [frame for frame, _ in bicycles[0].tube] == [f for f in frames if not 20 <= f <= 45]
    apart = rank(ride(frames, gone), NORMAL, clock=replace(CLOCK, times=CLOCK.times * 20, step=CLOCK.step * 20))
    assert len([cause for cause in apart.causes if cause.fine == "bicycle"]) == 2


def test_two_names_of_one_box_are_one_thing_and_two_walkers_are_two():
    two = rank(
        ride(range(0, 60, 5), lambda f: [("bicycle", BICYCLE, 0.6), ("motorcycle", BICYCLE, 0.5)]), NORMAL, clock=CLOCK
    )
    assert sum(cause.fine in ("bicycle", "motorcycle") for cause in two.causes) == 1
    hot, named = [(w, 0.9) for w in WALKERS[:2]], [("dog", w, 0.6) for w in WALKERS[:2]]
    dogs = [scene(frame, hot, named, walkers=()) for frame in range(0, 60, 5)]
    assert len({cause.tube for cause in rank(dogs, NORMAL, clock=CLOCK).causes if cause.fine == "dog"}) == 2


def test_who_stands_goes_nowhere():
    still = [scene(f, [(BICYCLE, 0.8)], [("bicycle", BICYCLE, 0.9)]) for f in range(0, 60, 5)]
    first = rank(still, NORMAL, clock=CLOCK).causes[0]
    assert first.direction == "" and first.speed == pytest.approx(0.0)


def test_boxes_end_at_the_pictures_edge():
    wide = [scene(f, [(BICYCLE, 0.8)], [("truck", (-30.0, 20.0, 400.0, 300.0), 0.9)]) for f in range(0, 30, 5)]
    assert rank(wide, NORMAL, clock=CLOCK).causes[0].box == (0.0, 20.0, 320.0, 180.0)
    assert detections(0, [], "COCO").boxes.shape == (0, 4)


TRUCK = (20.0, 30.0, 60.0, 70.0)
LANE = tuple((float(x), 70.0, 40.0) for x in range(0, 320, 5))
PACES = tuple(np.linspace(1.0, 5.0, 101))
ROAD = Normality(
    0.0, (0.0, 1.0), 500, 0.01, {"truck": ClassNormality(3.0, tuple(np.linspace(0, 0.4, 101)), 1500)}, 500,
    {"truck": Places(LANE, ((1.0, 0.0),) * len(LANE), tuple(np.linspace(0, 1, 101)), PACES, 80, 1000)},
)  # fmt: skip


def trucks(pixels, samples=16):
    """A truck that goes to the right by so many pixels a frame, and walkers."""
    return [
        scene(frame, [(moved(TRUCK, pixels * frame), 0.8)], [("truck", moved(TRUCK, pixels * frame), 0.9)])
        for frame in range(0, 5 * samples, 5)
    ]


def test_a_truck_that_stands_where_trucks_drive_is_what_happened():
    first = rank(trucks(0), ROAD, clock=CLOCK).causes[0]
    assert (first.coarse, first.fine, first.object, first.action) == ("action", "stand", "truck", "stand")
    first = rank(trucks(2), ROAD, clock=CLOCK).causes[0]
    assert (first.coarse, first.fine, first.action) == ("object", "truck", "drive")
    assert rank(trucks(2, samples=2), ROAD, clock=CLOCK).causes[0].action == ""


@pytest.mark.parametrize(("sure", "said"), [(0.9, ("walk", "person", "walk")), (0.45, ("truck", "truck", ""))])
def test_a_vehicle_does_not_do_what_somebody_beside_it_does(sure, said):
    beside = [("truck", moved(WALKERS[0], 5), 0.9)]
    walks = [("walk", WALKERS[0], sure)]
    seen = [scene(f, [(WALKERS[0], 0.8)], beside, walks, walkers=WALKERS[:1]) for f in range(0, 15, 5)]
    seen = [replace(one, actions=detections(one.frame, walks, "AVA")) for one in seen]
    first = rank(seen, NORMAL, clock=CLOCK).causes[0]
    assert (first.fine, first.object, first.action) == said
