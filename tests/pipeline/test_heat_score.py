"""Heat is scored as the detectors score their error."""

import numpy as np
import pytest
import torch

from detectors._blocks import error_score
from pipeline.heat_score import decibels

HEAT = np.random.default_rng(0).random((48, 72)).astype(np.float32) ** 4
HEAT[20:30, 40:48] += 3


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
