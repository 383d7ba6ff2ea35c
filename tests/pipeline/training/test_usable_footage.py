"""Footage whose recorder doubled its frames is learnt from as if it had not."""

import numpy as np
import pytest

from pipeline.training.survey import survey
from pipeline.training.usable_footage import UniqueFrames
from tests.pipeline.scenes import film
from tests.pipeline.test_sampling import copy


class Doubled:
    name, complaints = "doubled.mp4", ("it is cut",)

    def __init__(self, clip):
        self.clip = clip

    def frames(self, chunk=32):
        for seen in self.clip.frames(chunk):
            images = [image for one in seen.images for image in (one, copy(one, len(one)))]
            times = np.repeat(seen.times, 2) + np.tile([0.0, 0.05], len(seen))
            yield type(seen)(np.stack(images), 2 * seen.first, times)


def test_each_picture_is_there_once_in_its_own_time():
    plain = film("a.mp4", 60)
    images, times = (np.concatenate([getattr(c, what) for c in plain.frames()]) for what in ("images", "times"))
    found = list(UniqueFrames(Doubled(plain)).frames(chunk=14))
    assert [c.first for c in found] == np.cumsum([0, *(len(c) for c in found)])[:-1].tolist()
    assert np.array_equal(np.concatenate([c.images for c in found]), images)
    assert np.concatenate([c.times for c in found]) == pytest.approx(times)


def test_the_survey_counts_pictures_and_keeps_what_reading_said():
    (one,) = survey([UniqueFrames(Doubled(film("a.mp4", 60)))]).clips
    assert one.frames == 60 and one.fps == pytest.approx(10.0) and one.complaints == ("it is cut",)


def test_ordinary_footage_is_left_as_it_is():
    plain = film("a.mp4", 60)
    assert (
        sum(len(chunk) for chunk in UniqueFrames(plain).frames()) == sum(len(chunk) for chunk in plain.frames()) == 60
    )
