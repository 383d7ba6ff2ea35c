"""Labelled street sets, what is learnt of them, and the training on them at its smallest."""

import json
import subprocess
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core import weights
from core.device import Runtime
from core.errors import DataError, InputError
from core.records import Detections
from explain.objects import compact
from workshop import _train_objects, street_samples, street_sets
from workshop._box_samples import Boxes, Scenes
from workshop._train_objects import LABELS, Recipe
from workshop._training_loops import ByClock
from workshop.street_sets import LabelledSet
from workshop.train import train_explainer

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
ROADS = LabelledSet("a/roads", "CC BY 4.0", ("roads/train/images",), ("roads/test/images",),
                    ("car", None, "motorcycle"), ("car", "motorcycle"))  # fmt: skip
TINY = Recipe(minutes=0.0001, batch=2, shape=(64, 96), scenes=1, held_out=1, frames=1)


class Teacher:
    """Sees a sure and an unsure person, and the labelled car as a truck."""

    labels = ("person", "car", "truck")

    def detect(self, images, first=0):
        boxes = np.array([[10, 10, 20, 30], [40, 10, 50, 30], [100, 20, 140, 50]], np.float32)
        confidence = np.array([0.8, 0.3, 0.9], np.float32)
        return [Detections(0, boxes, ("person", "person", "truck"), confidence, "COCO")] * len(images)


def lay_out(root, count=3, text="0 0.6 0.35 0.2 0.3\n1 0.1 0.9 0.05 0.05\n"):
    for part in ("train", "test"):
        for kind in ("images", "labels"):
            (root / "a+roads" / "roads" / part / kind).mkdir(parents=True)
        for i in range(count):
            image = np.random.default_rng(i).integers(0, 256, (100, 200, 3), dtype=np.uint8)
            assert cv2.imwrite(str(root / "a+roads" / "roads" / part / "images" / f"{i} 0.jpg"), image)
            (root / "a+roads" / "roads" / part / "labels" / f"{i} 0.txt").write_text(text)


@pytest.fixture(autouse=True)
def roads(monkeypatch):
    monkeypatch.setattr(street_sets, "SETS", (ROADS,))


def gather(root, cache, **more):
    return street_sets.gather(root, cache, Teacher, lambda line: None, **more)


def rows(picture):
    return [(label, np.round(box).astype(int).tolist(), ignored) for label, box, ignored in picture.rows]


EXPECTED = [
    ("car", [100, 20, 140, 50], False),
    ("person", [15, 88, 25, 92], True),
    ("person", [10, 10, 20, 30], False),
    ("person", [40, 10, 50, 30], True),
]
"""The set's car; a class without our name; the teacher's sure person, unlabelled in the set; its unsure one."""


def test_a_set_is_read_made_small_and_completed_by_the_teacher(tmp_path):
    lay_out(tmp_path / "sets")
    found = gather(tmp_path / "sets", tmp_path / "cache")
    assert len(found) == 3 and rows(found[0]) == EXPECTED and found[0].known == ROADS.known
    assert found[0].image().shape == (100, 200, 3)
    before = found[0].path.stat().st_mtime_ns
    again = gather(tmp_path / "sets", tmp_path / "cache")
    assert rows(again[2]) == EXPECTED and again[0].path.stat().st_mtime_ns == before, "made once"
    assert len(gather(tmp_path / "sets", tmp_path / "cache", held_out=True)) == 3


def test_a_git_directory_gives_the_same_as_its_work_tree(tmp_path):
    lay_out(tmp_path / "sets")
    plain = gather(tmp_path / "sets", tmp_path / "plain")
    tree, bare = tmp_path / "sets" / "a+roads", tmp_path / "bare" / "a+roads" / "repo"
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "a")):
        subprocess.run(["git", "-C", str(tree), *command], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(tree), str(bare)], check=True)
    found = gather(tmp_path / "bare", tmp_path / "cache")
    assert [rows(p) for p in found] == [rows(p) for p in plain]
    assert all((a.image() == b.image()).all() for a, b in zip(found, plain, strict=True))


def test_neighbours_are_left_out_and_squeezed_pictures_widened(tmp_path, monkeypatch):
    monkeypatch.setattr(street_sets, "SETS", (replace(ROADS, every=2, wide=True),))
    lay_out(tmp_path / "sets")
    found = gather(tmp_path / "sets", tmp_path / "cache")
    assert len(found) == 2 and found[0].image().shape == (56, 200, 3)


@pytest.mark.parametrize("text", ["9 0.5 0.5 0.1 0.1", "car 0.5 0.5 0.1 0.1", "0 0.5 x 0.1 0.1"])
def test_labels_that_cannot_be_read_are_said(tmp_path, text):
    lay_out(tmp_path / "sets", 1, text)
    with pytest.raises(DataError, match=r"0 0\.jpg' of a/roads has labels that cannot be read"):
        gather(tmp_path / "sets", tmp_path / "cache")


def test_a_folder_without_sets_names_them(tmp_path):
    with pytest.raises(DataError, match=r"none of the labelled sets.*a\+roads"):
        gather(tmp_path, tmp_path / "cache")


def test_a_ridden_thing_holds_its_rider():
    rider, bike = np.array([10, 0, 20, 30], np.float32), np.array([5, 15, 25, 40], np.float32)
    nothing = Detections(0, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
    (_, person, _), (_, joined, _) = street_sets.completed(
        [("person", rider, False), ("motorcycle", bike, False)], nothing, ("person", "motorcycle")
    )
    assert person.tolist() == rider.tolist() and joined.tolist() == [5, 0, 25, 40]


def test_samples_tell_what_is_known_and_what_is_ignored(tmp_path):
    lay_out(tmp_path / "sets")
    (pool,) = street_samples.pools(gather(tmp_path / "sets", tmp_path / "cache"), LABELS, 0.6)
    assert pool.source.share == pytest.approx(0.6)
    assert [n for n, known in zip(LABELS, pool.known, strict=True) if known] == ["car", "motorcycle"]
    drawn = [street_samples.sample(pool, np.random.default_rng(i), (64, 96)) for i in range(40)]
    seen = {LABELS[i - 1] for _, target in drawn for i in target["labels"].tolist()}
    assert seen == {"car", "person"} and any(len(target["ignored"]) for _, target in drawn)
    assert all(picture.shape == (3, 64, 96) for picture, _ in drawn)


def test_figures_leave_ignored_boxes_out(tmp_path):
    lay_out(tmp_path / "sets")
    kept = gather(tmp_path / "sets", tmp_path / "cache", held_out=True)

    class Found:
        labels = LABELS

        def detect(self, images, first=0):
            boxes = np.array([[100, 20, 140, 50], [40, 10, 50, 30]], np.float32)
            return [Detections(first, boxes, ("car", "person"), np.ones(2, np.float32), "COCO")]

    assert street_samples.figures(Found(), kept) == {
        "a/roads": {"frames": 3, "ap50": {"car": 1.0}, "boxes": {"car": 3}}
    }


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))


def clock(minutes=1.0, **settings):
    return ByClock(Line(), minutes, 0.1, 0.0, settings)


def test_a_training_stopped_at_any_step_goes_on_from_there(tmp_path):
    first, steps = clock(), []

    def loss(step):
        if step == 3:
            raise KeyboardInterrupt
        return (first.network.weight - 1).square().sum()

    with pytest.raises(KeyboardInterrupt):
        first.run(tmp_path / "c.pt", loss, resume=False, say=print)
    second = clock()

    def more(step):
        steps.append((step, second.network.weight.item()))
        second.spent += 70
        return (second.network.weight - 1).square().sum()

    second.run(tmp_path / "c.pt", more, resume=True, say=print)
    assert steps == [(3, first.network.weight.item())] and second.step == 4 and second.spent >= 70
    with pytest.raises(InputError, match="another seed"):
        clock(seed=1).run(tmp_path / "c.pt", more, resume=True, say=print)
    with pytest.raises(InputError, match="nothing to resume"):
        clock().run(tmp_path / "d.pt", more, resume=True, say=print)


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Stand in for plazas, teacher and ImageNet."""

    def render(cache, seeds, frames, names):
        image = np.random.default_rng(list(seeds)).integers(0, 256, (60, 90, 3), dtype=np.uint8)
        return Scenes([image], [Boxes(np.array([[20, 10, 60, 50]], np.float32), np.array([1]), np.ones(1, np.float32))])

    monkeypatch.setattr(_train_objects, "render", render)
    monkeypatch.setattr(_train_objects.yolox, "load", lambda runtime: Teacher())
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "home"))
    network = compact.network(len(LABELS))
    begun = tmp_path / "begun"
    begun.mkdir()
    digest = weights.save(network, begun / "model.safetensors")
    (begun / "card.json").write_text(
        json.dumps({"name": "a", "labels": list(LABELS), "sha256": digest, "backbone": compact.BACKBONE})
    )
    lay_out(tmp_path / "sets")
    return begun


def test_the_training_leaves_a_model_that_loads_and_a_true_card(quick, tmp_path):
    card = train_explainer("objects", tmp_path / "out", runtime=RUNTIME, sets=tmp_path / "sets", minutes=0.0001,
                           start=quick, say=lambda line: None)  # fmt: skip
    assert card == json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["sets"][0]["terms"] == "CC BY 4.0" and card["steps"] >= 1 and "bus" in card["labels"]
    assert set(card["figures"]) == {"held-out plazas", "held-out pictures of the sets"}
    model = compact.load(RUNTIME, folder=tmp_path / "out")
    assert model.labels == LABELS


def test_what_is_missing_is_said(quick, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="--sets DIR"):
        train_explainer("objects", tmp_path / "out", runtime=RUNTIME)
    monkeypatch.setattr(_train_objects, "PACKAGE", "no_such_package")
    with pytest.raises(InputError, match="pip install no-such-package"):
        train_explainer("objects", tmp_path / "out", runtime=RUNTIME, sets=tmp_path / "sets")
    with pytest.raises(InputError, match="takes no --sets"):
        train_explainer("actions", tmp_path / "out", runtime=RUNTIME, sets=tmp_path / "sets")
