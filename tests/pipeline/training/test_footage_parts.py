"""Parts of footage: a split in two, and doubled frames that are learnt from as if they were not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.training.footage_parts import GAP_SECONDS, ClipPart, UniqueFrames, training_excerpt, validation_split
from pipeline.training.survey import survey
from tests.pipeline.clips import Clip
from tests.pipeline.scenes import film
from tests.pipeline.test_sampling import copy

SPAN = 4


def clips(*lengths):
    return [Clip(f"{i}.mp4", np.full((n, 8, 16, 3), i, np.uint8)) for i, n in enumerate(lengths)]


def halves(lengths, share, span=SPAN):
    made = clips(*lengths)
    parts = validation_split(made, survey(made), share, span)
    return parts, [frames(clip) for clip in parts.training], [frames(clip) for clip in parts.validation]


def frames(clip):
    return sum(len(chunk) for chunk in clip.frames())


def test_of_many_clips_whole_ones_are_held_out_evenly_spread():
    parts, kept, held = halves([100] * 8, 0.25)
    assert [clip.name for clip in parts.validation] == ["3.mp4", "7.mp4"]
    assert (sum(kept), sum(held)) == (600, 200) and parts.frames == (100,) * 6
    assert parts.reason == "2 of 8 clips are held out for the threshold (0.3 minutes)"


@pytest.mark.parametrize("lengths", [[400], [300, 300], [1000, 20, 20, 20]])
def test_of_few_clips_or_unequal_ones_the_last_part_of_each(lengths):
    parts, kept, held = halves(lengths, 0.25)
    assert held == [length - round(length * 0.75) for length in lengths]
    gap = round(GAP_SECONDS * 10)
    assert kept == [max(0, round(length * 0.75) - gap) for length in lengths] == list(parts.frames)
    assert parts.reason.startswith("the last 25% of")


def test_too_little_footage_says_what_is_done_instead():
    parts, kept, held = halves([120], 0.25)
    assert (
        (kept, held) == ([120], []) and "too short to hold out" in parts.reason and "more false alarms" in parts.reason
    )


def test_nothing_is_held_out_when_asked():
    parts, kept, held = halves([300, 300], 0)
    assert (kept, held) == ([300, 300], []) and "as asked" in parts.reason


@given(st.integers(1, 60), st.integers(0, 50), st.integers(0, 60), st.integers(1, 9))
def test_a_part_is_those_frames(length, first, more, chunk):
    images = np.arange(length, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    part = ClipPart(Clip("a", images), first, first + more)
    got = list(part.frames(chunk))
    values = [int(v) for seen in got for v in seen.images[:, 0, 0, 0]]
    assert values == list(range(length))[first : first + more]
    assert [seen.first for seen in got] == list(np.cumsum([0, *map(len, got)])[:-1])


def test_a_glance_at_what_was_trained_on_is_short(monkeypatch):
    parts, _, _ = halves([400] * 4, 0.25)
    assert [frames(clip) for clip in training_excerpt(parts)] == [400, 400, 400]
    monkeypatch.setattr("pipeline.training.footage_parts.MAX_EXCERPT_FRAMES", 120)
    assert [frames(clip) for clip in training_excerpt(parts)] == [40, 40, 40]


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
    assert frames(UniqueFrames(plain)) == frames(plain) == 60
