"""Heat and attributes are two kinds of evidence: shares of both, alone and together."""

from dataclasses import replace

import numpy as np
import pytest

from core.clock import Clock
from core.records import Event
from explain.causes.ranking import RULES, by_frame, rank
from explain.causes.summary import summarise
from explain.causes.terms import unusual_things
from tests.explain.causes.made import RANGE, row, scored
from tests.explain.causes.test_ranking import (
    RIDE_OBJECTS,
    RIDER,
    RIDING,
    WALKERS,
    event,
    fast,
    moved,
    normality,
    placed,
)  # fmt: skip

__all__ = ["normality", "placed"]
CLOCK = Clock.steady(25.0, 60)
STRANGE = WALKERS[2]


def hot(evidence, level=2.0):
    """The same frames, with scores above those of a typical frame."""
    return [replace(one, score=one.score + 10.0) for one in evidence]


def things(box=STRANGE, label="person", nats=12.0, frames=range(0, 50, 5), step=6.0, looked=None):
    """A thing with unusual attributes that moves to the right as the events of these tests do."""
    rows = [row(f, 7, label, moved(box, step * f / 5), (0, nats, 0, 0, 0)) for f in frames]
    return scored(rows, range(50) if looked is None else looked)


def still(box=STRANGE, **more):
    return things(box, step=0.0, **more)


def test_without_unusual_attributes_nothing_changes(normality):
    evidence = hot(event(RIDING, RIDE_OBJECTS))
    plain = rank(evidence, normality, clock=CLOCK)
    assert rank(evidence, normality, clock=CLOCK, scored=still(nats=0.0)) == plain
    assert rank(evidence, normality, clock=CLOCK, scored=scored([], range(50))) == plain
    assert by_frame(evidence, normality, scored=still(nats=0.0)) == by_frame(evidence, normality)


def test_a_thing_without_heat_but_with_nats_ranks_first(normality):
    evidence = hot(event((((230, 20, 300, 60), 0.9),)))
    assert rank(evidence, normality).causes[0].fine == "unknown"
    found = rank(evidence, normality, scored=still(nats=30.0))
    assert [cause.fine for cause in found.causes[:2]] == ["person", "unknown"]
    assert found.causes[0].nats_share == 1.0 and found.causes[0].box == pytest.approx(STRANGE)
    assert found.unexplained > 0.5


def test_where_the_heat_is_that_of_a_typical_frame_attributes_alone_rank(normality):
    evidence = event((((230, 20, 300, 60), 0.9),))
    assert not any(one.score > 0 for one in evidence)
    assert rank(evidence, normality, scored=still()).causes[0].box == pytest.approx(STRANGE)
    assert rank(evidence, normality, scored=still(nats=0.0)) == rank(evidence, normality)


def test_a_bicycle_holds_the_nats_of_its_rider_too(normality):
    evidence = hot(event((), RIDE_OBJECTS))
    found = rank(evidence, normality, scored=things(RIDER))
    assert found.causes[0].fine == "bicycle"
    assert found.causes[0].nats_share == pytest.approx(1.0)


def test_between_two_looks_a_thing_is_where_it_would_be(normality):
    """Looks at every fourth frame, evidence of every fifth: a box that moves is found all the same."""
    evidence = hot(event((), RIDE_OBJECTS))
    some = things(RIDER, frames=range(0, 50, 4), looked=range(0, 50, 4))
    (first, *_) = rank(evidence, normality, scored=some).causes
    assert first.nats_share == pytest.approx(1.0)
    assert rank(evidence, normality, scored=things(moved(RIDER, 15))).causes[0].nats_share == 0.0


def test_the_papers_rules_do_not_know_attributes(normality):
    evidence = hot(event(RIDING, RIDE_OBJECTS))
    for rule in sorted(set(RULES) - {"calibrated"}):
        told = rank(evidence, normality, rule, scored=things(WALKERS[0])), rank(evidence, normality, rule)
        assert [[replace(cause, nats_share=0.0) for cause in one.causes] for one in told[:1]] == [list(told[1].causes)]


def test_single_frames_are_told_from_attributes_too(normality):
    evidence = hot(event())
    (first, *_) = by_frame(evidence, normality, clock=CLOCK, scored=still())[4]
    assert first.box == pytest.approx(STRANGE)


def test_shares_never_exceed_the_whole(normality):
    random = np.random.default_rng(3)
    for _ in range(10):
        rows = [
            row(int(f), int(random.integers(6)), str(random.choice(["person", "bicycle"])),
                moved(RIDER, float(random.uniform(-30, 30))), random.uniform(0, 9, 5))
            for f in random.integers(0, 50, 40)
        ]  # fmt: skip
        once = {(one.frame, one.track): one for one in rows}
        found = rank(hot(event(RIDING, RIDE_OBJECTS)), normality, scored=scored(once.values(), range(50)))
        assert all(0 <= cause.nats_share <= 1 for cause in found.causes)


def told(causes, some):
    return summarise(Event(0, 49, 20, 5.0), causes, 0.0, CLOCK, 2.0, things=unusual_things(some, 0, 49, CLOCK))


def test_the_summary_says_whether_both_point_to_the_same_thing(normality):
    evidence, some = hot(event(RIDING, RIDE_OBJECTS)), things(RIDER)
    said = told(rank(evidence, normality, scored=some).causes, some)
    assert "Strangest by its attributes: a person shows faster motion in its box than persons usually show here" in said
    assert "The pixel error points to the same thing." in said
    elsewhere = still(WALKERS[0], nats=90.0)
    assert "The pixel error lies elsewhere." in told(rank(evidence, normality, scored=elsewhere).causes, elsewhere)
    assert "pixel error" not in told(rank(evidence, normality).causes, still(nats=0.0))


def glider(values, nats=9.0, box=RIDER):
    rows = [row(f, 7, "person", moved(box, 6.0 * f / 5), (0, nats, 0, 0, 0), values) for f in range(0, 50, 5)]
    return scored(rows, range(50), {"glide": RANGE})


def test_who_glides_rides_though_nothing_ridden_was_seen(normality):
    person, run = (("person", RIDER, 0.95),), (("run/jog", RIDER, 0.7), ("walk", RIDER, 0.2))
    evidence = hot(event(((RIDER, 0.7),), person, run))
    assert rank(evidence, normality, clock=CLOCK).causes[0].fine == "run / jog"
    riding = rank(evidence, normality, clock=CLOCK, scored=glider((3.0, 0.5))).causes[0]
    assert (riding.coarse, riding.fine, riding.object) == ("action", "ride", "person")
    assert rank(evidence, normality, clock=CLOCK, scored=glider((3.0, 2.9))).causes[0].fine == "run / jog"
    elsewhere = glider((3.0, 0.5), box=moved(RIDER, 60))
    assert rank(evidence, normality, clock=CLOCK, scored=elsewhere).causes[0].fine == "run / jog"


def crossing(still):
    """Who crosses as in :func:`fast`; ``still``: speed over limb motion."""
    rows = [row(5 * i, 7, "person", moved(RIDER, 18 * i - 120), (0, 9, 0, 0, 0), (3.0, 3.0)) for i in range(8)]
    known = scored(rows, range(50), {"glide": RANGE})
    terms = {name: np.column_stack([getattr(known, name), np.full(8, value)])
             for name, value in (("nats", 0.0), ("measured", still))}  # fmt: skip
    return replace(known, names=(*known.names, "glide"), **terms)


def test_who_is_fast_with_limbs_like_a_walkers_is_no_rider(placed):
    """The action model's word alone makes nobody ride whose limbs move as those of walkers do."""
    person, ride = (("person", RIDER, 0.95),), (("ride (e.g., a bike, a car, a horse)", RIDER, 0.7),)
    evidence = hot(fast(person, ride))
    said = {still: rank(evidence, placed, clock=CLOCK, scored=crossing(still)).causes[0].fine
            for still in (0.4, 1.0, 1.9, np.nan)}  # fmt: skip
    assert said == {0.4: "run / jog", 1.0: "run / jog", 1.9: "ride", np.nan: "ride"}


def test_what_is_ridden_stands_before_riding(normality):
    found = rank(hot(event(RIDING, RIDE_OBJECTS)), normality, clock=CLOCK, scored=glider((3.0, 0.5))).causes[0]
    assert [label.fine for label in found.labels][:2] == ["bicycle", "ride"]
