import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import Clock
from core.records import Event
from pipeline.events import EventRule, find_events, smoothed

STEADY = EventRule(smooth=0.0, low=0.6, shortest=0.3, gap=0.5)


def scores(length, *spans, height=2.0):
    values = np.zeros(length, np.float32)
    for first, last in spans:
        values[first : last + 1] = height
    return values


def steady(values):
    return find_events(values, 1.0, Clock.steady(25.0, len(values)), STEADY)


def spans(values):
    return [(event.first, event.last) for event in steady(values)]


def test_a_plateau_is_one_event_with_its_peak():
    values = scores(100, (40, 59))
    values[47] = 3.0
    assert steady(values) == [Event(40, 59, 47, 3.0)]


def test_hysteresis_carries_an_event_through_a_dip_but_not_alone():
    values = scores(100, (40, 49), (55, 70))
    values[50:55] = 0.7
    values[80:95] = 0.7
    assert spans(values) == [(40, 70)]


def test_short_events_are_dropped_and_near_ones_joined():
    values = scores(200, (10, 14), (50, 69), (80, 99), (150, 169))
    assert spans(values) == [(50, 99), (150, 169)]


def noisy(quiet, lead, rate=25.0):
    """A score below the lower threshold, then between the two, then above the upper one; seconds of the first two."""
    first, second = round(quiet * rate), round((quiet + lead) * rate)
    values = scores(second + 100, (second, second + 60))
    values[first:second] = 0.75 + 0.02 * (np.arange(second - first) % 3 - 1)
    values[second - 3 : second] = 0.8, 0.86, 0.95
    return values, first, second


@pytest.mark.parametrize(
    ("quiet", "lead", "kept"), [(0, 9, False), (0, 3, False), (0, 2, True), (2, 5, True), (2, 8, False)]
)
def test_noise_below_the_threshold_does_not_drag_an_events_start(quiet, lead, kept):
    values, first, second = noisy(quiet, lead)
    ((found, last),) = spans(values)
    assert last == second + 60
    assert found == first if kept else second - 1 <= found <= second


def test_the_start_is_bounded_in_seconds_at_any_rate_and_behind_frames_without_a_score():
    for rate in (5.0, 50.0):
        values, _, second = noisy(0, 4, rate)
        (event,) = find_events(values, 1.0, Clock.steady(rate, len(values)), STEADY)
        assert event.first >= second - 1
    values, _, second = noisy(4, 4)
    values[:100] = np.nan
    assert spans(values)[0][0] >= second - 1


def test_frames_without_a_score_are_in_no_event():
    values = scores(60, (5, 30))
    values[:5] = np.nan
    assert spans(values) == [(5, 30)]


@pytest.mark.parametrize("values", [np.zeros(0, np.float32), np.full(9, np.nan, np.float32), np.zeros(9, np.float32)])
def test_nothing_unusual_is_no_event(values):
    assert find_events(values, 1.0, Clock.steady(25.0, len(values))) == []


def test_smoothing_keeps_a_constant_and_its_gaps():
    values = np.full(50, 1.5, np.float32)
    values[:5] = np.nan
    out = smoothed(values, Clock.steady(25.0, len(values)))
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
    found = find_events(array, threshold, Clock.steady(fps, len(array)), STEADY)
    assert [(e.first, e.last) for e in found] == naive(array, threshold, fps, STEADY)
    for event in found:
        assert event.peak_score == array[event.first : event.last + 1].max()


def slow_twin(values, times, sigma):
    """Smooth frame by frame: each weighs as much as it is shown."""
    shown = np.append(np.diff(times), np.median(np.diff(times)))
    out = []
    for t, value in zip(times, values, strict=True):
        near = np.isfinite(values) & (np.abs(times - t) <= 4 * sigma + 1e-6)
        weight = shown[near] * np.exp(-0.5 * ((times[near] - t) / sigma) ** 2)
        out.append(np.nan if np.isnan(value) else (weight * values[near]).sum() / weight.sum())
    return np.array(out)


@given(st.lists(st.sampled_from([0.033, 0.04, 0.1, 0.2]), min_size=2, max_size=50), st.integers(0, 2**32 - 1))
def test_smoothing_a_variable_rate_is_that_of_the_slow_twin(steps, seed):
    rng = np.random.default_rng(seed)
    clock = Clock.of(np.cumsum([0.0, *steps]))
    values = np.where(rng.random(len(clock)) < 0.1, np.nan, rng.normal(size=len(clock))).astype(np.float32)
    np.testing.assert_allclose(smoothed(values, clock), slow_twin(values, clock.times, 0.2), rtol=1e-4, atol=1e-5)


def test_lengths_are_seconds_of_the_file_not_frames_over_a_rate():
    fast = Clock.of(np.concatenate([np.arange(50) * 0.02, 1.0 + np.arange(50) * 0.2]))
    values = scores(100, (10, 24), (60, 61))
    found = find_events(values, 1.0, fast, EventRule(smooth=0.0, shortest=0.35, gap=0.1))
    assert [(e.first, e.last) for e in found] == [(60, 61)]


def test_no_event_spans_a_gap_of_the_recording():
    clock = Clock.of(np.concatenate([np.arange(50) * 0.04, 3.2 + np.arange(50) * 0.04]))
    found = find_events(scores(100, (30, 70)), 1.0, clock, EventRule(smooth=0.0, gap=2.0))
    assert [(e.first, e.last) for e in found] == [(30, 49), (50, 70)]
    assert np.ptp(smoothed(np.repeat([0.0, 5.0], 50).astype(np.float32), clock)[40:50]) == 0
