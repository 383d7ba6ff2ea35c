"""Bad input through the real command line: one clear sentence, exit code 2, and nothing half-written."""

import dataclasses
import json
import os
import pickle
import shutil

import numpy as np
import pytest
import torch

from cli.main import main
from core import _container, video
from core.limits import Limits
from core.records import Detections
from explain import actions, objects
from pipeline import scoring
from tests.clips import make, noise, pictures
from tests.spoilt import fill_disk, spoil_scores

RESULTS = {"report.html", "report.json", "scores.csv"}


class Blind:
    """An object and an action model that see nothing; what is tried here are the clips, the camera and the disk."""

    name, labels, span, rate = "blind", (), 3, 25.0

    def detect(self, images, first=0):
        none = np.zeros((0, 4), np.float32)
        return [Detections(first + i, none, (), none[:, 0], "COCO") for i in range(len(images))]

    def classify(self, images, boxes):
        return np.zeros((len(boxes), 0), np.float32)


@pytest.fixture(autouse=True)
def _blind(monkeypatch):
    for room in (objects, actions):
        monkeypatch.setattr(room, "choose", lambda *_, **__: Blind())


@pytest.fixture
def analyse(tmp_path, tiny_camera, capsys):
    """Analyse clips with the tiny camera: exit code, stderr, and what lies in the folder of results afterwards."""

    def run(*clips, camera="tiny", extra=()):
        out = tmp_path / "out"
        code = main(["analyse", *map(str, clips), "--camera", camera, "--out", str(out), "--device", "cpu", *extra])
        left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        return code, capsys.readouterr().err, left

    return run


def refused(answer, sentence):
    code, err, left = answer
    (line,) = err.splitlines()
    assert line.startswith("whycam: ") and sentence in line, line
    assert code == 2
    assert left == set()


@pytest.fixture
def good(tmp_path):
    return make(tmp_path / "good.mp4", pictures(20), container={"movflags": "+faststart"})


def test_a_good_clip_is_analysed(analyse, good):
    code, _, left = analyse(good)
    assert code == 0 and left >= RESULTS
    assert not [name for name in left if name.endswith(".part")]


def test_a_missing_clip(analyse, tmp_path):
    refused(analyse(tmp_path / "none.mp4"), "there is no clip")


def test_a_text_file_renamed(analyse, tmp_path):
    (tmp_path / "text.mp4").write_text("Dear reader,\n" * 200)
    refused(analyse(tmp_path / "text.mp4"), "'text.mp4' is not a video that can be read")


def test_an_mp4_cut_in_the_middle_is_analysed_up_to_the_cut(analyse, tmp_path):
    path = make(tmp_path / "cut.mp4", noise(60, 64, 48), g=6, container={"movflags": "+faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    code, err, left = analyse(path)
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert code == 0 and left >= RESULTS
    assert 20 < report["clip"]["frames"] < 35
    assert sum("'cut.mp4' is cut: only its first" in line for line in err.splitlines()) == 1
    assert "is cut: only its first" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_what_is_known_of_a_file_before_it_is_read_is_said_at_once_and_once(analyse, good, monkeypatch, capsys):
    probe, scored = video.probe, []
    note = "'good.mp4' is cut: its last 3 s are missing"
    monkeypatch.setattr(video, "probe", lambda path, fps=None: dataclasses.replace(probe(path, fps), notes=(note,)))
    run = scoring.Scoring.run

    def score(*given, **more):
        scored.append(capsys.readouterr().err)
        run(*given, **more)

    monkeypatch.setattr(scoring.Scoring, "run", score)
    code, err, _ = analyse(good)
    assert code == 0 and scored[0] == f"whycam: note: {note}\n" and note not in err


def test_an_mp4_without_its_index(analyse, tmp_path):
    path = make(tmp_path / "a.mp4", noise(30))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    refused(analyse(path), "its index is missing: the recording was interrupted")


def test_zero_frames(analyse, tmp_path):
    path = make(tmp_path / "none.mp4", noise(5))
    content = bytearray(path.read_bytes())
    at, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[at:end] = bytes(end - at)
    path.write_bytes(content)
    refused(analyse(path), "'none.mp4' ")
    (tmp_path / "empty.mp4").touch()
    refused(analyse(tmp_path / "empty.mp4"), "'empty.mp4' is empty")


@pytest.mark.parametrize("name", ["short.mp4", "short.mkv"])
def test_fewer_frames_than_one_window(analyse, tmp_path, name):
    refused(analyse(make(tmp_path / name, pictures(3))), f"'{name}' has 3 frames, fewer than the ")


def test_audio_only(analyse, tmp_path):
    refused(analyse(make(tmp_path / "sound.mp4", None, audio=True)), "'sound.mp4' has no pictures, only audio")


def test_more_than_8k(analyse, tmp_path):
    path = make(tmp_path / "large.mp4", np.zeros((1, 4608, 8192, 3), np.uint8), preset="ultrafast")
    refused(analyse(path), "'large.mp4' has pictures of 8192x4608 pixels, 37.7 megapixels; up to 36 are read")


def test_ten_hours(analyse, tmp_path):
    path = make(tmp_path / "long.mp4", pictures(3), stamps=[0, 1000, 36_000_000])
    refused(analyse(path), "'long.mp4' lasts 10.0 hours; clips of up to 8 hours are read")


def test_a_limit_that_shows_only_in_the_middle(analyse, tmp_path, monkeypatch):
    path = make(tmp_path / "a.mkv", pictures(80))
    for place in (video, _container):
        monkeypatch.setattr(place, "LIMITS", Limits(max_frames=70))
    refused(analyse(path), "'a.mkv' has more than 70 frames")


def test_another_aspect_ratio_is_warned_of(analyse, tmp_path):
    code, err, left = analyse(make(tmp_path / "tall.mp4", pictures(20, 48, 64)))
    assert code == 0 and left >= RESULTS
    assert "48×64" in err and "64×48" in err


def test_missing_weights(analyse, good, tiny_camera):
    (tiny_camera.folder / "weights.safetensors").unlink()
    refused(analyse(good), "there is no weights file")


def test_tampered_weights(analyse, good, tiny_camera):
    path = tiny_camera.folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    refused(analyse(good), "'weights.safetensors' was changed or damaged: its sha256 must begin with")


class Bomb:
    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("form", ["pickle", "torch"])
def test_a_pickle_instead_of_weights(analyse, good, tiny_camera, tmp_path, form):
    path, bomb = tiny_camera.folder / "weights.safetensors", Bomb()
    bomb.mark = tmp_path / "ran"
    if form == "pickle":
        path.write_bytes(pickle.dumps(bomb))
    else:
        torch.save({"weight": bomb}, path)
    refused(analyse(good), "'weights.safetensors' was changed or damaged")
    card = tiny_camera.folder / "camera.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": video.sha256_of(path)}))
    refused(analyse(good), "'weights.safetensors' is a pickle, which could run code when it is loaded")
    assert not bomb.mark.exists()


def test_another_networks_weights(analyse, good, tiny_camera):
    from core import weights

    digest = weights.save(torch.nn.Linear(2, 2), tiny_camera.folder / "weights.safetensors")
    card = tiny_camera.folder / "camera.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": digest}))
    refused(analyse(good), "holds another network's weights")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers(analyse, good, tiny_camera, number):
    from core import weights

    path = tiny_camera.folder / "weights.safetensors"
    state = weights.load(path, tiny_camera.sha256)
    name = next(name for name, tensor in state.items() if tensor.is_floating_point() and tensor.ndim > 1)
    state[name].view(-1)[-1] = number
    digest = weights.save(state, path)
    card = tiny_camera.folder / "camera.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": digest}))
    refused(analyse(good), f"is unusable: tensor {name!r} holds NaN or infinite numbers; train or get it again")


@pytest.mark.parametrize(("first", "number"), [(5, float("nan")), (7, float("inf")), (9, float("nan"))])
def test_a_detector_whose_scores_are_no_numbers(analyse, good, monkeypatch, first, number):
    """From whatever frame on: nothing of the clip is called ordinary."""
    spoil_scores(monkeypatch, first, number)
    refused(analyse(good), f"the detector gave 'good.mp4' a score of {number}, which is no number")


def test_an_unknown_camera(analyse, good):
    refused(analyse(good, camera="harbour"), "unknown camera 'harbour'; known: ")
    refused(analyse(good, camera="../../etc"), "unknown camera '../../etc'; known: ")


def test_an_unknown_detector(analyse, good, tiny_camera, tmp_path, capsys):
    card = tiny_camera.folder / "camera.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "detector": "oracle"}))
    refused(analyse(good), "unknown detector 'oracle'; closest: ")
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(good, clips)
    code = main(["train", "oracle", "--normal", str(clips), "--out", str(tmp_path / "camera"), "--device", "cpu"])
    (line,) = capsys.readouterr().err.splitlines()
    assert code == 2 and "unknown detector 'oracle'; closest: " in line and "./whycam list detectors" in line
    assert not list((tmp_path / "camera").glob("*"))


@pytest.mark.parametrize("room", range(6))
def test_a_full_disk(analyse, good, monkeypatch, tmp_path, room):
    with monkeypatch.context() as patch:
        left_over = fill_disk(patch, room)
        code, err, left = analyse(good)
    if left_over[0] >= 0:
        assert code == 0 and left >= RESULTS
        return
    (line,) = err.splitlines()
    assert code == 2 and "the disk is full; free some space and try again" in line
    assert not [name for name in left if name.endswith(".part")]
    assert not left >= RESULTS
    code, _, left = analyse(good)
    assert code == 0 and left >= RESULTS


def test_results_that_cannot_be_written_at_all(analyse, good, tmp_path):
    (tmp_path / "out").write_text("a file, not a folder")
    refused(analyse(good), "could not be written")
    assert (tmp_path / "out").read_text() == "a file, not a folder"


def test_a_name_that_is_markup_and_leads_upwards(analyse, good, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    name = 'x"><script>.mp4'
    shutil.copy(good, tmp_path / name)
    code, _, left = analyse(tmp_path / "a" / "b" / ".." / ".." / name)
    assert code == 0 and left >= RESULTS
    assert "<script>.mp4" not in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["clip"]["name"] == name


def test_a_bad_clip_among_good_ones_stops_none(analyse, good, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    markup = tmp_path / '..x"><script>.mp4'
    shutil.copy(good, markup)
    code, err, left = analyse(good, tmp_path / "text.mp4", markup)
    assert code == 2 and "'text.mp4' is not a video" in err
    folders = {name.split("/")[0] for name in left} - {"batch.json"}
    assert len(folders) == 2 and not any(set(folder) & set('<>"/') for folder in folders)
    assert {f"{folder}/{result}" for folder in folders for result in RESULTS} <= left
    assert {path.name for path in tmp_path.iterdir()} == {"good.mp4", "text.mp4", markup.name, "out"}
