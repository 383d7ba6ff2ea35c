import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Cause, Event
from explain.causes import summarise

EVENT = Event(310, 374, 340, 5.1)


def cause(coarse="object", fine="bicycle", score=5.0, share=0.91, confidence=0.93, box=(10, 300, 60, 350)):
    return Cause(coarse, fine, score, share, confidence, tuple(map(float, box)), 310, 370)


def test_a_sure_answer():
    assert summarise(EVENT, [cause()], 0.04, 25.0, 2.0, (640, 360)) == (
        "From 0:12.4 to 0:15.0 a bicycle stood out in the lower left of the picture; at its peak (0:13.6) "
        "the score was 3.1 dB above the threshold. Most of the heat (91 %) lies in its boxes, and the model that named "
        "it was 0.93 confident. 4 % of the heat lies in no box."
    )


def test_an_unsure_answer_says_so():
    said = summarise(EVENT, [cause(confidence=0.4, share=0.3), cause(fine="person", score=4.0)], 0.6, 25.0, 2.0)
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
    assert words in summarise(EVENT, [cause(coarse, fine)], 0.0, 25.0, 2.0)


def test_without_any_cause_none_is_claimed():
    said = summarise(Event(5, 5, 5, 2.5), [], 0.0, 25.0, 2.0, (640, 360))
    assert said == (
        "At 0:00.2 the picture changed in a way that no cause was found for; at its peak (0:00.2) the score was 0.5 dB "
        "above the threshold."
    )


@given(st.tuples(*[st.floats(-1e4, 1e4)] * 4), st.integers(1, 5000), st.integers(1, 5000), st.floats(0, 120))
def test_any_box_has_a_place(box, width, height, fps):
    assert "of the picture" in summarise(EVENT, [cause(box=box)], 0.0, fps, 2.0, (width, height))
