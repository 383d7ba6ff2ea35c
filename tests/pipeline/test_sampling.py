"""Which frames the detector is shown: doubled ones once, faster clips thinned, nothing across a gap."""

import numpy as np
import pytest

from core import video
from core.clock import Clock
from core.errors import ClipError
from core.records import Frames
from pipeline.repeats import Repeats
from pipeline.sampling import Analysed, Sampler, check_rate, load
from tests import clips

RNG = np.random.default_rng(0)
PLACE = RNG.integers(60, 190, (48, 64, 3), dtype=np.uint8)


def frame(number, noise=2.0):
    """A noisy place with a bright bar that moves."""
    rng = np.random.default_rng(number)
    image = PLACE + rng.normal(0, noise, PLACE.shape)
    left = number * 3 % 52
    image[10:34, left : left + 10] = 250
    return np.clip(image, 0, 255).astype(np.uint8)


def copy(image, seed, strength=0.6):
    """The same picture as a codec gives it a second time."""
    return np.clip(image + np.random.default_rng(seed).normal(0, strength, image.shape), 0, 255).astype(np.uint8)


def sample(images, times, rate, camera_rate=None, chunk=7, repeats=None):
    """Run a sampler over frames, in chunks; return it with all it gave."""
    sampler, found = Sampler(rate, camera_rate, repeats), []
    for first in range(0, len(images), chunk):
        part = slice(first, first + chunk)
        found += sampler.take(Frames(np.stack(images[part]), first, np.array(times[part])))
    return sampler, found


def numbers(samples):
    return [number for sample in samples for number in sample.numbers.tolist()]


def known_repeats(images):
    """What is known of a clip's repeats after a look at its beginning."""
    repeats = Repeats()
    for image in images[:64]:
        repeats.add_frame(image)
    return repeats.restarted()


def test_all_frames_of_an_ordinary_clip_are_shown_numbered_as_they_are():
    images = [frame(i) for i in range(40)]
    sampler, found = sample(images, np.arange(40) / 25, 25.0, 25.0)
    assert numbers(found) == list(range(40)) and sampler.repeated == 0
    assert [s.frames.first for s in found] == list(range(0, 40, 7))
    assert np.array_equal(np.concatenate([s.frames.images for s in found]), np.stack(images))


@pytest.mark.parametrize("pattern", [(1,), (2,), (4,), (0, 0, 0, 1), (0, 0, 0, 0, 1)])
def test_repeats_at_a_steady_beat_are_shown_once(pattern):
    images, new = [], []
    for i in range(60):
        new.append(len(images))
        images += [frame(i), *(copy(frame(i), i) for _ in range(pattern[i % len(pattern)]))]
    sampler, found = sample(images, np.arange(len(images)) / 20, 20.0, None, repeats=known_repeats(images))
    assert numbers(found) == new
    assert sampler.repeated == len(images) - len(new)
    assert sampler.analysed == [i in set(new) for i in range(len(images))]


def test_a_still_scene_is_no_filling():
    still = [frame(0)] * 30 + [frame(i) for i in range(1, 12)] + [frame(11)] * 40
    sampler, found = sample(still, np.arange(len(still)) / 25, 25.0)
    assert len(numbers(found)) == len(still) and sampler.repeated == 0


def test_a_frozen_picture_is_shown_again_and_again():
    images = [frame(i) for i in range(40)] + [frame(40)] * 40 + [frame(i) for i in range(80, 100)]
    _, found = sample(images, np.arange(100) / 10, 10.0, 10.0, repeats=known_repeats(images))
    assert len(numbers(found)) == 100


@pytest.mark.parametrize(("rate", "every"), [(10.0, 1), (17.0, 1), (18.0, 2), (25.0, 2), (30.0, 3), (50.0, 5)])
def test_a_faster_clip_is_thinned_evenly(rate, every):
    images = [frame(i) for i in range(60)]
    sampler, found = sample(images, np.arange(60) / rate, rate, 10.0)
    assert sampler.every == every and numbers(found) == list(range(0, 60, every))


def test_a_doubled_clip_that_is_twice_as_fast_loses_its_copies_and_no_more():
    images = [image for i in range(40) for image in (frame(i), copy(frame(i), i))]
    for shift in (0, 1):
        _, found = sample(images[shift:], np.arange(80 - shift) / 20, 20.0, 10.0, repeats=known_repeats(images))
        assert len(numbers(found)) == 40
        shown = {(number + shift) // 2 for number in numbers(found)}
        assert shown == set(range(40))


def test_a_gap_begins_a_new_segment():
    times = np.concatenate([np.arange(20) / 10, 7.0 + np.arange(20) / 10])
    _, found = sample([frame(i) for i in range(40)], times, 10.0)
    assert {s.segment for s in found} == {0, 1}
    assert numbers([s for s in found if s.segment == 0]) == list(range(20))
    assert [s.frames.first + i for s in found for i in range(len(s.frames))] == list(range(40))


def test_the_rate_is_held_against_the_cameras():
    assert check_rate(25.0, "gate", 25.0, "a.mp4") is None
    assert check_rate(20.0, "gate", 25.0, "a.mp4") is None
    assert "things move 2.5 times as far" in check_rate(10.0, "gate", 25.0, "a.mp4")
    assert "every third frame is analysed" in check_rate(30.0, "gate", 10.0, "a.mp4")
    with pytest.raises(ClipError, match=r"'a.mp4' has 1 frames/s, camera gate learnt from 10"):
        check_rate(1.0, "gate", 10.0, "a.mp4")


def test_what_a_run_keeps_says_the_same_as_a_new_look(tmp_path):
    images = [image for i in range(40) for image in (frame(i), frame(i))]
    path = clips.make(tmp_path / "a.mp4", np.stack(images), rate=20, crf=12)
    looked = Analysed.look(path, 20.0, 20.0, 1000)
    sampler = Sampler.of(path, 20.0, 20.0)
    for chunk in video.read(path, 9):
        list(sampler.take(chunk))
    kept = Analysed.of(np.array(sampler.analysed), Clock.of(sampler.seconds))
    assert kept.numbers.tolist() == looked.numbers.tolist() and len(kept.numbers) == 40
    assert kept.segments.tolist() == looked.segments.tolist() == [0] * 40
    assert kept.frames == looked.frames == 80
    assert [kept.index(frame) for frame in (0, 1, 2, 79)] == [0, 0, 1, 39]


def test_segments_of_a_run_change_behind_its_gaps():
    clock = Clock.of([0.0, 0.1, 0.2, 5.0, 5.1])
    found = Analysed.of(np.array([True, False, True, True, True]), clock)
    assert found.numbers.tolist() == [0, 2, 3, 4] and found.segments.tolist() == [0, 0, 1, 1]


def test_some_frames_are_decoded_alone(tmp_path):
    images = clips.pictures(30)
    path = clips.make(tmp_path / "a.mp4", images, rate=10)
    whole = np.concatenate([chunk.images for chunk in video.read(path)])
    assert np.array_equal(load(path, np.array([3, 4, 17, 29])), whole[[3, 4, 17, 29]])
    assert len(load(path, np.array([28, 29, 30, 45]))) == 2


def test_repeats_that_change_nothing_are_not_said_twice():
    assert "every second" in check_rate(25.0, "a", 10.0, "clip.mp4")
    assert check_rate(25.0, "a", 10.0, "clip.mp4", 0.92) is None
    assert "every third" in check_rate(60.0, "a", 10.0, "clip.mp4", 0.5)
