"""Settings that no network can be built with, of every family of detectors."""

import pytest

from core.errors import InputError, UnknownNameError
from core.registry import collect
from tests.detectors import test_decoupled, test_itae, test_lntra

DETECTORS = collect("detectors", "DETECTORS")
SMALL = {"decoupled": test_decoupled.small, "itae": test_itae.small, "lntra": test_lntra.small}
REFUSED = [
    ("decoupled", {"height": 18}, "multiples of 4"),
    ("decoupled", {"kernel": 5}, "kernel must be 2 or 3"),
    ("decoupled", {"ahead": 1}, "ahead no less than step"),
    ("decoupled", {"pixel": "mse+mae"}, "known: gdl, mse, ssim"),
    ("decoupled", {"score": "q"}, "known: p, r, z"),
    ("itae", {"height": 20}, "multiples of 8"),
    ("itae", {"height": 24, "flows": "both"}, "multiples of 16"),
    ("itae", {"structure": 1.0}, "176 pixels a side or more, got 16×32"),
    ("itae", {"base": 20}, "multiple of 24"),
    ("itae", {"patch": 17}, "patch must lie between"),
    ("itae", {"motion": False, "flows": "motion"}, "needs the motion path"),
    ("itae", {"flows": "all"}, "known: appearance, both, motion, none"),
    ("itae", {"extra": "edges"}, "known: error, intensity, none"),
    ("lntra", {"height": 24}, "multiples of 16"),
    ("lntra", {"base": 4}, "multiple of 3"),
    ("lntra", {"probability": 1.5}, "probability must lie"),
    ("lntra", {"strides": (1,)}, "strides must be 2 or more"),
    ("vqunet-prediction", {"base": 4, "width": 64, "height": 30}, "multiples of 8"),
    ("vqunet-prediction", {"base": 4, "width": 64, "height": 32, "patch": 33}, "patch must lie between"),
    ("bcae1", {"height": 100}, "multiples of 16 from 80 on, got 100"),
    ("bcae1", {"width": 64}, "multiples of 16 from 80 on, got 64"),
    ("bcae2", {"height": 129}, "steps of 48"),
    ("ks-cae", {"height": 272}, "128, 176 or 224"),
    ("bcae1", {"loss": "psnr"}, "unknown loss 'psnr'; known: mse, ssim, mse\\+ssim"),
    ("bcae1", {"patch": 200}, "patch must lie between 0 and the shorter side 128"),
    ("bcae1", {"base": 6}, "base must be a multiple of 4"),
    ("bcae1", {"nu": 0.0}, "nu must lie in"),
    ("convgru-ae-l1-y", {"height": 72}, "multiples of 16 from 64 on, got 72×128"),
    ("convgru-ae-l1-y", {"inputs": 1}, "inputs must be 2 or more"),
    ("seq2seq-convgru-l1-y", {"future": 0}, "future 1 or more, got 8 and 0"),
    ("convgru-ae-l1-y", {"base": 3}, "base must be an even number"),
    ("convgru-ae-l1-y", {"patch": 129}, "patch must lie between"),
]


@pytest.mark.parametrize(("name", "settings", "said"), REFUSED)
def test_impossible_settings_are_refused(name, settings, said):
    make = SMALL[name] if name in SMALL else DETECTORS[name].make
    error = UnknownNameError if said.startswith("known: ") else InputError
    with pytest.raises(error, match=said):
        make(**settings)
