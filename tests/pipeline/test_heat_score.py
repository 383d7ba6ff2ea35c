"""Heat is scored as the detectors score their error; what lies everywhere is taken off, what lies at a place stays."""

import numpy as np
import pytest
import torch

from detectors._blocks import error_score
from pipeline.heat_score import decibels, subtract_global_heat

HEAT = np.random.default_rng(0).random((48, 72)).astype(np.float32) ** 4
HEAT[20:30, 40:48] += 3
NORMAL = 0.01
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("patch", [0, 4, 7])
def test_the_score_is_that_of_the_detectors(patch):
    theirs = float(error_score(torch.from_numpy(HEAT)[None], patch))
    assert decibels(HEAT, (patch / 48, patch / 72)) == pytest.approx(theirs, abs=1e-4)


def test_a_patch_of_which_they_look_at_every_quarter_alone_is_nearly_the_same():
    theirs = float(error_score(torch.from_numpy(HEAT)[None], 20))
    assert 0 <= decibels(HEAT, (20 / 48, 20 / 72)) - theirs < 0.2


def test_half_the_resolution_is_nearly_the_same():
    half = HEAT.reshape(24, 2, 36, 2).mean((1, 3))
    assert decibels(half, (0.25, 0.25)) == pytest.approx(decibels(HEAT, (0.25, 0.25)), abs=0.1)


def test_no_heat_is_a_number():
    assert np.isfinite(decibels(np.zeros((4, 4), np.float32), (0.5, 0.5)))


def rain(strength):
    return (RNG.random((120, 180)) < 0.05).astype(np.float32) * strength


def thing():
    heat = np.zeros((120, 180), np.float32)
    heat[40:70, 60:100] = 1.0
    return heat


@pytest.mark.parametrize("heat", [thing(), np.full((120, 180), NORMAL, np.float32), np.zeros((1, 1), np.float32)])
def test_nothing_is_taken_where_most_of_the_picture_is_as_usual(heat):
    left, less = subtract_global_heat(heat, NORMAL)
    assert less == 0 and left is heat


def test_rain_is_as_much_as_is_normal_and_a_thing_in_it_stays():
    wet = rain(4.0)
    left, less = subtract_global_heat(wet, NORMAL)
    assert less > 5 and left.mean() <= 2 * NORMAL
    left, less = subtract_global_heat(wet + 4 * thing(), NORMAL)
    assert left[40:70, 60:100].sum() > 0.8 * left.sum() and less > 0


def test_without_a_known_mean_nothing_is_taken():
    heat = rain(4.0)
    assert subtract_global_heat(heat, float("inf"))[1] == 0.0


def test_a_hot_patch_in_the_rain_keeps_its_part_of_the_score():
    """Half of the score is the worst patch's: rain adds little to a thing that is much hotter than it."""
    wet = rain(4.0) + 40 * thing()
    (_, mean), (_, worst) = subtract_global_heat(wet, NORMAL), subtract_global_heat(wet, NORMAL, (0.2, 0.2))
    assert 0 < worst < mean
