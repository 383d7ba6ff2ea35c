"""Time stamps that wrap, restart, jump, repeat and lie are brought into one line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import _stamps

BASE = 1 / 90000
EIGHT_HOURS = 8 * 3600.0


def lined(ticks, base=BASE, longest=EIGHT_HOURS):
    ticks = np.asarray(ticks, np.int64)
    return _stamps.in_order(ticks, np.ones(len(ticks), bool), base, longest)


def steady(count, step=3600, start=0):
    return start + step * np.arange(count, dtype=np.int64)


def reordered(ticks):
    """Put time stamps into the order in which frames with two B-frames between references are coded."""
    order = [0, *(place for first in range(1, len(ticks), 3) for place in (first + 2, first, first + 1))]
    return ticks[[place for place in order if place < len(ticks)]]


@pytest.mark.parametrize("arranged", [np.asarray, reordered])
@pytest.mark.parametrize("start", [0, -20480, 7, 2**40])
def test_time_stamps_that_grow_are_left_as_they_are(arranged, start):
    ticks = arranged(steady(100, start=start))
    found = lined(ticks)
    np.testing.assert_allclose(found.seconds, (ticks - ticks.min()) * BASE)
    assert (found.wrong, found.backs, found.jumps, found.hopeless) == (0, (), (), False)


@pytest.mark.parametrize("arranged", [np.asarray, reordered])
@pytest.mark.parametrize("counter", [2**33, 2**32, 2**31])
def test_a_counter_that_begins_again_goes_on(arranged, counter):
    true = arranged(steady(300, start=counter - 150 * 3600))
    found = lined(true % counter)
    np.testing.assert_allclose(found.seconds, (true - true.min()) * BASE)
    assert (found.wrong, found.backs, found.jumps) == (0, (), ())


def test_counters_that_begin_again_several_times():
    true = steady(6000, step=9000 * 600, start=2**33 - 10**6)
    found = lined(true % 2**33, longest=1e9)
    np.testing.assert_allclose(found.seconds, (true - true.min()) * BASE)


def test_a_restart_goes_on_after_one_step():
    found = lined(np.concatenate([steady(60, start=126000), steady(60, start=126000), steady(40, start=9000)]))
    np.testing.assert_allclose(found.seconds, steady(160) * BASE)
    assert [(round(at, 2), round(by, 2)) for at, by in found.backs] == [(2.36, 2.36), (4.76, 3.66)]


def test_gaps_of_up_to_the_longest_clip_are_kept():
    for seconds in (2, 60, 3700, 7 * 3600):
        found = lined(np.concatenate([steady(60), steady(60, start=seconds * 90000)]))
        assert found.seconds[60] == pytest.approx(seconds) and found.jumps == ()


@pytest.mark.parametrize("arranged", [np.asarray, reordered])
def test_a_jump_beyond_the_longest_clip_is_left_out(arranged):
    found = lined(arranged(np.concatenate([steady(61), steady(60, start=20 * 3600 * 90000)])))
    assert np.diff(np.sort(found.seconds)) == pytest.approx(0.04)
    assert [(round(at, 1), round(by / 3600)) for at, by in found.jumps] == [(2.4, 20)]


@pytest.mark.parametrize("row", [1, 17, 50, 98])
@pytest.mark.parametrize("bit", [22, 30, 40])
def test_a_single_wrong_time_stamp_is_forgotten(row, bit):
    ticks = steady(100)
    ticks[row] ^= 1 << bit
    found = lined(ticks)
    assert np.isnan(found.seconds[row]) and found.wrong == 1
    np.testing.assert_allclose(np.delete(found.seconds, row), np.delete(steady(100), row) * BASE)


@pytest.mark.parametrize("ahead", [32768, 10**7])
def test_a_cluster_that_was_moved_is_moved_back(ahead):
    ticks = steady(300, step=40)
    ticks[100:113] += ahead
    found = lined(ticks, 0.001)
    np.testing.assert_allclose(found.seconds, steady(300, step=40) * 0.001, atol=1e-9)
    assert found.wrong == 13 and found.backs == ()


def test_frames_out_of_order_around_a_gap_are_no_restart():
    ticks = [100, 140, 180, 300, 340, 9000, 1100, 2000, 9040]
    found = lined(ticks, 0.001)
    np.testing.assert_allclose(found.seconds, (np.array(ticks) - 100) / 1000)
    assert (found.wrong, found.backs) == (0, ())


def test_what_runs_back_again_and_again_is_hopeless():
    assert lined(np.tile(steady(20), 3000)).hopeless


def naive(seconds, step):
    """Part equal times by a loop."""
    parted = []
    for at in seconds:
        same = [i for i, other in enumerate(seconds) if other == at]
        later = min((other for other in seconds if other > at), default=at + step)
        rank = same[[i for i in same].index(len(parted))] and same.index(len(parted))
        parted.append(at + rank * min(later - at, step) / len(same))
    return parted


@given(st.lists(st.integers(0, 8), min_size=1, max_size=12))
def test_equal_times_are_parted_evenly(numbers):
    seconds = np.array(numbers) * 0.04
    parted = _stamps.spread(seconds, 0.04)
    np.testing.assert_allclose(parted, naive(seconds.tolist(), 0.04), atol=1e-9)
    assert len(np.unique(parted.round(9))) == len(parted)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=60))
def test_any_time_stamps_give_finite_seconds_or_none(ticks):
    found = lined(ticks)
    assert len(found.seconds) == len(ticks)
    known = found.seconds[~np.isnan(found.seconds)]
    assert (known >= 0).all() and np.isfinite(known).all()


@pytest.mark.parametrize("arranged", [np.asarray, reordered])
@pytest.mark.parametrize("back", [2, 9, 20, 33, 34, 60])
def test_a_key_frame_that_goes_back_begins_anew(arranged, back):
    first, second = arranged(steady(70)), arranged(steady(70, start=3600 * (70 - back)))
    keys = np.arange(140) % 10 == 0
    ticks = np.concatenate([first, second])
    found = _stamps.in_order(ticks, np.ones(140, bool), BASE, EIGHT_HOURS, keys)
    assert found.breaks == (70,) and [round(by, 2) for _, by in found.backs] == [round((back - 1) * 0.04, 2)]
    np.testing.assert_allclose(np.sort(found.seconds), steady(140) * BASE)


def test_key_frames_that_are_only_out_of_order_do_not_begin_anew():
    ticks = steady(100)
    ticks[[40, 41]], ticks[60:63] = ticks[[41, 40]], ticks[60:63] + 5 * 3600
    found = _stamps.in_order(ticks, np.ones(100, bool), BASE, EIGHT_HOURS, np.ones(100, bool))
    assert (found.breaks, found.backs, found.wrong) == ((), (), 0)
    np.testing.assert_allclose(found.seconds, (ticks - ticks.min()) * BASE)
