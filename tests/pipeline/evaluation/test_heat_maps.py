"""The maps that places are told by, against their naive twins; and what they are for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnknownNameError
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.heat import Mapped, localise
from pipeline.evaluation.heat_maps import HEAT_MAPS, Scale, scale_of
from pipeline.evaluation.score_files import ScoreFile


def naive_tube(heat, scale):
    """Square by square and frame by frame, on a mirrored picture."""
    half, around = scale.side // 2, scale.frames // 2
    wide = np.pad(heat.astype(float), ((around, around), (half, half), (half, half)), mode="symmetric")
    means = np.zeros(heat.shape)
    for f, y, x in np.ndindex(heat.shape):
        means[f, y, x] = wide[f : f + scale.frames, y : y + scale.side, x : x + scale.side].mean()
    hottest = np.zeros(heat.shape)
    for f, y, x in np.ndindex(heat.shape):
        hottest[f, y, x] = means[f, max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1].max()
    return hottest


@given(st.integers(0, 999), st.sampled_from([1, 3, 5]), st.sampled_from([1, 3]))
def test_a_tube_is_that_of_the_naive_twin(seed, side, frames):
    heat = np.random.default_rng(seed).gamma(0.3, 1.0, (4, 7, 6)).astype(np.float16)
    scale = Scale(side, frames)
    assert HEAT_MAPS["tube"](heat, scale) == pytest.approx(naive_tube(heat, scale), abs=1e-5)
    assert HEAT_MAPS["patch"](heat, scale) == pytest.approx(naive_tube(heat, Scale(side, 1)), abs=1e-5)


@pytest.mark.parametrize("way", HEAT_MAPS)
def test_every_way_keeps_the_shape_and_leaves_the_heat_as_it_was(way):
    heat = np.random.default_rng(0).random((5, 6, 9)).astype(np.float16)
    before = heat.copy()
    made = HEAT_MAPS[way](heat, Scale(3, 3))
    assert made.shape == heat.shape and made.dtype == np.float32 and made.min() >= 0
    assert (heat == before).all()


def test_a_scale_has_a_middle():
    for person in (0.0, 0.4, 1.0, 6.9, 8.0):
        scale = scale_of(person, (20, 30), 10.0)
        assert scale.side % 2 == scale.frames % 2 == 1 and scale.side >= 1
    assert scale_of(0.0, (20, 30), 10.0).side == 3


def outlines_and_a_car():
    """A car warm all over beside walkers, of whom a pixel of the outline is hotter than any of the car."""
    rng = np.random.default_rng(0)
    heat, truth = np.zeros((60, 24, 36), np.float16), np.zeros((60, 96, 144), bool)
    heat[np.arange(60), rng.integers(0, 24, 60), rng.integers(0, 36, 60)] = 4.0
    heat[30:, 8:16, 10:20] = rng.choice([0.5, 2.0], (30, 8, 10))
    truth[30:, 32:64, 40:80] = True
    return Mapped(heat, 4, lambda f: truth[f], truth.reshape(60, -1).any(1), person=32.0, fps=10.0)


def test_an_outline_passes_a_car_pixel_by_pixel_and_not_as_a_person():
    clip = outlines_and_a_car()
    raw, patch, tube = (localise([clip], way).as_json() for way in ("raw", "patch", "tube"))
    assert raw["pixel_auc"] < 0.1 and raw["rbdc"] < 0.6
    for found in (patch, tube):
        assert found["pixel_auc"] > 0.99 and found["rbdc"] > 0.99 and found["tbdc"] > 0.99
    assert "(raw)" in raw["protocol"] and "square of 9x9 cells, a person's height at the camera" in tube["protocol"]


def test_an_unknown_way_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="tube"):
        evaluate_scores(ScoreFile("a", "b", "made", None, 0, ()), [], heat="blurred")
