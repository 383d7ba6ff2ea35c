"""Events that are alike at a camera, by class, attributes and place."""

import dataclasses

import pytest

from core.errors import InputError
from pipeline import finished_run, similar
from pipeline.similar import EventTraits
from tests.ui import made

ONE = EventTraits("a", "moving", 50, 50, 2.0, "bicycle", frozenset({"bicycle", "ride"}), {"speed": 9.0, "limbs": 1.0},
                  (0.2, 0.8))  # fmt: skip


def other(**change):
    return dataclasses.replace(ONE, **{"run": "b", **change})


def test_the_most_alike_comes_first_and_what_is_alike_is_said():
    far, walk = other(place=(0.9, 0.1)), other(run="c", names=frozenset({"person", "ride"}), nats={"width": 4.0})
    same = other(run="d", peak=7)
    found = similar.similar(ONE, [walk, far, same, ONE])
    assert [one.traits.run for one in found] == ["d", "b"] and found[0].likeness == pytest.approx(1.0)
    assert found[0].said == "bicycle, ride · unusual speed · same place"
    assert found[1].said == "bicycle, ride · unusual speed · elsewhere"
    assert len(similar.similar(ONE, [other(peak=n) for n in range(9)], most=3)) == 3


@pytest.mark.parametrize(
    "change", [{"names": frozenset({"car"})}, {"kind": "standing"}, {"run": "a"}, {"names": frozenset()}]
)
def test_what_shares_no_name_is_of_another_kind_or_is_the_event_itself_is_left_out(change):
    assert similar.similar(ONE, [other(**change)]) == []


def test_what_is_not_known_of_both_does_not_count():
    (found,) = similar.similar(ONE, [other(nats={}, place=None)])
    assert found.likeness == pytest.approx(1.0) and found.said == "bicycle, ride"


def test_an_event_on_the_page_and_in_its_report_have_the_same_traits():
    run = made.done()
    analysis = finished_run.explain_events(run.folder)
    kept = similar.traits_in(run.id, run.folder)
    assert kept == [similar.traits_of(run.id, analysis, one) for one in analysis.events]
    assert kept[0].name == "bicycle" and "ride" in kept[0].names and kept[0].place[1] == pytest.approx(130 / 180)
    (run.folder / similar.REPORT).write_text('{"clip": {}}')
    with pytest.raises(InputError, match=f"the report of run {run.id} cannot be read"):
        similar.traits_in(run.id, run.folder)
