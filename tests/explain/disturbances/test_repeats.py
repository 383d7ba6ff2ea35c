"""Frames that repeat the one before, told without looking ahead."""

import numpy as np
import pytest

from benchmarks.disturbances import code, watch
from explain.disturbances.repeats import Repeats
from tests.explain.disturbances.twins import FPS, plain

PATTERNS = {"every second": [0, 1], "two of three": [0, 1, 1], "four of five": [0, 1, 1, 1, 1]}


def repeating(pattern):
    """The plaza with each frame shown as often as the pattern has entries, and which of them repeat."""
    images = plain()[:60]
    return np.repeat(images, len(pattern), 0), np.tile(pattern, len(images)).astype(bool)


def pulldown():
    order = np.concatenate([[i] if i % 4 < 3 else [i, i] for i in range(100)])
    return plain()[order], np.diff(order, prepend=-1) == 0


@pytest.mark.parametrize("crf", [18, 23, 30])
@pytest.mark.parametrize("pattern", [*PATTERNS, "one of five"])
def test_repeats_are_told_once_their_pattern_shows(pattern, crf):
    images, truth = pulldown() if pattern == "one of five" else repeating(PATTERNS[pattern])
    found = watch(code(images, FPS * 2, crf=crf), FPS * 2).repeated
    period = 5 if pattern == "one of five" else len(PATTERNS[pattern])
    settled = slice(6 * period, None)
    assert not found[~truth].any()
    assert found[settled][truth[settled]].mean() > (0.9 if crf < 30 else 0.6)


@pytest.mark.parametrize("crf", [18, 30])
def test_nothing_repeats_in_a_clip_as_it_is(crf):
    assert not watch(code(plain(), FPS, crf=crf), FPS).repeated.any()


def test_flags_come_with_each_chunk_and_do_not_change_afterwards():
    images, _ = repeating(PATTERNS["every second"])
    one, other = watch(images, FPS, chunk=7), watch(images, FPS, chunk=64)
    assert one.repeated.any() and np.array_equal(one.repeated, other.repeated)


def test_a_scene_that_comes_to_rest_repeats_nothing_for_long():
    repeats = Repeats()
    found = [repeats.see(change) for change in [30.0] * 40 + [0.0] * 200 + [30.0] * 40]
    assert sum(found) <= 1
