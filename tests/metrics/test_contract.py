"""Every registered metric, of every kind, keeps what its entry promises."""

import numpy as np
import pytest

from core.metrics import (
    ClassScores,
    Decisions,
    Events,
    FrameScores,
    LocatedHeat,
    Metric,
    OneClass,
    PredictedRegions,
    Regions,
)
from core.registry import collect

METRICS = collect("metrics", "METRICS")
LENGTHS = (40, 25)
KINDS = (FrameScores, Decisions, Events, LocatedHeat, OneClass, ClassScores)


def boxes(rng, count):
    corner = rng.integers(0, 20, (count, 2))
    return Regions(rng.integers(0, sum(LENGTHS), count), np.hstack([corner, corner + 10]).astype(np.float64))


def example(kind):
    """Make a small input of a kind, the same each time, for which every metric is defined."""
    rng = np.random.default_rng(0)
    scores = [rng.normal(size=length) for length in LENGTHS]
    abnormal = [np.arange(length) % 9 > 4 for length in LENGTHS]
    flagged, always = [score > 0.5 for score in scores], [np.ones(length, np.bool_) for length in LENGTHS]
    if kind is FrameScores:
        return FrameScores(scores, scores, abnormal)
    if kind is Decisions:
        return Decisions(flagged, always, abnormal)
    if kind is Events:
        return Events(flagged, abnormal, [np.arange(length) / 10 for length in LENGTHS], always)
    if kind is LocatedHeat:
        maps = [rng.random((length, 3, 4), np.float32) for length in LENGTHS]
        inside = [(y[:, None, None] * rng.integers(0, 16, (len(y), 3, 4))).astype(np.uint8) for y in abnormal]
        predicted = PredictedRegions.scored(boxes(rng, 300), rng.normal(size=300))
        return LocatedHeat(maps, inside, abnormal, predicted, boxes(rng, 60), [f"t{i % 7}" for i in range(60)], 65)
    several, video = rng.random((65, 3)), np.repeat([0, 1], LENGTHS)
    names = [("object", "a"), ("action", "b"), ("location", "c")]
    classes = ClassScores(several, rng.random((65, 3)) < 0.3, names, video)
    return classes if kind is ClassScores else classes.each[0]


def test_every_kind_of_argument_has_an_example_and_a_metric():
    assert {metric.needs for metric in METRICS.values()} == set(KINDS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_is_in_its_range_and_the_same_each_time(name):
    metric = METRICS[name]
    assert isinstance(metric, Metric) and metric.about
    value = metric.run(example(metric.needs))
    low, high = metric.range
    assert isinstance(value, float) and low <= value <= high
    assert metric.run(example(metric.needs)) == value
