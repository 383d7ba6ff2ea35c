"""Seconds of frames: steady, variable, with gaps."""

import numpy as np
import pytest

from core.clock import Clock


def test_a_steady_clock_counts_in_its_rate_beyond_its_ends():
    clock = Clock.steady(25.0, 50)
    assert clock.seconds([-5, 0, 49, 60]).tolist() == pytest.approx([-0.2, 0.0, 1.96, 2.4])
    assert clock.rate == pytest.approx(25.0)
    assert clock.length(10, 19) == pytest.approx(0.4)


def test_a_variable_clock_keeps_each_frames_own_time():
    clock = Clock.of([0.0, 0.1, 0.133, 0.333, 0.433, 0.533])
    assert clock.step == pytest.approx(0.1)
    assert clock.at(2) == 0.133
    assert clock.end(2) == 0.333
    assert [clock.frame(s) for s in (-1.0, 0.0, 0.132, 0.133, 0.5, 9.0)] == [0, 0, 1, 2, 4, 5]


def test_nothing_is_joined_over_a_gap():
    clock = Clock.of(np.concatenate([np.arange(5) * 0.1, 7.0 + np.arange(3) * 0.1]))
    assert clock.gaps() == [4]
    assert list(clock.segments()) == [slice(0, 5), slice(5, 8)]
    assert clock.end(4) == pytest.approx(0.5)


def test_frames_a_second_apart_have_no_gap_where_that_is_usual():
    assert Clock.of(np.arange(10) * 1.0).gaps() == []


@pytest.mark.parametrize("times", [[0.0, 0.0], [0.1, 0.0], [[0.0, 1.0]]])
def test_times_that_do_not_grow_are_refused(times):
    with pytest.raises(ValueError, match="times must be"):
        Clock.of(times)
