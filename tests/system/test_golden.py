"""The weights that come with Whycam answer as when they were last written down (tests/golden.py).

Tolerances are those between processors in float32: 0.02 dB, 0.5 % of the heat, half a pixel, 0.01 of a probability.
"""

import json

import numpy as np
import pytest

from tests import golden

pytestmark = pytest.mark.slow
KNOWN = json.loads(golden.FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def images():
    return golden.frames()


def test_the_file_has_ten_outputs_of_each_model():
    assert set(KNOWN["cameras"]) == {folder.name for folder in golden.folders()}
    assert all(len(rows) == golden.TEN for rows in (*KNOWN["cameras"].values(), KNOWN["objects"], KNOWN["actions"]))


@pytest.mark.parametrize("folder", golden.folders(), ids=lambda folder: folder.name)
def test_detectors_give_the_same_scores(folder, images):
    for found, known in zip(golden.scores(folder, images), KNOWN["cameras"][folder.name], strict=True):
        assert found["frame"] == known["frame"]
        assert found["score"] == pytest.approx(known["score"], abs=0.02)
        assert found["highest_heat"] == pytest.approx(known["highest_heat"], rel=0.005)


def test_the_object_model_finds_the_same_boxes(images):
    model = golden.objects.load(golden.RUNTIME)
    frames = [known["frame"] - golden.FIRST for known in KNOWN["objects"]]
    for known, found in zip(KNOWN["objects"], model.detect(images[frames]), strict=True):
        near = np.abs(found.boxes - np.array(known["box"])).max(axis=1) <= 0.5
        sure = np.abs(found.confidence - known["confidence"]) <= 0.01
        assert known["label"] in np.array(found.labels)[near & sure], known
        assert abs(len(found.boxes) - known["boxes"]) <= 1


def test_the_action_model_names_the_same_actions(images):
    model = golden.actions.load(golden.RUNTIME)
    people = np.array([known["box"] for known in KNOWN["actions"]], np.float32)
    for known, found in zip(KNOWN["actions"], model.classify(images[: model.span], people), strict=True):
        assert model.labels[int(found.argmax())] == known["label"]
        assert found.max() == pytest.approx(known["probability"], abs=0.01)
