"""Intervals of means over clips against a loop over resamples."""

import numpy as np
import pytest

from metrics.bootstrap import MIN_UNITS, RESAMPLES, mean_interval


@pytest.mark.parametrize("count", [MIN_UNITS, 12, 40])
def test_it_is_near_that_of_a_loop_over_resamples(count):
    random = np.random.default_rng(count)
    values = random.random(count)
    means = [values[random.integers(0, count, count)].mean() for _ in range(20 * RESAMPLES)]
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist(), abs=0.03)
    assert mean_interval(values) == found, "the draws are the same each time"


def test_few_clips_have_none_and_equal_ones_an_empty_one():
    assert mean_interval([0.2, 0.9, 1.0, 1.0]) is None
    found = mean_interval([0.75] * MIN_UNITS)
    assert found.low == found.high == 0.75
