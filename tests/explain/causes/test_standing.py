"""Words for what stands, or is gone, and what the object model saw of it."""

import numpy as np
import pytest

from core.analysis import STANDING
from core.clock import Clock
from core.records import Detections, Event
from core.scored_things import ScoredThings
from core.spot import LEFT, TAKEN, Spot
from core.things import ATTRIBUTES, Things
from explain.causes.standing import Seen, explain, from_boxes, from_things

BAG = Spot((10.0, 150.0, 40.0, 190.0), 50, 149, LEFT, 2.0, 149, 10.0, 2.0, ((90, 1.0), (149, 2.0)))
BIN = Spot((250.0, 10.0, 280.0, 50.0), 200, 299, TAKEN, 3.0, 299, 10.0, 0.0, ((250, 3.0),))
CLOCK, SIZE = Clock.steady(10.0, 300), (300, 200)
UPRIGHT = (8.0, 110.0, 42.0, 192.0)
"""Box of a person whose legs are the spot."""


def told(spot, seen=None, frames=()):
    return explain(Event(spot.first, spot.last, spot.peak, spot.score), spot, 0.9, seen or Seen(), CLOCK, SIZE, frames)


def boxes(frame, *found):
    labels = tuple(label for label, _ in found)
    rows = np.array([box for _, box in found], np.float32).reshape(-1, 4)
    return Detections(frame, rows, labels, np.full(len(found), 0.8, np.float32), "COCO")


def test_a_thing_that_was_left_is_told_with_its_time_and_what_is_usual_there():
    one = told(BAG, frames=(60, 120, 140))
    assert one.summary == (
        "From 0:05.0 to 0:15.0 something was left and stands in the lower left of the picture for 10 s; nothing stood "
        "there longer than 2 s in the normal footage. It was unusual from 0:09.0 on; its score reached 2.0 nats, 1.1 "
        "above the threshold."
    )
    assert (one.kind, one.spot, one.shown, one.event.peak_score) == (STANDING, BAG, 140, 2.0)
    (cause,) = one.causes
    assert (cause.coarse, cause.fine, cause.box, cause.labels) == (STANDING, "something left", BAG.box, ())
    assert cause.at(60) == BAG.box and np.isnan(one.unexplained_share)


def test_what_is_gone_is_told_until_the_clip_ends():
    one = told(BIN)
    assert one.summary.startswith(
        "From 0:20.0 to the end of the clip something that stood in the upper right of the picture is gone, for 10 s; "
        "nothing was ever gone there in the normal footage."
    )
    assert one.causes[0].fine == "something gone" and one.shown is None


@pytest.mark.parametrize(
    ("seen", "name", "words"),
    [
        (Seen("person", 0.8), "person stands", "a person stands in the lower left"),
        (Seen("person", 0.8, crowd=True), "people stand", "several people stand in the lower left"),
        (Seen("suitcase", 0.8), "suitcase left", "a suitcase was left and stands in"),
        (Seen("car", 0.8), "car stopped", "a car has stopped and stands in"),
    ],
)
def test_what_the_object_model_saw_has_its_name(seen, name, words):
    one = told(BAG, seen)
    assert one.causes[0].fine == name and words in one.summary


def test_a_thing_that_stands_for_less_than_is_usual_is_told_with_what_stood_there_before():
    late = Spot(BAG.box, 120, 149, LEFT, 1.0, 149, 12.0, 4.0, ((149, 1.0),))
    assert "for 3 s (12 s with what stood there before); nothing stood there longer than 4 s" in told(late).summary


@pytest.mark.parametrize(("share", "label"), [(1.0, "person"), (0.6, "person"), (0.3, "")])
def test_who_stands_on_a_spot_for_most_of_its_time_is_a_person_and_no_thing(share, label):
    frames = [boxes(f, ("person", UPRIGHT)) if f < 10 * share else boxes(f) for f in range(10)]
    assert from_boxes(BAG, frames).label == label


def test_three_persons_in_a_spot_are_a_crowd_and_a_walker_far_larger_is_not_there():
    crowd = [("person", (x, 150.0, x + 12.0, 188.0)) for x in (8.0, 18.0, 28.0)]
    assert from_boxes(BAG, [boxes(f, *crowd) for f in range(5)]) == Seen("person", pytest.approx(0.8), True)
    assert from_boxes(BAG, [boxes(f, ("person", (0.0, 0.0, 300.0, 200.0))) for f in range(5)]) == Seen()
    assert from_boxes(BAG, []) == Seen()


def test_all_observed_frames_count_where_things_were_observed():
    looked = np.arange(0, 300, 5)
    here = looked[(looked >= 60) & (looked < 140)]
    things = Things(
        here, np.zeros(len(here), np.int64), ("suitcase",) * len(here),
        np.tile(np.array([[10, 152, 38, 190]], np.float32), (len(here), 1)), np.full(len(here), 0.8),
        np.ones((len(here), len(ATTRIBUTES))), np.zeros(len(here), bool), looked,
    )  # fmt: skip
    scored = ScoredThings(things, ("speed",), np.zeros((len(here), 1)), np.ones((len(here), 1)), {})
    assert from_things(BAG, scored).label == "suitcase"
    assert from_things(BIN, scored) == Seen()
