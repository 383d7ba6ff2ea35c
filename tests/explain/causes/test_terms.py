"""What raised an event by its attributes: exact sums, the strangest moment of each thing, and words that hold."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import AttributeTerm, ExplainedEvent, UnusualThing
from core.clock import Clock
from core.normality import Places
from core.records import Event
from core.scored_things import NormalRange
from explain.causes.terms import compared, describe, phrases, say, stillness, title, unusual_things, usual_of
from tests.explain.causes.made import RANGE, row, scored

CLOCK = Clock.steady(10, 60)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 3), st.lists(st.sampled_from((0.0, 0.1, 3.3, 17.0)), min_size=5,
                                                                max_size=5)),
        max_size=12,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_the_score_of_an_event_falls_into_terms_exactly(rows, first, last):
    """The highest score in an event is that of the first thing, and that is the sum of its terms."""
    first, last = sorted((first, last))
    one = scored([row(frame, track, nats=nats) for frame, track, nats in rows], looked=range(10))
    found = unusual_things(one, first, last, CLOCK)
    there = (first <= one.things.frames) & (one.things.frames <= last)
    highest = one.total[there].max(initial=0.0)
    assert one.frame_scores(10)[first : last + 1].max() >= highest
    assert highest == pytest.approx(found[0].nats if found else 0.0, rel=1e-12)
    for thing in found:
        assert thing.nats == math.fsum(term.nats for term in thing.terms) > 0
        assert list(thing.terms) == sorted(thing.terms, key=lambda term: -term.nats)
        assert all(term.nats > 0 for term in thing.terms)
        assert first <= thing.first <= thing.frame <= thing.last <= last
    assert [thing.nats for thing in found] == sorted((thing.nats for thing in found), reverse=True)
    assert len({thing.track for thing in found}) == len(found)


def test_a_thing_is_told_as_it_was_in_its_strangest_frame_of_the_event():
    rows = [row(frame, 4, "car", nats=(0, frame, 0, 1, 0), box=(frame, 0, frame + 9, 9)) for frame in range(8)]
    (thing,) = unusual_things(scored(rows, looked=range(8)), 2, 5, CLOCK)
    assert (thing.frame, thing.box, thing.first, thing.last) == (5, (5, 0, 14, 9), 2, 5)
    assert [(term.name, term.nats) for term in thing.terms] == [("speed", 5.0), ("width", 1.0)]
    assert (thing.track, thing.label, thing.confidence) == (4, "car", pytest.approx(0.9))


def test_between_two_looks_those_two_are_taken():
    one = scored([row(4, 1, nats=(0, 2, 0, 0, 0)), row(8, 2, nats=(0, 3, 0, 0, 0))], looked=(4, 8))
    assert [thing.track for thing in unusual_things(one, 5, 6, CLOCK)] == [2, 1]
    assert [thing.track for thing in unusual_things(one, 9, 12, CLOCK)] == [2]
    assert unusual_things(scored([], looked=()), 0, 9, CLOCK) == ()


def test_a_range_is_the_labels_own_or_that_of_all():
    one = scored([row(0, 1, "person", nats=(0, 2, 0, 0, 0)), row(0, 2, "dog", nats=(0, 1, 0, 0, 0))])
    person, dog = unusual_things(one, 0, 0, CLOCK)
    assert (person.terms[0].among, dog.terms[0].among) == ("person", "")
    assert "than persons usually show" in describe(person)
    assert "than things usually show" in describe(dog)


def test_words_have_units_ratios_and_shares():
    assert say(term("speed", 2.6), "person") == (
        "moves 2.6 times as fast as persons usually do here (2.6 body heights a second, faster than all of 900 boxes)"
    )
    assert say(term("speed", 1.95), "car") == (
        "moves 1.9 times as fast as persons usually do here "
        "(1.9 of its heights a second, faster than 95 % of 900 boxes)"
    )
    assert say(term("width", 2.5), "person") == "is wider for its height than persons usually are here"
    assert say(term("height", 1.91), "person") == "is 1.9 times as tall as persons usually are at that place"
    assert say(term("appearance", 9.0), "car") == (
        "looks unlike anything in the normal footage (farther off than all of 900 boxes)"
    )
    assert say(term("appearance", 1.95), "car") == (
        "looks unlike most of the normal footage (farther off than 95 % of 900 boxes)"
    )
    assert say(term("dwell", 41.0), "person").startswith("stayed 41 s where persons usually stay 1.00 s (longer than")
    assert say(term("count", 12.0), "person").startswith("is one of 12 at once, where there are usually 1.00 (more")


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (0.0, "no truck was seen so clearly in the normal footage"),
        (1.0, "only 1 truck was seen so clearly in the normal footage"),
        (3.0, "only 3 trucks were seen so clearly in the normal footage"),
        (float("nan"), "trucks were hardly ever seen in the normal footage"),
    ],
)
def test_a_rare_class_is_counted(seen, words):
    assert say(AttributeTerm("class", 4.0, seen), "truck") == words


def test_a_term_that_has_no_words_is_told_by_its_name():
    assert title("body_lean") == "body lean"
    assert say(term("body_lean", 3.0), "person") == "has 3.0 times the usual body lean (more than all of 900 boxes)"
    assert say(AttributeTerm("body_lean", 4.0), "person") == "has an unusual body lean"
    assert say(AttributeTerm("speed", 4.0), "person") == "has an unusual speed"
    zeros = NormalRange((0.0,) * 21, 9, 1)
    assert say(AttributeTerm("lean", 4.0, 2.0, zeros), "person") == "has an unusual lean (more than all of 9 boxes)"


@given(st.lists(st.floats(0, 10), min_size=1, max_size=400), st.floats(-1, 12))
@settings(max_examples=200, deadline=None)
def test_no_share_is_claimed_that_the_boxes_do_not_have(values, value):
    quantiles = tuple(np.quantile(values, np.linspace(0, 1, 21)).tolist())
    said = compared(AttributeTerm("x", 4.0, value, NormalRange(quantiles, len(values), 1)))
    if not said:
        return
    more, share = said.startswith("more"), said.split()[2]
    passed = np.array(values) < value if more else np.array(values) > value
    claimed = 1.0 if share == "all" else float(share) / 100
    at_most = passed | np.isclose(values, value, atol=0)
    assert at_most.mean() >= claimed - 1e-9 or at_most.sum() + 1 >= claimed * len(values)


def test_who_is_fast_with_still_legs_glides():
    glide = {"glide": RANGE}
    rider, runner, stroller = (row(0, i, nats=(0, 9, 1, 1, 1), values=of)
                               for i, of in ((1, (3.0, 0.5)), (2, (3.0, 2.9)), (4, (0.9, 0.1))))  # fmt: skip
    car = row(0, 3, "car", values=(3.0, 0.5))
    one = scored([rider, runner, car, stroller], more=glide)
    found = {thing.track: thing for thing in unusual_things(one, 0, 0, CLOCK)}
    assert {track: thing.glides for track, thing in found.items()} == {1: True, 2: False, 3: False, 4: False}
    assert describe(found[1], 1).endswith("usually show here with legs still: riding")
    assert [words.endswith("riding") for words in phrases(found[2])] == [False] * 4
    without = scored([rider])
    assert not unusual_things(without, 0, 0, CLOCK)[0].glides


def walk(heights_per_second, *, tall=40, wide=16, jump=0.0, frames=range(0, 21, 2), value=9.0, off=0.0, places=None):
    """One person who goes straight on at 10 frames a second; in every third frame the box is so much taller.

    In every second one it is so many pixels ``off`` the way.
    """
    rows = []
    for i, frame in enumerate(frames):
        x, high = 100 + heights_per_second * tall * frame / 10 + off * (i % 2), tall * (1 + jump * (i % 3 == 0))
        rows.append(row(frame, 1, box=(x, 200 - high, x + wide, 200), values=(value, 1.0)))
    made = scored(rows)
    made.things.values[:, 3] = [tall * (1 + jump * (i % 3 == 0)) for i in range(len(rows))]
    made.measured[:, 4] = made.things.values[:, 3] / 16
    return unusual_things(made, 10, 10, CLOCK, places)[0]


def value_of(thing, name):
    return next(term.value for term in thing.terms if term.name == name)


@pytest.mark.parametrize("speed", [2.2, 3.0, 9.0])
def test_a_speed_is_that_of_the_boxes_way_and_not_of_what_runs_through_the_box(speed):
    assert value_of(walk(speed), "speed") == pytest.approx(speed, rel=1e-3)
    assert f"moves {speed:.1f} times as fast" in " ".join(phrases(walk(speed)))


def test_a_thing_that_does_not_go_fast_itself_is_told_without_a_number():
    thing = walk(0.5)
    assert math.isnan(value_of(thing, "speed"))
    (told,) = [say(term, "person") for term in thing.terms if term.name == "speed"]
    assert told == "shows faster motion in its box than persons usually show here"


def test_a_speed_that_is_not_known_to_a_fifth_is_no_number():
    """A box that jumps between two persons has a way, but no speed."""
    assert value_of(walk(3.0, off=20.0), "speed") == pytest.approx(3.0, rel=0.1)
    assert math.isnan(value_of(walk(3.0, off=90.0), "speed"))


def test_a_speed_of_boxes_is_compared_with_the_usual_one_of_boxes():
    paces = tuple(np.linspace(0.0, 3.0, 101))
    known = Places((), (), (), paces, 96, 900)
    for places, ratio in (({"person": known}, "2.0"), ({"car": known}, "3.0"), (None, "3.0")):
        thing = walk(3.0, places=places)
        (told,) = [say(term, "person") for term in thing.terms if term.name == "speed"]
        assert told.startswith(f"moves {ratio} times as fast as persons usually do here (3.0 body heights a second")
        (usual,) = [usual_of(term) for term in thing.terms if term.name == "speed"]
        assert usual == pytest.approx(3.0 / float(ratio))


def test_a_height_is_the_median_of_boxes_and_not_of_two_persons_in_one():
    assert value_of(walk(3.0), "height") == pytest.approx(2.5)
    assert value_of(walk(3.0, jump=1.0), "height") == pytest.approx(2.5)
    low = walk(3.0, tall=30, jump=1.0)
    assert math.isnan(value_of(low, "height")) and math.isnan(value_of(low, "width"))
    assert "is unusually tall for that place in some of its boxes" in phrases(low)


def test_two_boxes_say_nothing():
    thing = walk(3.0, frames=(8, 10))
    assert all(math.isnan(value_of(thing, name)) for name in ("speed", "width", "height"))


def test_what_the_edge_cuts_off_is_left_out():
    made = scored([row(frame, 1, box=(0, 100, 4 + frame, 140)) for frame in range(0, 21, 2)])
    made.things.cut[:] = True
    assert math.isnan(value_of(unusual_things(made, 10, 10, CLOCK)[0], "speed"))


def test_limb_motion_is_told_without_a_number():
    assert say(term("limbs", 9.0), "car") == "moves more unevenly within its box than persons usually do here"
    assert "things usually do" in say(term("limbs", 9.0, ""), "car")


def test_only_things_worth_a_row_are_listed():
    terms = [UnusualThing(i, "car", 0, (0, 0, 1, 1), 0, 0, 0.9, (AttributeTerm("speed", nats),))
             for i, nats in enumerate((20.0, 5.0, 0.9))]  # fmt: skip
    one = ExplainedEvent(Event(0, 0, 0, 1.0), (), 1.0, "", things=tuple(terms))
    assert [thing.track for thing in one.listed_things] == [0, 1]
    assert ExplainedEvent(Event(0, 0, 0, 1.0), (), 1.0, "").listed_things == ()


def term(name, value, among="person"):
    return AttributeTerm(name, 4.0, value, RANGE, among)


def test_limbs_are_as_still_as_those_of_so_many_normal_persons():
    rows = [row(0, i, label) for i, label in enumerate(("person", "person", "person", "person", "car"))]
    one = scored(rows, more={"glide": RANGE})
    more = {name: np.column_stack([getattr(one, name), [0.3, 1.0, 1.5, 9.0, 1.5]]) for name in ("nats", "measured")}
    one = replace(one, names=(*one.names, "glide"), **more)
    np.testing.assert_allclose(stillness(one, np.arange(5)), [0.0, 0.0, 0.5, 1.0, np.nan])
    assert np.isnan(stillness(scored(rows, more={"glide": RANGE}), np.arange(5))).all()
    assert np.isnan(stillness(replace(one, normal={}), np.arange(5))).all()
