"""Names may be wrong where a compact model answered at a camera unlike those that it was measured on."""

import pytest

from explain.backends import read_card
from pipeline.camera import SHIPPED, load
from pipeline.name_warning import FOLDERS, name_warning

COMPACT = {kind: read_card(folder)["name"] for kind, folder in FOLDERS.items()}


@pytest.mark.parametrize("camera", sorted(folder.name for folder in SHIPPED.iterdir()))
def test_cameras_that_come_with_whycam_raise_no_doubt(camera):
    assert name_warning(COMPACT, load(camera).card) == ""


def test_the_compact_models_are_doubted_at_any_other_camera():
    said = name_warning(COMPACT, {"trained_on": "motorway"})
    assert said.startswith("Names of objects and actions may be wrong") and "./whycam setup --models" in said
    assert "measured on avenue, ped2 and plaza" in said


def test_official_models_are_not_doubted():
    official = {"objects": "torchvision Faster R-CNN R50-FPN (COCO)", "actions": COMPACT["actions"]}
    assert name_warning(official, {"trained_on": "motorway"}).startswith("Names of actions may be wrong")
    assert name_warning(dict.fromkeys(COMPACT, "official"), {}) == ""
