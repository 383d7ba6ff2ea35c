"""Scores of two kinds on one scale, by the false alarms that they cost."""

import numpy as np
import pytest

from core.equivalence import Equivalence
from core.normality import AlarmCurve


def curve(scale, start=100.0, points=12, hours=1.0):
    """False alarms that fall to 1/e with every ``scale``: ``start`` an hour at ``scale``."""
    steps = np.arange(points)
    return AlarmCurve(hours, tuple((scale * (1 + steps)).tolist()), tuple((start * np.exp(-steps)).tolist()))


def test_scores_that_cost_the_same_are_equal_also_beyond_what_was_counted():
    equal = Equivalence.of(curve(2.0), curve(0.5))
    assert equal(np.array([2.0, 8.0, 24.0, 60.0])) == pytest.approx([0.5, 2.0, 6.0, 15.0], abs=0.01)


def test_the_way_back_gives_the_score_that_one_came_from():
    equal = Equivalence.of(curve(2.0), curve(0.5))
    values = np.array([2.0, 8.0, 24.0, 60.0])
    assert equal.inverse(equal(values)) == pytest.approx(values)
    assert equal.inverse(np.array([-9.0, 0.4, np.nan])) == pytest.approx([0.0, 1.6, np.nan], abs=0.05, nan_ok=True)


def test_what_is_usual_equals_nothing():
    assert Equivalence.of(curve(2.0), curve(0.5))(np.array([0.0, 1.9])).tolist() == [-np.inf, -np.inf]


def test_a_frame_without_a_score_stays_without():
    assert np.isnan(Equivalence.of(curve(2.0), curve(0.5))(np.array([np.nan]))).all()


def test_kinds_that_begin_at_different_rates_are_compared_from_the_rarer_on():
    equal = Equivalence.of(curve(1.0, start=10.0), curve(1.0, start=100.0))
    assert equal(np.array([1.0])) == pytest.approx([1 + np.log(10)], abs=0.01)


def test_normal_footage_that_never_surprises_leaves_the_unit_of_a_surprisal():
    never = AlarmCurve(0.1, (0.001,), (0.0,))
    equal = Equivalence.of(never, curve(0.5))
    assert np.diff(equal(np.array([1.0, 2.0, 3.0]))) == pytest.approx([0.5, 0.5], abs=0.01)


@pytest.mark.parametrize("scores, equal", [((1.0,), (1.0,)), ((1.0, 1.0), (1.0, 2.0)), ((1.0, 2.0), (2.0, 1.0)),
                                           ((1.0, 2.0), (1.0,)), ((1.0, float("inf")), (1.0, 2.0))])  # fmt: skip
def test_knots_must_ascend(scores, equal):
    with pytest.raises(ValueError, match="must be"):
        Equivalence(scores, equal)
