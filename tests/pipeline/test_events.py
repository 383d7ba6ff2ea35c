import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Event
from pipeline.events import EventRule, find_events, smoothed

STEADY = EventRule(smooth=0.0, low=0.6, shortest=0.3, gap=0.5)


def scores(length, *spans, height=2.0):
    values = np.zeros(length, np.float32)
    for first, last in spans:
        values[first : last + 1] = height
    return values


def test_a_plateau_is_one_event_with_its_peak():
    values = scores(100, (40, 59))
    values[47] = 3.0
    assert find_events(values, 1.0, 25, STEADY) == [Event(40, 59, 47, 3.0)]


def test_hysteresis_carries_an_event_through_a_dip_but_not_alone():
    values = scores(100, (40, 49), (55, 70))
    values[50:55] = 0.7
    values[80:95] = 0.7
    assert [(e.first, e.last) for e in find_events(values, 1.0, 25, STEADY)] == [(40, 70)]


def test_short_events_are_dropped_and_near_ones_joined():
    values = scores(200, (10, 14), (50, 69), (80, 99), (150, 169))
    assert [(e.first, e.last) for e in find_events(values, 1.0, 25, STEADY)] == [(50, 99), (150, 169)]


def test_frames_without_a_score_are_in_no_event():
    values = scores(60, (5, 30))
    values[:5] = np.nan
    assert [(e.first, e.last) for e in find_events(values, 1.0, 25, STEADY)] == [(5, 30)]


@pytest.mark.parametrize("values", [np.zeros(0, np.float32), np.full(9, np.nan, np.float32), np.zeros(9, np.float32)])
def test_nothing_unusual_is_no_event(values):
    assert find_events(values, 1.0, 25) == []


def test_smoothing_keeps_a_constant_and_its_gaps():
    values = np.full(50, 1.5, np.float32)
    values[:5] = np.nan
    out = smoothed(values, 25)
    assert np.isnan(out[:5]).all()
    np.testing.assert_allclose(out[5:], 1.5, rtol=1e-6)


def naive(values, threshold, fps, rule):
    low, found, run = threshold * rule.low, [], None
    for i, value in enumerate([*values, -np.inf]):
        if value > low:
            run = run or [i, i, False]
            run[1], run[2] = i, run[2] or value > threshold
        elif run is not None:
            if run[2]:
                if found and run[0] - (found[-1][1] + 1) <= rule.gap * fps:
                    found[-1][1] = run[1]
                else:
                    found.append(run[:2])
            run = None
    return [(a, b) for a, b in found if b - a + 1 >= max(1.0, rule.shortest * fps)]


@given(st.lists(st.floats(-1, 3, width=32), max_size=60), st.floats(0.125, 2, width=32), st.sampled_from([5.0, 25.0]))
def test_events_are_the_naive_ones(values, threshold, fps):
    array = np.array(values, np.float32)
    found = find_events(array, threshold, fps, STEADY)
    assert [(e.first, e.last) for e in found] == naive(array, threshold, fps, STEADY)
    for event in found:
        assert event.peak_score == array[event.first : event.last + 1].max()
