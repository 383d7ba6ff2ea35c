"""The plain difference of two frames against a loop over pixels."""

from itertools import pairwise

import numpy as np
import pytest

from core.clock import Clock
from core.records import Frames
from pipeline.frame_difference import SQUARE_PIXELS, compared, smoothed


def film(frames=6, height=40, width=60):
    random = np.random.default_rng(1)
    images = np.repeat(random.integers(0, 256, (1, height, width, 1), np.uint8), frames, 0)
    images[2:, 10:20, 30:45] = random.integers(0, 256, (frames - 2, 10, 15, 1), np.uint8)
    return np.repeat(images, 3, 3)


def chunks(images, size=4):
    for at in range(0, len(images), size):
        yield Frames(images[at : at + size], at, np.arange(at, at + len(images[at : at + size])) / 10)


def twin(before, after):
    change = np.abs(after[..., 0].astype(np.float64) - before[..., 0])
    half = SQUARE_PIXELS // 2
    padded = np.pad(change, half, mode="reflect")
    return max(
        padded[y : y + SQUARE_PIXELS, x : x + SQUARE_PIXELS].mean()
        for y in range(change.shape[0])
        for x in range(change.shape[1])
    )


def test_it_is_that_of_a_loop_over_squares_whatever_the_chunks():
    images, found = film(), []
    passed = list(compared(chunks(images), found))
    assert np.array_equal(np.concatenate([chunk.images for chunk in passed]), images)
    assert found[:2] == [0, 0]
    assert found == pytest.approx([0, *(twin(a, b) for a, b in pairwise(images))], abs=1e-3)


def test_it_is_smoothed_over_a_fifth_of_a_second():
    clock = Clock.steady(10.0, 41)
    impulse = np.zeros(41)
    impulse[20] = 1.0
    bell = np.exp(-0.5 * ((np.arange(41) - 20) / 2.0) ** 2)
    assert smoothed(impulse, clock) == pytest.approx(bell / bell.sum(), abs=1e-3)
