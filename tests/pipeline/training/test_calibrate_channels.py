"""Kinds of scores of normal footage: what is learnt, what each costs in false alarms, and what is left out."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.clock import Clock
from core.records import Frames
from detectors.standing import Pass, Standing
from pipeline import channels
from pipeline.training.alarm_curve import alarm_curve
from pipeline.training.calibrate_channels import ObservedClip, ScoredClip, calibrate_channels, observe_clips
from tests.detectors.test_attributes import walkers
from tests.pipeline.clips import Clip
from tests.pipeline.training.test_fit_camera import Boxes

FRAMES = 400


def observed(seed=0, seconds=40, things=None):
    """A street in which people walk by, and nothing stands."""
    rng = np.random.default_rng(9)
    still, standing = rng.integers(60, 160, (60, 80, 3), dtype=np.uint8), Standing(keep=True)
    times = np.arange(seconds * 10) / 10.0
    for first in range(0, len(times), 50):
        images = np.stack([still] * 50)
        for i in range(50):
            x = (first + i) % 70
            images[i, 20:40, x : x + 6] = 250
        standing.add(Frames(images, first, times[first : first + 50]))
    made = walkers(seed=seed, steps=30) if things is None else things
    return ObservedClip(made, standing.passed(), Clock.of(times))


class Job:
    """Keeps how many frames it was told of."""

    def begin(self, stage):
        self.stage = stage

    def advance(self, frames):
        self.frames = frames


def scored(seed=0, first=3):
    rng = np.random.default_rng(seed)
    return ScoredClip(
        first, rng.normal(0, 1, FRAMES - first).astype(np.float32), Clock.of(np.arange(FRAMES - first) / 10)
    )


@pytest.fixture(scope="module")
def found():
    clips = [scored(seed) for seed in (0, 1)]
    pixels = alarm_curve([(clip.scores, clip.clock) for clip in clips])
    return calibrate_channels(clips, [observed(0), observed(1), observed(2)], pixels, "somebody"), clips


def test_each_kind_has_its_false_alarms_and_those_with_a_model_keep_it(found, tmp_path):
    channels_found, clips = found
    assert set(channels_found.kinds) == {channels.PIXELS, channels.ATTRIBUTES}
    assert channels_found.kinds[channels.ATTRIBUTES].objects == "somebody"
    assert not channels_found.reasons
    kept = channels_found.saved(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {channels.FILES[channels.ATTRIBUTES]}
    assert {name for name, one in kept.items() if one.sha256} == {channels.ATTRIBUTES}
    assert [len(one) for one in channels_found.joined] == [len(clip.scores) for clip in clips]
    assert all((one >= 0.0).all() for one in channels_found.joined)


def test_what_the_footage_shows_too_little_of_is_left_out_and_its_old_file_removed(tmp_path):
    few = walkers(count=3, steps=10)
    clip = scored()
    pixels = alarm_curve([(clip.scores, clip.clock)])
    one = ObservedClip(few, Pass(()), Clock.steady(10.0, FRAMES))
    found = calibrate_channels([clip], [one], pixels, "somebody")
    assert set(found.kinds) == {channels.PIXELS}
    assert "attributes need 500" in found.reasons[channels.ATTRIBUTES]
    (tmp_path / channels.FILES[channels.ATTRIBUTES]).write_bytes(b"old")
    found.saved(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_clips_are_observed_once_with_their_clock():
    images = np.random.default_rng(0).integers(0, 255, (30, 36, 54, 3), dtype=np.uint8)
    job = Job()
    seen = observe_clips([Clip("one", images), Clip("two", images[:20])], Boxes(), job, 25.0)
    assert [len(one.clock) for one in seen] == [30, 20]
    assert job.frames == 50
    assert [set(one.things.labels) for one in seen] == [{"person"}, {"person"}]


def test_what_stands_is_watched_only_where_it_is_asked_for():
    images = np.zeros((60, 36, 54, 3), np.uint8)
    job = SimpleNamespace(begin=lambda stage: None, advance=lambda frames: None)
    assert [one.passed is None for one in observe_clips([Clip("one", images)], Boxes(), job, 25.0)] == [True]
    assert observe_clips([Clip("one", images)], Boxes(), job, 25.0, stands=True)[0].passed is not None
