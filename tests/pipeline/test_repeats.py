"""Frames that repeat the one before, coded as cameras code them."""

import numpy as np
import pytest

from benchmarks.disturbances import code
from core import video
from pipeline.repeats import BEAT_FRAMES, Repeats
from tests.explain.disturbances.twins import FPS, plain

PATTERNS = {"every second": [0, 1], "two of three": [0, 1, 1], "four of five": [0, 1, 1, 1, 1]}


def repeating(pattern):
    """The plaza with each frame shown as often as the pattern has entries, and which of them repeat."""
    images = plain()[:60]
    return np.repeat(images, len(pattern), 0), np.tile(pattern, len(images)).astype(bool)


def pulldown():
    order = np.concatenate([[i] if i % 4 < 3 else [i, i] for i in range(100)])
    return plain()[order], np.diff(order, prepend=-1) == 0


def repeating_frames(images):
    """Which frames repeat the one before, after a look at the beginning."""
    repeats = Repeats()
    for image in images[:BEAT_FRAMES]:
        repeats.add_frame(image)
    repeats = repeats.restarted()
    return np.array([repeats.add_frame(image) for image in images])


@pytest.mark.parametrize("crf", [18, 23, 30])
@pytest.mark.parametrize("pattern", [*PATTERNS, "one of five"])
def test_repeats_are_told_however_a_clip_is_coded(pattern, crf):
    images, truth = pulldown() if pattern == "one of five" else repeating(PATTERNS[pattern])
    found = repeating_frames(code(images, FPS * 2, crf=crf))
    assert not found[~truth].any() and found[truth].mean() > 0.95


@pytest.mark.parametrize("crf", [18, 30])
def test_nothing_repeats_in_a_clip_as_it_is(crf):
    assert not repeating_frames(code(plain(), FPS, crf=crf)).any()


@pytest.mark.footage
@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["UCSDped2_mp4/*.mp4", "Avenue/*/*.avi", "Avenue/*/*.mp4"])
def test_no_frame_of_the_benchmarks_repeats(footage_root, pattern):
    paths = sorted(footage_root.glob(pattern))
    assert paths
    for path in paths:
        repeats = Repeats()
        assert not any(repeats.add_frame(image) for chunk in video.read(path) for image in chunk.images), path


@pytest.mark.parametrize("held", [8, 25])
def test_pictures_that_are_held_for_long_are_told_from_the_first_frames_on(held):
    images = code(np.repeat(plain()[::8], held, 0)[:240], FPS * 2, crf=23)
    repeats = Repeats()
    for image in images[:BEAT_FRAMES]:
        repeats.add_frame(image)
    assert repeats.fresh == pytest.approx(1 / held, rel=0.1)
    found = repeats.restarted()
    assert sum(not found.add_frame(image) for image in images) == pytest.approx(len(images) / held, abs=2)
