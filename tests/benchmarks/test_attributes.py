"""The benchmark of attributes on a small data set whose fast things are abnormal."""

import numpy as np
import pytest

from benchmarks import attributes
from core.datasets import Truth
from core.errors import DataError, InputError, UnknownNameError
from tests.pipeline.clips import Clip
from tests.pipeline.test_observe import Sees, film


class Small:
    name = "small"

    def __init__(self, training=18):
        slow = [film(frames=30, pixels_per_second=30 + i)[0] for i in range(training)]
        fast = np.concatenate([film(frames=20)[0], film(frames=20, pixels_per_second=100.0)[0][:18]])
        self._training = [Clip(f"slow{i}", images) for i, images in enumerate(slow)]
        self._test = [Clip("fast", fast)]

    def training(self):
        return self._training

    def test(self):
        return self._test

    def truth(self, clip):
        return Truth(np.arange(38) >= 20, None, "small/1")


class Finds(Sees):
    """Finds the bright block by its colour."""

    name = "bright"

    def __init__(self):
        super().__init__([])

    def detect(self, images, first=0):
        self.boxes, self.asked = [_block(image) for image in images], 0
        return super().detect(images, first)


def _block(image):
    y, x = np.nonzero(image.min(axis=2) >= 150)
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], np.float32)


def test_fast_things_are_told_from_slow_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("detectors.attributes.MIN_BOXES", 200)
    rows = attributes.of_dataset(Small(), Finds(), tmp_path, lambda line: None)
    of = {row["terms"]: row for row in rows}
    assert [row["terms"] for row in rows[:2]] == ["all", "class"] and rows[-1]["terms"] == "frame difference"
    assert of["speed"]["AUC"] > 0.9 > of["class"]["AUC"] and of["all"]["recall"] > 0.5
    assert of["all"]["worst recall"].endswith(" fast")
    assert of["frame difference"]["AUC"] > 0.6
    assert of["width"]["AUC"] < 0.6 and 0 < of["all"]["threshold"] < 50


def test_what_was_observed_is_kept(tmp_path):
    said, small = [], Small(training=2)
    clip = small.test()[0]
    first = attributes.observed(clip, Finds(), tmp_path, said.append)
    again = attributes.observed(clip, Finds(), tmp_path, said.append)
    assert said == ["observing fast"]
    assert again.things.labels == first.things.labels and len(again.clock) == 38
    assert again.difference[0] == 0 < again.difference[1:].min() and len(again.difference) == 38
    assert np.array_equal(again.things.values, first.things.values)
    other = Clip("fast", small.training()[0].images[::-1])
    assert len(attributes.observed(other, Finds(), tmp_path, said.append).clock) == 30 and len(said) == 2


def test_a_data_set_needs_a_name_and_clips(tmp_path):
    with pytest.raises(InputError, match="name a data set"):
        attributes.measure("cpu", None, tmp_path, tmp_path, lambda line: None)
    with pytest.raises(UnknownNameError, match="unknown test clip 'other'; known: fast"):
        attributes.of_dataset(Small(training=1), Finds(), tmp_path, lambda line: None, ["other"])
    with pytest.raises(DataError, match="needs two training clips, it has 1, and abnormal and normal"):
        attributes.of_dataset(Small(training=1), Finds(), tmp_path, lambda line: None)
