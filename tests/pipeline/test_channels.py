"""Kinds of scores joined on one scale, and what a run keeps of them."""

import numpy as np
import pytest

from core.equivalence import Channel, Equivalence
from core.errors import DataError
from core.normality import AlarmCurve
from pipeline import channels

ALARMS = AlarmCurve(1.0, (1.0, 2.0), (10.0, 1.0))
TWICE = Channel(Equivalence((1.0, 2.0), (2.0, 4.0)), ALARMS)


def test_a_frame_has_the_greatest_of_its_scores_on_the_scale_of_the_pixels():
    pixels = np.array([0.5, 3.0, -1.0, np.nan], np.float32)
    kinds = {channels.ATTRIBUTES: np.array([0.0, 1.0, 2.5, 9.0])}
    found = channels.join(pixels, kinds, {channels.ATTRIBUTES: TWICE})
    assert found.dtype == np.float32
    assert found[:3].tolist() == [0.5, 3.0, 5.0]
    assert np.isnan(found[3])


def test_without_other_kinds_the_pixels_stay_as_they_are():
    pixels = np.array([0.5, -3.0, np.nan], np.float32)
    assert np.array_equal(channels.join(pixels, {}, {}), pixels, equal_nan=True)


def test_scores_of_a_kind_that_the_camera_does_not_have_are_left_out():
    assert channels.lifted({channels.ATTRIBUTES: np.ones(3)}, {}, 3).tolist() == [-np.inf] * 3


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
