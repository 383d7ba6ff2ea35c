"""What is said of an event without some of what moved in it; tests/system/test_why.py plays whole events."""

import numpy as np

from core.explanation import Counterfactual, RemovedPart
from core.records import Tube
from explain.causes._regions import UNKNOWN
from pipeline.explaining._removal_text import sentence

VALUE = {"before": 0.66, "after": 0.41, "threshold": 0.44, "before_db": 5.16, "after_db": 3.1, "threshold_db": 3.54}


def said(*parts, **differs):
    tubes = [Tube(name, np.arange(2), np.zeros((2, 4), np.float32), np.ones(2, np.float32)) for name, _, _ in parts]
    rows = tuple(RemovedPart(name, 0.1, 0.5, needed, mattered, 0, 1) for name, needed, mattered in parts)
    found = Counterfactual(**VALUE | differs, suffices=True, parts=rows, sentence="", frames=(0, 1))
    return sentence(found, tubes)


def test_the_fall_is_said_with_what_was_needed_and_what_did_not_matter():
    assert said(("handbag", True, True), ("truck", False, False), ("person", False, True)) == (
        "Without the handbag the score falls from 5.16 dB to 3.10 dB, under the threshold 3.54 dB. "
        "It did not matter that the truck was there."
    )


def test_what_did_not_matter_is_told_from_its_namesake_that_did():
    text = said(("handbag", True, True), ("handbag", False, False), ("truck", False, False))
    assert text.endswith("It did not matter that another handbag and the truck were there.")
    text = said((UNKNOWN, True, True), (UNKNOWN, False, False))
    assert text.endswith("It did not matter that something else that no model has a name for was there.")


def test_namesakes_are_counted():
    people = [("person", False, False)] * 4
    assert said(("bicycle", True, True), *people).endswith("It did not matter that 4 persons were there.")
    text = said(("bus", True, True), *[("bus", False, False)] * 2, *people[:1])
    assert text.endswith("It did not matter that 2 other buses and the person were there.")
    assert said((UNKNOWN, True, True), (UNKNOWN, True, True)).startswith(
        "Without what no model has a name for (2 times) the score falls"
    )


def test_it_is_said_when_nothing_is_enough():
    assert said(("handbag", True, True), after=0.5).startswith("No set of what was seen is enough: without the handbag")


def test_an_event_that_the_pixels_did_not_raise_is_not_said_to_end_without_something():
    text = said(("person", False, False), before=0.31, before_db=2.31)
    assert text == (
        "The error of the pixels, 2.31 dB, is under the threshold 3.54 dB as it is: another kind of score raised this "
        "event, and no change of pixels explains it."
    )
