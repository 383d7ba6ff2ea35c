"""Blurred persons: who is blurred, who is not, and what happens where nobody looked."""

import numpy as np
import pytest

from core.analysis import Cause, ExplainedEvent
from core.clock import Clock
from core.records import Detections, Event, Evidence, Tube
from pipeline.blurs import BLURS, NOTES
from pipeline.evidence import EvidenceFolder
from pipeline.export.blur import Blur, mosaic, same
from pipeline.finished_run import EVIDENCE
from tests.explain.report.test_report import analysis

CAUSE, OTHER = (20.0, 20.0, 40.0, 60.0), (100.0, 30.0, 120.0, 70.0)


@pytest.fixture
def noisy():
    return np.random.default_rng(0).integers(0, 256, (90, 160, 3)).astype(np.uint8)


@pytest.fixture
def found(tmp_path, noisy):
    """A run that was looked at in frames 40 to 60, where one person is the cause and another walks to the right."""
    kept = EvidenceFolder(tmp_path / EVIDENCE)
    for frame in range(40, 61, 5):
        moved = np.array([CAUSE, OTHER], np.float32) + np.array([[0, 0, 0, 0], [frame - 40, 0, frame - 40, 0]])
        persons = Detections(frame, moved.astype(np.float32), ("person",) * 2, np.array([0.9, 0.3], np.float32), "COCO")
        none = Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
        kept.put(Evidence(frame, 3.0, noisy, np.zeros((90, 160), np.float32), persons, none))
    tube = tuple((frame, CAUSE) for frame in range(40, 61, 5))
    cause = Cause("action", "run / jog", 4.0, 0.8, 0.9, CAUSE, 40, 60, tube)
    event = ExplainedEvent(Event(38, 62, 50, 4.0), (cause,), 0.1, "A person ran.", 50)
    return analysis([event], clock=Clock.steady(25.0, 200)), tmp_path


def changed(before, after):
    """Return the box of the pixels that differ, or None."""
    rows, columns = np.nonzero((before != after).any(-1))
    return None if not len(rows) else (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_all_but_the_cause_are_blurred_and_followed_between_looks(found, noisy):
    edited = Blur(*found, "persons").edit(1, 47, noisy)
    left, top, right, bottom = changed(noisy, edited)
    assert (left, right) == (pytest.approx(105, abs=1), pytest.approx(129, abs=1))
    assert (top, bottom) == (pytest.approx(26, abs=1), pytest.approx(74, abs=1))
    np.testing.assert_array_equal(edited[20:60, 20:40], noisy[20:60, 20:40])
    assert len(np.unique(edited[30:70, 110:125].reshape(-1, 3), axis=0)) <= 36


def test_the_cause_is_blurred_too_where_that_is_asked_for(found, noisy):
    left, *_ = changed(noisy, Blur(*found, "all").edit(1, 47, noisy))
    assert left == pytest.approx(18, abs=1)
    assert changed(noisy, Blur(*found, "none").edit(1, 47, noisy)) is None


def test_a_frame_far_from_every_look_is_blurred_whole(found, noisy):
    blur = Blur(*found, "persons")
    assert changed(noisy, blur.edit(1, 100, noisy)) == (0, 0, 160, 90)
    near = changed(noisy, blur.edit(1, 66, noisy))
    assert near is not None and near[0] > 100, "a person is held on behind the last look"


def test_a_picture_outside_all_events_has_no_exempt_cause(found, noisy):
    blur = Blur(*found, "persons")
    assert changed(noisy, blur.picture(64, noisy))[0] == pytest.approx(18, abs=1)
    assert changed(noisy, blur.kept(50).image) is not None


def test_who_stands_elsewhere_is_no_cause():
    boxes = np.array([OTHER] * 3, np.float32)
    person = Tube("person", np.arange(3) * 5, boxes, np.ones(3, np.float32))
    assert same(person, person)
    assert not same(person, Tube("x", np.arange(3) * 5, boxes + 40, np.ones(3, np.float32)))
    assert not same(person, Tube("x", np.arange(3) * 5 + 100, boxes, np.ones(3, np.float32)))


def test_boxes_beyond_the_picture_are_cut(noisy):
    edited = mosaic(noisy, [(-50.0, -50.0, 10.0, 10.0), (155.0, 85.0, 400.0, 300.0), (200.0, 200.0, 210.0, 210.0)])
    assert changed(noisy[:12, :12], edited[:12, :12]) and changed(noisy[85:, 155:], edited[85:, 155:])
    assert changed(noisy[20:80, 20:130], edited[20:80, 20:130]) is None


def test_each_way_says_what_it_does():
    assert set(NOTES) == set(BLURS) and all("missed" in NOTES[mode] for mode in BLURS if mode != "none")
