import dataclasses
import json

import numpy as np
import pytest

from core import typed_json
from core.clock import Clock
from core.errors import InputError
from core.normality import DEFAULT_ALARMS_PER_HOUR, MAX_ALARMS_PER_HOUR, AlarmCurve
from pipeline.events import find_events
from pipeline.training.alarm_curve import MIN_COUNTED_EVENTS, MIN_PER_HOUR, alarm_curve

FPS = 5.0
NOISY = 0.3
"""Under it the noise between the bumps raises events, too."""


def bumps(heights, length=600, seed=0, noise=0.05):
    """Scores with a bump of one second for each height, far from each other."""
    scores = np.random.default_rng(seed).normal(0, noise, max(length, 60 * len(heights) + 60)).astype(np.float32)
    for i, height in enumerate(heights):
        scores[40 + 60 * i : 46 + 60 * i] += height
    return scores


def clock(scores):
    return Clock.steady(FPS, len(scores))


def timed(calm):
    return [(scores, clock(scores)) for scores in calm]


@pytest.mark.parametrize(
    ("heights", "clips"),
    [
        ([1.0], 1),
        ([3.0, 3.0, 3.0], 3),
        ([0.5, 7.0, 1.0, 2.0, 2.5, 6.0, 0.6], 1),
        ([2, 4, 6, 8, 3, 5], 2),
        (list(range(1, 25)), 1),
    ],
)
def test_where_events_are_many_the_curve_is_their_count(heights, clips):
    calm = [bumps(heights, seed=seed) for seed in range(clips)]
    curve = alarm_curve(timed(calm))
    hours = sum(map(len, calm)) / FPS / 3600
    assert curve.hours == pytest.approx(hours, abs=1e-4)
    assert list(curve.thresholds) == sorted(curve.thresholds)
    assert list(curve.per_hour) == sorted(curve.per_hour, reverse=True)
    for threshold, per_hour in zip(curve.thresholds, curve.per_hour, strict=True):
        count = sum(len(find_events(scores, threshold, clock(scores))) for scores in calm)
        if threshold > NOISY and count > 3 * MIN_COUNTED_EVENTS:
            assert per_hour == pytest.approx(count / hours, rel=1e-3)
        if threshold > NOISY:
            assert per_hour >= count / hours * 0.999


@pytest.mark.parametrize("per_hour", [0.2, 2.0, 6.0, 60.0])
def test_the_threshold_is_the_lowest_that_costs_no_more(per_hour):
    curve = alarm_curve(timed([bumps([1, 2, 3, 4, 2.5, 1.5, 3.5])]))
    threshold = curve.threshold(per_hour)
    assert curve.expected(threshold) <= per_hour
    assert curve.expected(threshold * 0.97) > per_hour


@pytest.mark.parametrize(
    ("hours", "usual"),
    [
        (1.0, DEFAULT_ALARMS_PER_HOUR),
        (1 / DEFAULT_ALARMS_PER_HOUR, DEFAULT_ALARMS_PER_HOUR),
        (1 / 20, 20.0),
        (0.026, 1 / 0.026),
        (0.001, MAX_ALARMS_PER_HOUR),
    ],
)
def test_unasked_a_camera_costs_no_fewer_events_than_its_footage_can_count(hours, usual):
    curve = AlarmCurve(hours, (1.0, 2.0), (500.0, 0.1))
    assert curve.usual == pytest.approx(usual)
    assert curve.can_count(curve.usual) == (usual < MAX_ALARMS_PER_HOUR)


def test_a_short_piece_of_noise_promises_what_a_long_one_keeps():
    """Peaks of exponential height: what a few minutes expect must hold over hours, within chance."""
    rng = np.random.default_rng(1)
    kept, naive = [], []
    for _ in range(8):
        short, long = (bumps(1 + rng.exponential(1.0, count), noise=0.01) for count in (12, 600))
        curve = alarm_curve(timed([short]))
        hours = len(long) / FPS / 3600
        kept.append(len(find_events(long, curve.threshold(2.0), clock(long))) / hours)
        none = min(t for t in np.linspace(0.1, 20, 200) if not find_events(short, t, clock(short)))
        naive.append(len(find_events(long, none, clock(long))) / hours)
    assert np.mean(kept) < np.mean(naive) / 2


def test_footage_in_which_nothing_happens_has_a_curve():
    for scores in (np.zeros(100, np.float32), np.full(3, 0.5, np.float32), np.array([np.nan, 0.1], np.float32)):
        curve = alarm_curve(timed([scores]))
        assert np.isfinite([*curve.thresholds, *curve.per_hour]).all()
        assert curve.threshold(MIN_PER_HOUR) == curve.thresholds[-1] > 0


def test_a_curve_survives_json_and_refuses_what_is_none():
    curve = alarm_curve(timed([bumps([1, 2, 3])]))
    assert typed_json.load(AlarmCurve, json.dumps(dataclasses.asdict(curve)), "a curve") == curve
    with pytest.raises(InputError, match="per_hour must be 2, got 1"):
        typed_json.load(AlarmCurve, '{"hours": 1, "thresholds": [1, 2], "per_hour": [1]}', "a curve")
    with pytest.raises(ValueError, match="thresholds must be at least one"):
        AlarmCurve(1.0, (), ())
