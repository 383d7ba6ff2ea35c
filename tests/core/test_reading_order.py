"""Frames that a decoder gives out of order behind a damaged place: each keeps its own seconds."""

from types import SimpleNamespace

import numpy as np
import pytest

from core._decoding import MAX_WAITING_FRAMES, in_order
from core._outcome import LATE_TOLERANCE_FRACTION, Seconds
from tests import twins
from tests.clips import make, noise
from tests.core.reading import told


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_frames_behind_a_hole_keep_their_seconds(tmp_path, name, share):
    images = noise(180)
    path = make(tmp_path / name, images, rate=10, bf=3, g=30, preset="veryfast", crf=18)
    intact, _, _ = told(path)
    back, times, reading = told(twins.zeroed(path, share, 0.1))
    assert 120 < reading.read < 175
    assert times[-1] == pytest.approx(17.9) and np.diff(times).min() > 0.09
    apart = np.abs(back[:, ::4, ::4].astype(np.int16)[:, None] - intact[None, :, ::4, ::4]).mean((2, 3, 4))
    sure = apart.min(1) < 3
    assert sure.sum() > reading.read - 30
    wrong = np.abs(times[sure] - apart.argmin(1)[sure] / 10) > 0.01
    assert wrong.sum() <= 2  # a decoder fills a frame at a hole's edge with the picture before


def clip_of(times):
    """What a clip's packets tell, of frames with the given seconds."""
    timing = SimpleNamespace(times=np.array(times), step=0.1, in_turn=False)
    return SimpleNamespace(timing=timing, scan=SimpleNamespace(depth=2, view=SimpleNamespace(coded=(64, 48))))


def ordered(times, rows):
    index = clip_of(times)
    return [(row, time) for _, row, time in in_order([(None, row) for row in rows], Seconds(index), index)]


def test_frames_that_come_too_early_wait_for_those_behind_them():
    given = [*range(10), 40, 11, 42, 41, 13, *range(43, 60)]
    found = ordered(np.arange(60) / 10, given)
    assert [row for row, _ in found] == sorted(given)
    np.testing.assert_allclose([time for _, time in found], np.array(sorted(given)) / 10)


def test_a_frame_whose_time_stamp_leaps_ahead_delays_none_behind_it():
    times = np.arange(60) / 10
    times[20] += 5
    found = ordered(times, range(60))
    assert [row for row, _ in found] == [*range(20), *range(21, 60)]
    np.testing.assert_allclose([time for row, time in found], [row / 10 for row, _ in found])


def test_a_late_frame_comes_a_hair_behind_the_one_before_and_delays_none_behind_it():
    given = [*range(10), 20, *range(21, 21 + MAX_WAITING_FRAMES), 12, *range(21 + MAX_WAITING_FRAMES, 50)]
    found = dict(ordered(np.arange(50) / 10, given))
    assert len(found) == len(given)
    assert all(found[row] == pytest.approx(row / 10) for row in given if row != 12)
    late = given.index(12)
    assert found[12] == pytest.approx(found[given[late - 1]] + LATE_TOLERANCE_FRACTION / 10)


def test_a_gap_keeps_all_frames():
    times = np.r_[np.arange(20) / 10, 30 + np.arange(3) / 10]
    assert ordered(times, range(23)) == [(row, pytest.approx(times[row])) for row in range(23)]
