from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Cause
from core.clock import Clock
from core.records import Event
from explain.causes.summary import summarise

EVENT = Event(310, 374, 340, 5.1)
CLOCK = Clock.steady(25.0, 1000)


def cause(coarse="object", fine="bicycle", score=5.0, share=0.91, confidence=0.93, box=(10, 300, 60, 350)):
    return Cause(coarse, fine, score, share, confidence, tuple(map(float, box)), 310, 370)


def test_a_sure_answer():
    assert summarise(EVENT, [cause()], 0.04, CLOCK, 2.0, (640, 360)) == (
        "From 0:12.4 to 0:15.0 a bicycle stood out in the lower left of the picture; at its peak (0:13.6) "
        "the score was 3.1 dB above the threshold. Most of the heat (91 %) lies in its boxes, and the model that named "
        "it was 0.93 confident. 4 % of the heat lies in no box."
    )


def test_an_unsure_answer_says_so():
    said = summarise(EVENT, [cause(confidence=0.4, share=0.3), cause(fine="person", score=4.0)], 0.6, CLOCK, 2.0)
    assert "Part of the heat (30 %) lies in its boxes, and the model that named it was only 0.40 confident." in said
    assert "The next cause, person, ranks close behind." in said
    assert "60 % of the heat lies in no box at all: treat a named cause with caution." in said
    assert "of the picture" not in said


@pytest.mark.parametrize(
    ("coarse", "fine", "words"),
    [
        ("action", "run / jog", "a person was seen to run or jog"),
        ("object", "umbrella", "an umbrella stood out"),
        ("location", "person in an unusual place", "a person in an unusual place was seen"),
        ("unknown", "unknown", "something that no model has a name for stood out"),
    ],
)
def test_each_type_of_cause_has_its_words(coarse, fine, words):
    assert words in summarise(EVENT, [cause(coarse, fine)], 0.0, CLOCK, 2.0)


def test_a_vehicle_does_what_it_does_itself():
    for done in ("drive", "stand", "turn"):
        truck = replace(cause("action", done), object="truck", action=done)
        assert f"a truck was seen to {done}" in summarise(EVENT, [truck], 0.0, CLOCK, 2.0)
    assert "a person was seen to stand" in summarise(EVENT, [cause("action", "stand")], 0.0, CLOCK, 2.0)
    bicycle = replace(cause("action", "ride"), object="bicycle")
    assert "a person was seen to ride" in summarise(EVENT, [bicycle], 0.0, CLOCK, 2.0)


def test_without_any_cause_none_is_claimed():
    said = summarise(Event(5, 5, 5, 2.5), [], 0.0, CLOCK, 2.0, (640, 360))
    assert said == (
        "At 0:00.2 the picture changed in a way that no cause was found for; at its peak (0:00.2) the score was 0.5 dB "
        "above the threshold."
    )


@given(st.tuples(*[st.floats(-1e4, 1e4)] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_any_box_has_a_place(box, width, height):
    assert "of the picture" in summarise(EVENT, [cause(box=box)], 0.0, CLOCK, 2.0, (width, height))


def test_what_is_not_in_the_shown_frame_has_no_place():
    said = summarise(EVENT, [replace(cause(), box=None)], 0.0, CLOCK, 2.0, (640, 360))
    assert "of the picture" not in said and "seen so" not in said


def test_a_shown_frame_that_is_not_the_peak_is_said():
    assert "lower left of the picture (seen so at 0:13.2);" in summarise(
        EVENT, [cause()], 0.0, CLOCK, 2.0, (640, 360), 330
    )
    assert "seen so" not in summarise(EVENT, [cause()], 0.0, CLOCK, 2.0, (640, 360), EVENT.peak)


def test_seconds_are_the_files_own():
    slow = Clock.of(np.where(np.arange(1000) < 320, np.arange(1000) * 0.1, 32.0 + (np.arange(1000) - 320) * 0.04))
    assert summarise(EVENT, [], 0.0, slow, 2.0).startswith("From 0:31.0 to 0:34.2 ")


def test_what_is_known_of_a_thing_is_told_beside_its_name():
    thing = replace(
        cause(), action="ride", place="in an unusual place", direction="to the left, against the flow", speed=1.24
    )
    assert (
        "a bicycle stood out (ride, in an unusual place, to the left at 1.2 of its heights a second, against the flow) "
        in (summarise(EVENT, [thing], 0.0, CLOCK, 2.0, (640, 360)))
    )
