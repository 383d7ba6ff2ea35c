"""A camera from normal footage, with a tiny network and models that the tests can foresee."""

import json
import shutil

import numpy as np
import pytest

from core import device
from core.errors import DataError, InputError, StorageError, UnknownNameError, WeightsError
from core.records import Detections
from pipeline import camera as cameras
from pipeline import thresholds
from pipeline.training import fit_camera as stage
from pipeline.training.fit_camera import NormalFootage, TrainingSpec, fit_camera
from tests.pipeline.clips import Clip
from tests.spoilt import spoil_scores

SETTINGS = {"base": 4, "height": 32, "width": 48, "channels": 1, "batch": 8, "epochs": 2, "codes": 8, "inputs": 2}
RUNTIME = device.choose("cpu", "float32")
FIGURES = ("protocol", "auc", "auc_pr", "eer", "f1", "f1_oracle", "frame_index", "frames", "scored", "abnormal")


def square(frames=40):
    """A still picture in which a square walks from left to right."""
    images = np.stack([np.random.default_rng(3).integers(60, 120, (36, 54, 3), dtype=np.uint8)] * frames)
    for i, image in enumerate(images):
        image[10:20, i % 44 : i % 44 + 10] = 230
    return Clip("square", images)


class Boxes:
    name, labels = "foreseeable", ("person",)

    def detect(self, images, first=0):
        box = np.array([[10, 8, 20, 22]], np.float32)
        return [Detections(first + i, box, ("person",), np.ones(1, np.float32), "COCO") for i in range(len(images))]


class Acts:
    name, labels, span, rate = "foreseeable", ("walk",), 8, 25.0

    def classify(self, images, boxes):
        return np.full((len(boxes), 1), 0.9, np.float32)


class NoFaults:
    """In place of the monitor of camera faults, which is a third of the time of looking at footage."""

    def update(self, chunk):
        pass

    def finish(self, clock):
        return ()


def foreseeable(patch):
    patch.setattr("explain.objects.choose", lambda *_, **__: Boxes())
    patch.setattr("explain.actions.choose", lambda *_, **__: Acts())
    patch.setattr("pipeline.training.survey.Monitor", NoFaults)


@pytest.fixture(autouse=True)
def models(monkeypatch):
    foreseeable(monkeypatch)


def made(out, clips=None, **options):
    normal = NormalFootage("squares", clips or [square(), square(30)], 10.0)
    return fit_camera(TrainingSpec("vqunet-prediction", normal, out, SETTINGS, runtime=RUNTIME, **options))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a camera that is made once."""
    with pytest.MonkeyPatch.context() as patch:
        foreseeable(patch)
        return made(tmp_path_factory.mktemp("trained") / "square").folder


@pytest.fixture
def camera(trained, tmp_path):
    """A camera of the test's own, called ``square``."""
    return cameras.load(str(shutil.copytree(trained, tmp_path / "square")))


def test_a_camera_is_whole_and_loads_again(tmp_path):
    made(tmp_path / "square")
    assert {p.name for p in (tmp_path / "square").iterdir()} == {
        "camera.json",
        "losses.json",
        "weights.safetensors",
        "background.png",
    }
    camera = cameras.load(str(tmp_path / "square"))
    assert (camera.width, camera.height, camera.fps, camera.card["epochs"]) == (54, 36, 10.0, 2)
    assert camera.card["calibrated_on"] == "the training clips"
    assert 0 < camera.floor < camera.threshold
    assert camera.normality.frames == 40 + 30 - 2 * 2 and camera.normality.explained_frames > 20
    assert set(camera.normality.classes) >= {"person", "walk"}
    assert cameras.likeness(camera, square(32).images)[0] == ()
    assert camera.build(RUNTIME).window.inputs == 2


def test_held_out_clips_set_the_threshold_and_stand_on_the_card(tmp_path):
    camera = made(tmp_path / "square", validation=[square(20)])
    assert camera.card["calibrated_on"] == ["square"] and camera.normality.frames == 18


def test_a_learnt_camera_is_listed_by_its_name(whycam_home, trained):
    shutil.copytree(trained, whycam_home / "cameras" / "square")
    assert "square" in cameras.cameras() and cameras.load("square").name == "square"


def test_an_unknown_camera_lists_the_known_ones(whycam_home, trained):
    shutil.copytree(trained, whycam_home / "cameras" / "square")
    with pytest.raises(UnknownNameError, match=r"unknown camera 'sqare'; known: .*square"):
        cameras.load("sqare")


def test_changed_weights_are_refused(camera):
    path = camera.folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(WeightsError):
        camera.build(RUNTIME)


@pytest.mark.parametrize("change", [{"format": 9}, {"threshold": "high"}, {"normality": None}, {"fps": 0}])
def test_a_strange_card_is_one_sentence(camera, change):
    content = json.loads((camera.folder / "camera.json").read_text()) | change
    (camera.folder / "camera.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"square/camera.json cannot be used: .*; train the camera again"):
        cameras.load(str(camera.folder))


@pytest.mark.parametrize(
    "part", [{"clips": 3}, {"figures": [1]}, {"false_alarms": 3}, {"false_alarms": {"expected_per_hour": "6"}}]
)
def test_a_card_whose_parts_are_of_another_kind_is_one_sentence(camera, part):
    content = json.loads((camera.folder / "camera.json").read_text())
    content["card"] |= part
    (camera.folder / "camera.json").write_text(json.dumps(content))
    (name,) = part
    with pytest.raises(InputError, match=rf"square/camera.json cannot be used: .*{name} of the card .*; train the"):
        cameras.load(str(camera.folder))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("part", "name"),
    [("", "threshold"), ("", "fps"), ("normality", "median"), ("normality", "heat"), ("alarms", "hours")],
)
def test_a_card_with_something_else_than_numbers_is_one_sentence(camera, part, name, number):
    content = json.loads((camera.folder / "camera.json").read_text())
    (content[part] if part else content)[name] = 123456789.5
    (camera.folder / "camera.json").write_text(json.dumps(content).replace("123456789.5", number))
    with pytest.raises(InputError, match=r"square/camera.json cannot be used: it is no JSON with finite numbers .got"):
        cameras.load(str(camera.folder))


def test_footage_whose_scores_are_no_numbers_makes_no_camera(tmp_path, monkeypatch):
    spoil_scores(monkeypatch, 12, float("nan"))
    with pytest.raises(WeightsError, match="a score of nan, which is no number"):
        made(tmp_path / "square")
    assert not (tmp_path / "square" / "camera.json").exists()


def test_short_footage_and_bad_names_are_refused(tmp_path):
    with pytest.raises(DataError, match="no clip of the normal footage"):
        made(tmp_path / "square", clips=[square(2)])
    with pytest.raises(InputError, match="camera name 'Two Words'"):
        made(tmp_path / "Two Words")


def test_figures_are_noted_on_the_card_beside_those_of_other_labels(camera):
    for label_set, value in (("one/1", 0.5), ("two/1", 0.7)):
        result = dict.fromkeys(FIGURES, value) | {"label_set": label_set}
        cameras.note(cameras.load(str(camera.folder)), result)
    figures = cameras.load(str(camera.folder)).card["figures"]
    assert {name: entry["eer"] for name, entry in figures.items()} == {"one/1": 0.5, "two/1": 0.7}


def test_measuring_again_keeps_the_weights_and_drops_stale_figures(camera):
    cameras.note(camera, dict.fromkeys(FIGURES, 0.5) | {"label_set": "one/1"})
    del camera.card["clips"]  # made by hand
    cameras.save(camera)
    again = stage.remeasure_camera(str(camera.folder), NormalFootage("other", [square(20)], 10.0), runtime=RUNTIME)
    kept = cameras.load(str(camera.folder))
    assert (again.sha256, kept.sha256) == (camera.sha256, camera.sha256)
    assert kept.normality.frames == 18 and kept.card["calibrated_on"] == ["square"] and kept.card["figures"] == {}
    assert {p.name for p in camera.folder.iterdir()} == {
        "camera.json",
        "losses.json",
        "weights.safetensors",
        "background.png",
    }


def test_the_card_says_what_the_threshold_costs_and_the_knob_moves_it(tmp_path):
    camera = made(tmp_path / "square", validation=[square(60)], false_alarms=600)
    kept = cameras.load(str(camera.folder))
    assert kept.alarms == camera.alarms and kept.alarms.hours == pytest.approx(58 / 36000, rel=0.05)
    promise = kept.card["false_alarms"]
    assert promise["asked_per_hour"] == 600 and promise["expected_per_hour"] <= 600
    strict = thresholds.retune(str(camera.folder), 1.0)
    assert strict.threshold == kept.alarms.threshold(1.0) > kept.threshold
    assert strict.floor / strict.threshold == pytest.approx(kept.floor / kept.threshold)
    again = cameras.load(str(camera.folder))
    assert again.threshold == strict.threshold and again.card["false_alarms"]["asked_per_hour"] == 1.0
    assert thresholds.retune(str(camera.folder), 600).threshold == kept.threshold


def test_what_stands_is_told_by_default_where_clips_are_long_and_left_out_where_they_are_short(tmp_path, camera):
    assert camera.standing is None
    assert camera.card["channels"]["standing"].startswith("left out: most of the normal footage lies in clips shorter")
    made_of = {"clips": [square(300), square(280)], "false_alarms": 400}
    kept = cameras.load(str(made(tmp_path / "long", **made_of).folder))
    moving, standing = thresholds.shares(400, stands=True)
    assert kept.standing.threshold == kept.standing.alarms.threshold(standing)
    assert kept.threshold == kept.alarms.threshold(moving)
    assert kept.card["channels"]["standing"] == "measured" and "standing" not in kept.channels
    assert (kept.folder / "standing.npz").exists()
    again = stage.remeasure_camera(
        str(kept.folder), NormalFootage("other", [square(300)], 10.0), runtime=RUNTIME, standing=False
    )
    assert again.standing is None and not (kept.folder / "standing.npz").exists()
    assert again.threshold == again.alarms.threshold(again.alarms.usual)


def test_without_a_wish_the_threshold_costs_what_the_footage_can_count(tmp_path):
    kept = cameras.load(str(made(tmp_path / "square", validation=[square(60)]).folder))
    assert kept.card["false_alarms"]["asked_per_hour"] == pytest.approx(kept.alarms.usual, abs=0.01)
    assert kept.threshold == kept.alarms.threshold(kept.alarms.usual)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), 1e6])
def test_false_alarms_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(InputError, match=r"false alarms an hour must be from 0\.1 to 1000"):
        made(tmp_path / "square", false_alarms=wrong)
    assert not (tmp_path / "square").exists()


def test_a_camera_that_does_not_know_its_false_alarms_says_how_to_learn_them(tiny_camera):
    with pytest.raises(InputError, match="does not know its false alarms yet; train --measure"):
        thresholds.retune("tiny", 6.0)


def test_what_was_trained_on_is_seen_too_and_counted_where_little_is_held_out(tmp_path):
    alone = made(tmp_path / "alone", validation=[square(20)])
    both = made(tmp_path / "both", validation=[square(20)], counted_too=[square(40)])
    assert (alone.normality.frames, both.normality.frames) == (18, 56)
    assert both.normality.median == alone.normality.median
    assert both.alarms.hours > alone.alarms.hours
    assert both.normality.explained_frames > alone.normality.explained_frames


def test_a_training_again_that_fails_leaves_the_camera_as_it_was(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "calibrate", lambda *_, **__: (_ for _ in ()).throw(StorageError("the disk is full")))
    with pytest.raises(StorageError):
        made(tmp_path / "square", seed=1, replace=True)
    assert cameras.load(str(camera.folder)).build(RUNTIME)
    with pytest.raises(InputError, match="there is a camera 'square' already"):
        made(tmp_path / "square", seed=1)


def test_a_new_camera_replaces_the_old_one_at_the_end(camera, tmp_path):
    (camera.folder / "standing.npz").write_bytes(b"of the old one")
    new = made(tmp_path / "square", seed=1, replace=True)
    assert new.sha256 != camera.sha256 and cameras.load(str(camera.folder)).sha256 == new.sha256
    assert not (camera.folder / "standing.npz").exists()
