import pytest
from hypothesis import given
from hypothesis import strategies as st
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

from core.errors import UnknownNameError
from explain.labels import coarse, counterparts, fine

XMAN = [("action", "run / jog"), ("action", "ride"), ("action", "drive"), ("object", "bicycle"), ("location", "grass")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("run/jog", "run / jog"),
        ("ride (e.g., a bike, a car, a horse)", "ride"),
        ("drive (e.g., a car, a truck)", "drive"),
        ("bend/bow (at the waist)", "bend / bow"),
        ("talk to (e.g., self, a person, a group)", "talk to"),
        ("carry/hold (an object)", "carry / hold"),
        ("listen (e.g., to music)", "listen"),
        ("listen to (a person)", "listen to"),
        ("  Sports  Ball ", "sports ball"),
        ("motorbike", "motorcycle"),
    ],
)
def test_names_as_x_man_writes_them(name, expected):
    assert fine(name) == expected


@given(st.text(max_size=40))
def test_a_fine_name_stays_as_it_is(name):
    assert fine(fine(name)) == fine(name)


def test_every_coco_name_keeps_a_name_of_its_own():
    names = set(FasterRCNN_ResNet50_FPN_Weights.DEFAULT.meta["categories"]) - {"N/A", "__background__"}
    assert len({fine(name) for name in names}) == len(names) == 80


def test_names_without_a_counterpart_are_listed():
    found, unmapped = counterparts(["run/jog", "ride (e.g., a bike)", "walk", "smoke"], "AVA", XMAN)
    assert found == {"run/jog": ("action", "run / jog"), "ride (e.g., a bike)": ("action", "ride")}
    assert unmapped == ("walk", "smoke")
    assert counterparts(["ride"], "COCO", XMAN) == ({}, ("ride",))


def test_an_unknown_vocabulary_lists_the_known_ones():
    assert coarse("COCO") == "object"
    with pytest.raises(UnknownNameError, match="unknown vocabulary 'VOC'; known: AVA, COCO, none, place"):
        coarse("VOC")
