"""Tracks that go on where another one was lost are one track."""

import numpy as np
import pytest

from core.clock import Clock
from core.records import Tube
from explain.causes._continued import continued, rejoined

CLOCK = Clock.steady(25.0, 400)


def tube(first, last, label="person", x=0.0, pixels=1.0, tall=40.0):
    """A thing that goes to the right by so many pixels a frame; it is at ``x`` in frame 0."""
    frames = np.arange(first, last + 1, 5)
    left = x + pixels * frames
    boxes = np.stack([left, np.full(len(frames), 50.0), left + 15, np.full(len(frames), 50.0 + tall)], axis=1)
    return Tube(label, frames, boxes.astype(np.float32), np.linspace(0.5, 0.9, len(frames)).astype(np.float32))


def test_three_parts_of_one_way_are_one_track():
    parts = [tube(0, 50), tube(80, 120), tube(140, 200)]
    other = tube(0, 200, x=300.0)
    found = rejoined([parts[0], other, *parts[1:]], CLOCK)
    assert [len(one.frames) for one in found] == [sum(len(part.frames) for part in parts), len(other.frames)]
    for name in ("frames", "boxes", "confidence"):
        np.testing.assert_array_equal(getattr(found[0], name), np.concatenate([getattr(p, name) for p in parts]))
    assert found[0].label == "person"


@pytest.mark.parametrize(
    "after",
    [tube(110, 150), tube(60, 150, label="dog"), tube(60, 150, x=60.0), tube(60, 150, tall=70.0), tube(40, 150)],
    ids=["later than two seconds", "another name", "elsewhere", "another size", "at the same time"],
)
def test_others_are_not(after):
    before = tube(0, 50)
    assert continued([before, after], CLOCK) == []
    assert rejoined([before, after], CLOCK) == [before, after]


def test_of_two_that_are_as_near_one_goes_on():
    twins, after = [tube(0, 50), tube(0, 50)], tube(80, 120)
    found = rejoined([*twins, after], CLOCK)
    assert sorted(len(one.frames) for one in found) == [len(twins[0].frames), len(twins[0].frames) + len(after.frames)]
    both = rejoined([tube(0, 50), tube(80, 120), tube(80, 120)], CLOCK)
    assert sum(len(one.frames) for one in both) == len(twins[0].frames) + 2 * len(after.frames)


def test_without_a_clock_nothing_is_joined():
    parts = [tube(0, 50), tube(80, 120)]
    assert rejoined(parts, None) == parts
    assert rejoined([], CLOCK) == []
