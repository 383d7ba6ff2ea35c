import dataclasses
from functools import cache

import numpy as np
import pytest

from core.errors import DataError
from pipeline.training import survey as surveys
from pipeline.training.check_footage import check_footage
from pipeline.training.survey import Survey, survey
from plaza import render
from tests.pipeline.clips import Clip
from tests.pipeline.scenes import film, joined, place

SPAN = 6


@cache
def longer():
    """More than two minutes of a place, looked at once; nothing speaks against it."""
    return survey([film(frames=1300)]).clips[0]


def said(*clips, fatal=None, beside=()):
    found = check_footage(Survey((*beside, *survey(clips).clips)), SPAN)
    return [one.sentence for one in found if fatal is None or one.fatal == fatal]


class Timed(Clip):
    """A clip at another rate."""

    def __init__(self, name, images, slower):
        super().__init__(name, images)
        self.slower = slower

    def frames(self, chunk=32):
        for seen in super().frames(chunk):
            yield dataclasses.replace(seen, times=seen.times * self.slower)


def slowly(**of):
    """Two frames a second, so that few make two minutes."""
    return Timed("a.mp4", film(frames=260, **of).images, 5)


def pan(pixels):
    return lambda i: (int(pixels * i) % 300 - 150, 0)


def shaken(pixels, seed=0):
    way = np.random.default_rng(seed).integers(-pixels, pixels + 1, (2000, 2))
    return lambda i: tuple(way[i])


def test_a_fixed_camera_is_measured_and_nothing_speaks_against_it():
    one = longer()
    seen = Survey((one, *survey([film("b.mp4", 100)]).clips))
    assert (one.frames, one.width, one.height) == (1300, 160, 90) and one.fps == pytest.approx(10.0)
    assert one.seconds == pytest.approx(130.0) and seen.frames == 1400 and seen.longest is one
    assert (one.steady, one.sway, one.scenes, one.grey) == (1.0, 0.0, 1, False)
    assert one.lively > 0.9 and seen.thing == pytest.approx(14 / 90, rel=0.25)
    assert one.brightness == pytest.approx(110, abs=15)
    assert check_footage(seen, SPAN) == []


def test_the_plaza_is_from_a_fixed_camera():
    images = np.stack([frame.image for frame in render(3, 60, size=(320, 180))])
    one = survey([Clip("plaza", images)]).clips[0]
    assert one.steady > 0.9 and one.sway < 0.01 and one.scenes == 1 and one.lively > 0.5 and not one.grey


def turned(i):
    return (0, 0) if i < 200 else (120, 60)


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        (lambda: film(frames=300, shift=pan(1.0)), "'a.mp4' is not from a fixed camera"),
        (lambda: film(frames=300, shift=pan(0.4)), "'a.mp4' is not from a fixed camera"),
        (lambda: film(frames=300, shift=shaken(20)), "'a.mp4' is not from a fixed camera"),
        (lambda: film(frames=300, shift=turned), "'a.mp4' changes between 2 places"),
        (lambda: joined("cut.mp4", film(frames=150), film(frames=100, seed=9)), "'cut.mp4' changes between 2 places"),
        (lambda: Clip("black.mp4", np.zeros((300, 90, 160, 3), np.uint8)), "'black.mp4' shows a picture of one colour"),
        (lambda: Clip("dull.mp4", np.full((300, 90, 160, 3), 90, np.uint8)), "'dull.mp4' shows a picture of one"),
        (lambda: film(frames=100), "the footage is too short: 100 frames in 1 clip hold 95 windows of 6, and 200"),
        (lambda: (film(frames=300), film("b.mp4", 100, seed=8)), "'b.mp4' and 'a.mp4' do not show the same place"),
        (lambda: (film(frames=300), film("b.mp4", 100, size=(90, 120))), "'b.mp4' of 120×90 pixels and 'a.mp4' of 160"),
    ],
    ids=["pan", "slow pan", "hand-held", "turned", "cut", "black", "one colour", "short", "other place", "other shape"],
)  # fmt: skip
def test_unfit_footage_stops_before_the_training_begins(clip, sentence):
    given = clip()
    found = said(*(given if isinstance(given, tuple) else (given,)), fatal=True)
    assert len(found) == 1 and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        (lambda: slowly(walkers=0), "the footage is nearly empty: something moves in 0.0% of it"),
        (lambda: film(frames=400), "the footage is short: 0:40 minutes"),
        (lambda: slowly(light=-125), "the footage is dark (brightness"),
        (lambda: slowly(size=(180, 320), shift=shaken(3)), "the camera of 'a.mp4' sways by"),
    ],
    ids=["empty", "short", "dark", "sways"],
)
def test_doubts_are_said_and_stop_nothing(clip, sentence):
    found = check_footage(survey([clip()]), SPAN)
    assert [one.fatal for one in found] == [False] and found[0].sentence.startswith(sentence), found


@pytest.mark.parametrize(
    ("clip", "sentence"),
    [
        (lambda: film("night.mp4", 100, light=-85), "'night.mp4' (brightness"),
        (lambda: Timed("fast.mp4", film(frames=100).images, 1 / 3), "'fast.mp4' at 30 frames/s and 'a.mp4' at 10"),
        (lambda: film("large.mp4", 100, size=(180, 320), side=28), "'large.mp4' of 320×180 pixels will be"),
    ],
    ids=["day and night", "frame rates", "sizes"],
)
def test_doubts_about_clips_that_differ_are_said_and_stop_nothing(clip, sentence):
    found = check_footage(Survey((longer(), *survey([clip()]).clips)), SPAN)
    assert [one.fatal for one in found] == [False] and found[0].sentence.startswith(sentence), found


def held(times):
    return Clip("a.mp4", np.repeat(film(frames=240 // times).images, times, 0))


def dim():
    images = film(frames=240).images
    return Clip("a.mp4", (images * 0.05).astype(np.uint8))


@pytest.mark.parametrize(
    ("clip", "sentence", "fatal"),
    [
        (lambda: held(10), "most pictures are repeated in 'a.mp4': 'a.mp4' shows 1.0 new ones a second at 10", True),
        (lambda: held(2), "most pictures are repeated in 'a.mp4': 'a.mp4' shows 5.0 new ones a second at 10", False),
        (lambda: held(240), "the picture never changes in 'a.mp4'", False),
        (dim, "too little is seen in 'a.mp4' for the dark (brightness 5 of 255 at most)", True),
    ],
    ids=["held", "doubled", "still", "dim"],
)
def test_repeated_still_and_dark_pictures_each_get_their_sentence(clip, sentence, fatal):
    found = check_footage(Survey((longer(), *survey([clip()]).clips)), SPAN)
    assert [one.fatal for one in found if one.sentence.startswith(sentence)] == [fatal], found
    assert not any("nearly empty" in one.sentence or "of one colour" in one.sentence for one in found), found


def test_what_reading_was_troubled_by_is_said():
    clip = film(frames=60)
    clip.complaints = ["the picture of 'a.mp4' changes its size to 8x8; it was scaled"]
    assert said(clip, beside=[longer()]) == clip.complaints


def test_a_long_clip_is_thinned_evenly(monkeypatch):
    monkeypatch.setattr(surveys, "MAX_FRAMES", 40)
    still = place().astype(np.uint8)

    class Long:
        name = "long"

        def frames(self, chunk=32):
            for i in range(40):
                for seen in Clip("long", np.broadcast_to(still, (40, *still.shape))).frames():
                    yield dataclasses.replace(seen, first=seen.first + 40 * i, times=seen.times + 4 * i)

    one = survey([Long()]).clips[0]
    assert one.frames == 1600 > surveys.MAX_FRAMES * 10 and one.lively == 0 and one.steady == 1 and one.still


def test_grey_footage_is_known_for_it():
    assert survey([film(frames=60, grey=True)]).clips[0].grey


@pytest.mark.parametrize(
    ("clips", "sentence"), [([], "there is no normal footage"), ([film(frames=1)], "no two frames")]
)
def test_nothing_to_look_at_is_refused(clips, sentence):
    with pytest.raises(DataError, match=sentence):
        survey(clips)
