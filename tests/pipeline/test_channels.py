"""Kinds of scores joined on one scale, and what a run keeps of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.clock import Clock
from core.equivalence import Channel, Equivalence
from core.errors import DataError
from core.normality import AlarmCurve
from pipeline import channels

ALARMS = AlarmCurve(1.0, (1.0, 2.0), (10.0, 1.0))
TWICE = Channel(Equivalence((1.0, 2.0), (2.0, 4.0)), ALARMS)


def test_nats_are_added_up():
    pixels = np.array([0.5, 3.0, -1.0, np.nan, 0.5], np.float32)
    kinds = {channels.ATTRIBUTES: np.array([0.0, 1.0, 2.5, 9.0, 0.5])}
    found = channels.join(pixels, kinds, {channels.ATTRIBUTES: TWICE})
    assert found.dtype == np.float32
    assert found[[0, 1, 2, 4]].tolist() == [0.25, 2.5, 2.5, 0.75]
    assert np.isnan(found[3])
    each = [channels.joined_in(i, float(one), kinds, {channels.ATTRIBUTES: TWICE}) for i, one in enumerate(pixels)]
    assert np.array_equal(np.array(each, np.float32), found, equal_nan=True)
    apart = channels.in_nats(pixels, kinds, {channels.ATTRIBUTES: TWICE})
    assert channels.raised_by(apart, 1) == channels.PIXELS and channels.raised_by(apart, 2) == channels.ATTRIBUTES


def test_a_joined_score_is_worth_as_much_of_the_pixels_alone():
    known = {channels.ATTRIBUTES: TWICE}
    assert (channels.to_pixels(1.5, known), channels.to_pixels(0.0, known), channels.to_pixels(1.5, {})) == (
        3.0,
        2.0,
        1.5,
    )
    assert (channels.unit(known), channels.unit({channels.PIXELS: TWICE})) == ("nats", "dB")


def test_without_other_kinds_the_pixels_stay_as_they_are():
    pixels = np.array([0.5, -3.0, np.nan], np.float32)
    assert np.array_equal(channels.join(pixels, {}, {}), pixels, equal_nan=True)


def test_scores_of_a_kind_that_the_camera_does_not_have_are_left_out():
    assert channels.join(np.zeros(3, np.float32), {channels.ATTRIBUTES: np.ones(3)}, {}).tolist() == [0.0] * 3


def test_scores_of_things_are_smoothed_over_time():
    clock = Clock.steady(10.0, 81)
    raw = np.zeros(81)
    raw[40] = 1.0
    found = channels.attribute_scores(SimpleNamespace(frame_scores=lambda frames: raw[:frames]), clock)
    assert found.argmax() == 40 and found.sum() == pytest.approx(1.0, abs=0.01)
    assert found[45] == pytest.approx(found[40] * np.exp(-0.5), rel=0.01)


def test_kept_scores_come_back(tmp_path):
    assert channels.kept(tmp_path, 3) == {}
    np.savez(tmp_path / channels.KEPT, attributes=np.array([0.0, 1.5, 2.0], np.float32))
    assert channels.kept(tmp_path, 3)[channels.ATTRIBUTES].tolist() == [0.0, 1.5, 2.0]
    with pytest.raises(DataError, match="not of its 4 frames; analyse the clip again"):
        channels.kept(tmp_path, 4)


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_damaged_scores_are_refused(tmp_path, content):
    (tmp_path / channels.KEPT).write_bytes(content)
    with pytest.raises(DataError):
        channels.kept(tmp_path, 3)
