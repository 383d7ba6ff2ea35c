import math

import pytest

from core.errors import InputError, UnknownNameError
from core.settings import checked
from pipeline.camera import detector_entries, make_detector

KNOWN = {
    "epochs": 3, "flow_epochs": 3, "batch": 4, "rate": 1e-3, "flow_rate": 1e-3, "share": 0.5, "base": 8, "height": 16,
    "channels": 3, "svdd": False, "technique": "CutMix", "intruders": "", "strides": (2, 3), "patch": 0,
}  # fmt: skip
ONE_OF_EACH = (
    "vqunet-prediction", "unet-reconstruction", "decoupled-conv3d", "itae-flow", "lntra-skip", "bcae1", "ks-cae",
    "ssa-cae", "convgru-ae-l1-y", "seq2seq-convlstm-l2-n", "bi-convrnn-ae-l1-n",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("strides", 3, r"setting 'strides' must be a list such as \[2, 3\], got 3"),
        ("strides", [], "'strides' must be a list"),
        ("strides", [2, "x"], "'strides' must be a whole number, got 'x'"),
        ("strides", "2345", "'strides' must be a list"),
        ("svdd", 1, "'svdd' must be true or false, got 1"),
        ("technique", 5, "'technique' must be a word such as 'CutMix', got 5"),
        ("epochs", "many", "'epochs' must be a whole number, got 'many'"),
        ("epochs", 2.5, "'epochs' must be a whole number, got 2.5"),
        ("epochs", True, "'epochs' must be a whole number, got True"),
        ("epochs", 0, "'epochs' must be from 1 to 100000, got 0"),
        ("flow_epochs", 0, "'flow_epochs' must be from 1"),
        ("batch", 0, "'batch' must be from 1 to 4096, got 0"),
        ("base", 0, "'base' must be from 1 to 1024, got 0"),
        ("base", None, "'base' must be a whole number, got None"),
        ("height", 10**9, "'height' must be from 8 to 2048"),
        ("rate", -1, "'rate' must be above 0, got -1"),
        ("flow_rate", 0, "'flow_rate' must be above 0, got 0"),
        ("rate", 50, "'rate' must be from 0 to 1.0, got 50"),
        ("rate", math.nan, "'rate' must be a number, got nan"),
        ("rate", math.inf, "'rate' must be a number, got inf"),
        ("share", -0.1, "'share' must be from 0"),
        ("channels", 2, r"'channels' must be 1 \(grey\) or 3 \(colour\), got 2"),
        ("patch", -1, "'patch' must be from 0"),
    ],
)
def test_a_wrong_value_is_one_sentence(name, value, said):
    with pytest.raises(InputError, match=said):
        checked(KNOWN, {name: value})


def test_right_values_become_their_defaults_types():
    assert checked(KNOWN, {"epochs": 1e2, "rate": 1, "strides": [4], "svdd": True, "intruders": "a b"}) == {
        "epochs": 100, "rate": 1.0, "strides": (4,), "svdd": True, "intruders": "a b",
    }  # fmt: skip
    assert checked(KNOWN, KNOWN) == KNOWN


def test_an_unknown_setting_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="unknown setting 'epoch'; known: base, batch"):
        checked(KNOWN, {"epoch": 3})


def test_every_default_is_in_range():
    for entry in detector_entries().values():
        assert checked(entry.settings, entry.settings) == dict(entry.settings)
        assert checked(entry.settings, entry.small) == dict(entry.small)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_no_setting_of_a_detector_fails_with_anything_but_a_sentence(name):
    entry = detector_entries()[name]
    for setting in entry.settings:
        for value in ("x", None, [], {}, -1, 0, 0.5, 7, 1e9, math.nan, True):
            try:
                make_detector(name, {**entry.small, setting: value})
            except InputError as error:
                assert str(error).strip()
