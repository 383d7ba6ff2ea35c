"""Which footage false alarms are counted on."""

import numpy as np

from core.clock import Clock
from pipeline.training.calibrate_channels import ScoredClip
from pipeline.training.counted_footage import calibrated


def clip(level, seconds=60.0, spread=1.0):
    scores = (level + spread * np.sin(np.arange(600))).astype(np.float32)
    return ScoredClip(0, scores, Clock.of(np.linspace(0, seconds, 600)))


def test_little_held_out_footage_is_joined_by_what_was_trained_on():
    median, counted = calibrated([clip(-10.0)], [clip(-12.0, spread=3.0), clip(-12.0)])
    assert median == np.median(clip(-10.0).scores) and len(counted) == 3
    assert abs(np.median(counted[0].scores)) < 1e-5


def test_lower_scores_of_what_was_trained_on_are_raised_as_a_whole():
    _, (held, *trained) = calibrated([clip(-10.0)], [clip(-12.0), clip(-11.0)])
    together = np.concatenate([one.scores for one in trained])
    assert abs(np.median(together) - np.median(held.scores)) < 1e-4
    assert abs(np.median(trained[1].scores) - np.median(trained[0].scores) - 1.0) < 1e-4


def test_higher_scores_of_what_was_trained_on_are_left():
    _, (_, trained) = calibrated([clip(-10.0)], [clip(-7.0)])
    assert abs(np.median(trained.scores) - 3.0) < 0.1


def test_ten_minutes_held_out_are_enough():
    _, counted = calibrated([clip(-10.0, 601.0)], [clip(-8.0)])
    assert len(counted) == 1
    _, counted = calibrated([clip(-10.0, 590.0)], [clip(-8.0)])
    assert len(counted) == 2
