"""Bad input to training through the real command line: one clear sentence, exit code 2, and nothing lost."""

import json
import shutil

import cv2
import numpy as np
import pytest
import torch

from cli.main import main
from detectors.vqunet import VQUNet
from pipeline import camera as cameras
from tests.clips import make
from tests.pipeline.scenes import film
from tests.pipeline.training.test_fit_camera import Acts, Boxes, NoFaults
from tests.spoilt import Full, fill_disk

SMALL = ("base=4", "height=32", "width=48", "inputs=1", "batch=64")


@pytest.fixture(autouse=True)
def models(monkeypatch):
    monkeypatch.setattr("explain.objects.choose", lambda *_, **__: Boxes())
    monkeypatch.setattr("explain.actions.choose", lambda *_, **__: Acts())
    monkeypatch.setattr("pipeline.training.survey.Monitor", NoFaults)


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    make(folder / "a.mp4", film(frames=110).images, rate=10)
    make(folder / "b.mp4", film(frames=110).images, rate=10)
    return folder


@pytest.fixture
def train(tmp_path, capsys):
    """Train a small network: exit code, stderr's last line, and what lies in the camera's folder afterwards."""

    def run(normal, *extra, detector="unet-prediction", settings=SMALL, epochs="2"):
        out = tmp_path / "cameras" / "yard"
        sets = [part for one in settings for part in ("--set", one)]
        code = main(["train", detector, "--normal", str(normal), "--out", str(out), "--device", "cpu",
                         "--epochs", epochs, *sets, *map(str, extra)])  # fmt: skip
        left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        return code, capsys.readouterr().err.splitlines(), left

    return run


def refused(answer, sentence, left=frozenset()):
    code, err, remains = answer
    assert err[-1].startswith("whycam: ") and sentence in err[-1], err
    assert not [line for line in err[:-1] if "note:" not in line and not line.startswith(("chosen", "  "))], err
    assert (code, remains) == (2, set(left))


def ready(answer):
    code, err, left = answer
    assert code == 0, err
    assert left == {"camera.json", "losses.json", "weights.safetensors", "background.png"}


def test_good_footage_trains(train, footage):
    ready(train(footage))


def test_an_empty_folder(train, tmp_path):
    (tmp_path / "none").mkdir()
    refused(train(tmp_path / "none"), "none holds no clip: put video files (")


def test_a_text_file_among_the_clips(train, footage, tmp_path):
    shutil.copytree(footage, tmp_path / "clips")
    (tmp_path / "clips" / "notes.mp4").write_text("dear diary\n" * 99)
    refused(train(tmp_path / "clips"), "'notes.mp4' is not a video that can be read")


def test_frames_of_an_odd_size_train(train, tmp_path):
    images = np.ascontiguousarray(film(frames=220).images[:, :87, :155])
    (tmp_path / "clips").mkdir()
    for i, image in enumerate(images):
        cv2.imwrite(str(tmp_path / "clips" / f"{i}.png"), image)
    ready(train(tmp_path / "clips"))
    assert cameras.load(str(tmp_path / "cameras" / "yard")).width == 155


def test_a_frame_of_another_size(train, tmp_path):
    (tmp_path / "clips").mkdir()
    for i, image in enumerate(film(frames=30).images):
        cv2.imwrite(str(tmp_path / "clips" / f"{i}.png"), image[: 60 if i == 20 else 90])
    refused(train(tmp_path / "clips"), "20.png is 160x60, but its clip's other frames are 160x90")


@pytest.fixture
def ped2(tmp_path):
    """A data set in UCSD Ped2's layout: one training clip, one test clip with its masks."""
    root = tmp_path / "UCSDped2"
    for name, frames in (("Train/Train001", 12), ("Test/Test001", 8), ("Test/Test001_gt", 8)):
        (root / name).mkdir(parents=True)
        for i, image in enumerate(film(frames=frames).images, 1):
            cv2.imwrite(str(root / name / f"{i:03d}.png"), image)
    (root / "Test" / "UCSDped2.m").write_text("TestVideoFile{end+1}.gt_frame = [3:6];\n")
    return root


def test_a_data_set_with_a_gap(train, ped2):
    ready(train("ped2", "--root", ped2))
    shutil.rmtree(ped2.parent / "cameras")
    (ped2 / "Train" / "Train001" / "005.png").unlink()
    refused(train("ped2", "--root", ped2), "must hold frames 001 to 011 once each, but 005 is missing")
    refused(train("ped2", "--root", ped2 / "Train"), "is not UCSD Ped2 in its official layout")


def test_a_missing_mask(ped2, tiny_camera, capsys):
    (ped2 / "Test" / "Test001_gt" / "004.png").unlink()
    code = main(["evaluate", "tiny", "--data", "ped2", "--root", str(ped2), "--device", "cpu"])
    (line,) = capsys.readouterr().err.splitlines()
    assert code == 2 and "004 is missing" in line and "Test001_gt" in line


@pytest.mark.parametrize("epoch", [0, 1])
def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(train, footage, monkeypatch, epoch):
    loss, calls = VQUNet.loss, []

    def spoilt(self, windows):
        calls.append(1)
        terms = loss(self, windows)
        batches = -(-2 * 109 // 64)
        return {name: term * float("nan") for name, term in terms.items()} if len(calls) > epoch * batches else terms

    left = {"training/checkpoint.pt", "training/losses.json"} if epoch else frozenset()
    plain = ("--hold-out", "0", "--anyway")
    monkeypatch.setattr(VQUNet, "loss", spoilt)
    left = {"training/chosen.json", *left}
    refused(train(footage, *plain, settings=(*SMALL, "step=1")), "the loss of stage vqunet became nan in batch 0", left)
    monkeypatch.setattr(VQUNet, "loss", loss)
    ready(train(footage, *plain, "--resume", settings=()))


def test_a_stopped_training_of_another_network(train, footage, tmp_path):
    from pipeline.camera import make_detector

    work = tmp_path / "cameras" / "yard" / "training"
    work.mkdir(parents=True)
    other = make_detector("bcae1", {"base": 4, "height": 80, "width": 80})
    state = {"detector": other.state_dict(), "optimiser": {}, "schedule": {}, "progress": {}}
    torch.save(state, work / "checkpoint.pt")
    kept = {"training/checkpoint.pt", "training/chosen.json"}
    refused(train(footage, "--resume"), "holds another network's weights", kept)
    torch.save({"something": torch.zeros(3)}, work / "checkpoint.pt")
    refused(train(footage, "--resume"), "is not a training checkpoint of Whycam; train without --resume", kept)
    content = (work / "checkpoint.pt").read_bytes()
    (work / "checkpoint.pt").write_bytes(content[: len(content) // 2])
    refused(train(footage, "--resume"), "checkpoint.pt", kept)
    ready(train(footage))


def test_a_disk_that_is_full_while_frames_are_decoded(train, footage, monkeypatch):
    from core.contracts import Detector

    resize = Detector.resize

    def full(self, images):
        raise Full

    monkeypatch.setattr(Detector, "resize", full)
    refused(train(footage), "'frames.u8' could not be written", {"training/chosen.json"})
    monkeypatch.setattr(Detector, "resize", resize)
    ready(train(footage))


@pytest.mark.parametrize("number", range(6))
def test_a_disk_that_is_full_at_any_file(train, footage, monkeypatch, number, tmp_path):
    with monkeypatch.context() as patch:
        fill_disk(patch, number)
        code, err, left = train(footage)
    assert code == 2 and "the disk is full; free some space and try again" in err[-1]
    assert not [name for name in left if name.endswith((".part", ".u8"))]
    assert "camera.json" not in left
    ready(train(footage, "--resume"))
    json.loads((tmp_path / "cameras" / "yard" / "camera.json").read_text())
