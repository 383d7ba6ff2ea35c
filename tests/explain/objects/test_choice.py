"""Which object model answers, and whose weights it takes."""

import hashlib
import json
import shutil
from dataclasses import replace

import pytest
import torch

from core import weights
from core.device import Runtime
from core.errors import InputError, UnknownNameError, WeightsError, WeightsUnavailable
from explain import objects
from explain.objects import compact, detectron2, torchvision

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
OFFICIAL = "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth"


def test_auto_offline_is_the_compact_model_and_says_so():
    assert (
        objects.choose("auto", RUNTIME).name
        == "compact Faster R-CNN on EfficientNet-Lite0 (streets, real footage and the plaza)"
    )


def test_the_official_model_offline_is_refused_by_name():
    with pytest.raises(WeightsUnavailable, match=OFFICIAL):
        objects.choose("torchvision", RUNTIME)


@pytest.mark.parametrize("name", ["auto", "torchvision"])
def test_wrong_official_weights_are_refused_and_not_passed_over(name, tmp_path, monkeypatch):
    torch.save(torchvision.network().state_dict(), tmp_path / OFFICIAL)
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=OFFICIAL):
        objects.choose(name, RUNTIME)


def test_a_local_copy_of_the_official_weights_answers_auto(tmp_path, monkeypatch):
    torch.save(torchvision.network().state_dict(), tmp_path / OFFICIAL)
    digest = hashlib.sha256((tmp_path / OFFICIAL).read_bytes()).hexdigest()
    monkeypatch.setattr(torchvision, "OFFICIAL", replace(torchvision.OFFICIAL, sha256=digest))
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    model = objects.choose("auto", RUNTIME)
    assert model.name == torchvision.NAME and len(model.labels) == 80


def test_the_publishers_checksum_is_that_of_the_file_name():
    assert torchvision.SHA256_PREFIX == "258fb6c6" and torchvision.URL.endswith(OFFICIAL)


def test_an_unknown_model_lists_the_known_ones():
    with pytest.raises(
        UnknownNameError, match=r"known: auto, .*compact, detectron2, .*torchvision, yolox, yolox-tiles"
    ):
        objects.choose("ssd", RUNTIME)


@pytest.mark.skipif(detectron2.installed(), reason="detectron2 is installed")
def test_detectron2_where_it_is_not_installed():
    with pytest.raises(InputError, match="setup --detectron2"):
        objects.choose("detectron2", RUNTIME)


def test_detectron2_weights_of_another_checksum_are_refused(tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"something else")
    with pytest.raises(WeightsError, match="md5"):
        detectron2.fill(torch.nn.Linear(1, 1), tmp_path / "model.pkl")


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(compact.FOLDER, tmp_path / "objects")


def test_tampered_compact_weights_are_refused(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        compact.load(RUNTIME, folder=folder)


def test_missing_compact_weights_or_card_are_refused(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        compact.load(RUNTIME, folder=folder)
    (folder / "card.json").unlink()
    with pytest.raises(WeightsError, match="card"):
        compact.load(RUNTIME, folder=folder)


def test_compact_weights_of_other_labels_are_refused(folder):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"labels": [*card["labels"], "zebra"]}))
    with pytest.raises(WeightsError, match="does not fit"):
        compact.load(RUNTIME, folder=folder)


def test_the_compact_card_is_true():
    card = json.loads((compact.FOLDER / "card.json").read_text())
    content = (compact.FOLDER / "model.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest() and len(content) <= 15_000_000
    state = weights.load(compact.FOLDER / "model.safetensors", card["sha256"])
    assert sum(p.numel() for p in compact.network(len(card["labels"])).parameters()) == card["parameters"]
    assert all(t.isfinite().all() for t in state.values())
