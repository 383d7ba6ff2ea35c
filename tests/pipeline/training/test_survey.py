import dataclasses

import numpy as np
import pytest

from core.errors import DataError
from footage.plaza import render
from pipeline.training.soundness import findings
from pipeline.training.survey import MOST, survey
from tests.pipeline.clips import Clip
from tests.pipeline.scenes import film, joined, place

SPAN = 6


def said(*clips, fatal=None):
    found = findings(survey(clips), SPAN)
    return [one.sentence for one in found if fatal is None or one.fatal == fatal]


def pan(pixels):
    return lambda i: (int(pixels * i) % 300 - 150, 0)


def shaken(pixels, seed=0):
    way = np.random.default_rng(seed).integers(-pixels, pixels + 1, (2000, 2))
    return lambda i: tuple(way[i])


def test_a_fixed_camera_is_measured_and_nothing_speaks_against_it():
    seen = survey([film(frames=1250), film("b.mp4", 300)])
    one = seen.clips[0]
    assert (one.frames, one.width, one.height) == (1250, 160, 90) and one.fps == pytest.approx(10.0)
    assert one.seconds == pytest.approx(125.0) and seen.frames == 1550 and seen.longest is one
    assert (one.steady, one.sway, one.scenes, one.grey) == (1.0, 0.0, 1, False)
    assert one.lively > 0.9 and seen.thing == pytest.approx(14 / 90, rel=0.25)
    assert one.brightness == pytest.approx(110, abs=15)
    assert findings(seen, SPAN) == []


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
    ],
    ids=["pan", "slow pan", "hand-held", "turned", "cut", "black", "one colour", "short"],
)  # fmt: skip
def test_unfit_footage_stops_before_the_training_begins(clip, sentence):
    found = said(clip(), fatal=True)
    assert len(found) == 1 and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    ("clips", "sentence"),
    [
        (lambda: (film(frames=300), film("b.mp4", 100, seed=8)), "'b.mp4' and 'a.mp4' do not show the same place"),
        (
            lambda: (film(frames=300), film("b.mp4", 100, size=(90, 120))),
            "'b.mp4' of 120×90 pixels and 'a.mp4' of 160×90",
        ),
    ],
    ids=["place", "shape"],
)
def test_clips_of_different_cameras_are_told_apart(clips, sentence):
    found = said(*clips(), fatal=True)
    assert len(found) == 1 and found[0].startswith(sentence), found


class Fast(Clip):
    def frames(self, chunk=32):
        for seen in super().frames(chunk):
            yield dataclasses.replace(seen, times=seen.times / 3)


@pytest.mark.parametrize(
    ("clips", "sentence"),
    [
        (lambda: (film(frames=1300, walkers=0),), "the footage is nearly empty: something moves in 0.0% of it"),
        (lambda: (film(frames=400),), "the footage is short: 0:40 minutes"),
        (lambda: (film(frames=1300), film("night.mp4", 100, light=-85)), "'night.mp4' (brightness"),
        (lambda: (film(frames=1300, light=-125),), "the footage is dark (brightness"),
        (
            lambda: (film(frames=1300), Fast("fast.mp4", film(frames=100).images)),
            "'fast.mp4' at 30 frames/s and 'a.mp4' at 10",
        ),
        (
            lambda: (film(frames=1300), film("large.mp4", 100, size=(180, 320), side=28)),
            "'large.mp4' of 320×180 pixels will be",
        ),
        (lambda: (film(frames=1300, size=(180, 320), shift=shaken(3)),), "the camera of 'a.mp4' sways by"),
    ],
    ids=["empty", "short", "day and night", "dark", "frame rates", "sizes", "sways"],
)
def test_doubts_are_said_and_stop_nothing(clips, sentence):
    made = clips()
    assert said(*made, fatal=True) == []
    found = said(*made)
    assert len(found) == 1 and found[0].startswith(sentence), found


def test_what_reading_was_troubled_by_is_said():
    clip = film(frames=1300)
    clip.complaints = ["the picture of 'a.mp4' changes its size to 8x8; it was scaled"]
    assert said(clip) == clip.complaints


def test_a_long_clip_is_thinned_evenly():
    still = place().astype(np.uint8)

    class Long:
        name = "long"

        def frames(self, chunk=32):
            for i in range(200):
                for seen in Clip("long", np.broadcast_to(still, (40, *still.shape))).frames():
                    yield dataclasses.replace(seen, first=seen.first + 40 * i, times=seen.times + 4 * i)

    one = survey([Long()]).clips[0]
    assert one.frames == 8000 > MOST * 10 and one.lively == 0 and one.steady == 1


def test_grey_footage_is_known_for_it():
    assert survey([film(frames=60, grey=True)]).clips[0].grey


@pytest.mark.parametrize(
    ("clips", "sentence"), [([], "there is no normal footage"), ([film(frames=1)], "no two frames")]
)
def test_nothing_to_look_at_is_refused(clips, sentence):
    with pytest.raises(DataError, match=sentence):
        survey(clips)
