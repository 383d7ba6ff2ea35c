"""First causes by some attributes, and the plaza's labels as a file."""

import pytest

from benchmarks import attribute_causes, attribute_cost
from benchmarks._plaza_truth import TrueEvent
from core.errors import InputError
from footage import labels
from footage.plaza import Plaza
from pipeline.camera import load
from tests.benchmarks.test_sentences import clip, track


class OnePlaza(Plaza):
    def test(self):
        return super().test()[:1]


def test_the_plazas_labels_are_a_file_of_boxes(tmp_path, monkeypatch):
    ride = TrueEvent("bicycle", 110, 119, (("object", "bicycle"), ("action", "ride")))
    whole = clip(
        track(), track(3.0, "person", number=8), track(1.0, "person", number=9, anomalous=False), events=(ride,)
    )
    monkeypatch.setattr(attribute_causes.ClipTruth, "read", classmethod(lambda cls, path: whole))
    monkeypatch.setattr("footage.plaza.PlazaClip.ready", lambda self: self.path)
    read = labels.read_regions(attribute_causes.written(OnePlaza(tmp_path), tmp_path / "regions.csv"))
    (frames,) = read.values()
    assert list(frames) == list(range(110, 120))
    assert {region.label for region in frames[110]} == {"bicycle", "ride"}
    assert {region.track for region in frames[110]} == {"7", "8"}


def test_other_data_sets_need_labels(tmp_path):
    class Other:
        name = "other"

    with pytest.raises(InputError, match="first causes on other need annotated boxes"):
        attribute_causes.written(Other(), tmp_path / "regions.csv")
    with pytest.raises(InputError, match="name a data set and its camera"):
        attribute_causes.measure("cpu", None, tmp_path, None, tmp_path, lambda line: None)


def test_each_clip_counts_once_in_the_mean():
    found = attribute_causes._figures({"a": [True, True, True, False], "b": [False], "c": []})
    assert found == {"first cause": 0.6, "frames": 5, "mean of clips": 0.375, "worst first cause": "0.00 b"}
    assert attribute_causes._figures({})["first cause"] is None


def test_without_attributes_the_pixels_have_their_own_threshold():
    joined = load("plaza")
    alone = attribute_cost.pixels_alone(joined)
    assert joined.channels and not alone.channels and alone.threshold > 0
    row = attribute_cost._row("processor time", 100.0, 125.0)
    assert (row["ratio"], row["measured"]) == (1.25, "125.0 / 100.0 s")
