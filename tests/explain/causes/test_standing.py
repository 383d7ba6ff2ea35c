"""Words for what stood, or was gone."""

import numpy as np

from core.clock import Clock
from core.records import Event
from core.scored_things import ScoredThings
from core.spot import LEFT, TAKEN, Spot
from core.things import ATTRIBUTES, Things
from explain.causes.standing import say, spots_in

BAG = Spot((10.0, 150.0, 40.0, 190.0), 50, 149, LEFT, 2.0)
BIN = Spot((250.0, 10.0, 280.0, 50.0), 200, 299, TAKEN, 3.0)
CLOCK = Clock.steady(10.0, 300)


def suitcase(box):
    count = 20
    things = Things(
        np.arange(60, 60 + count), np.zeros(count, np.int64), ("suitcase",) * count, np.tile(box, (count, 1)),
        np.full(count, 0.8), np.ones((count, len(ATTRIBUTES))), np.zeros(count, bool), np.arange(300),
    )  # fmt: skip
    return ScoredThings(things, ("speed",), np.zeros((count, 1)), np.ones((count, 1)), {})


def test_places_of_an_event_come_most_unusual_first():
    assert spots_in((BAG, BIN), Event(140, 210, 150, 5.0)) == (BIN, BAG)
    assert spots_in((BAG, BIN), Event(160, 190, 170, 5.0)) == ()


def test_what_stood_and_what_is_gone_is_said_with_its_time_and_place():
    assert say([BAG, BIN], None, CLOCK, (300, 200)) == (
        "Something stood in the lower left of the picture from 0:05.0 to 0:15.0, where nothing stands for so long. "
        "Something that stands in the upper right of the picture in the normal footage is gone from 0:20.0 to 0:30.0."
    )


def test_what_the_object_model_saw_there_has_its_name():
    there, elsewhere = (suitcase(np.array([box], np.float32)) for box in ((10, 152, 38, 190), (100, 152, 138, 190)))
    assert say([BAG], there, CLOCK, (300, 200)).startswith("A suitcase stood in the lower left")
    assert say([BAG], elsewhere, CLOCK, (300, 200)).startswith("Something stood")
