"""Cameras learnt from one part of their footage and tested on another, on short drawn footage."""

import json

import numpy as np
import pytest

from benchmarks import own_camera
from benchmarks.own_camera import END, NAMES, SPLITS, Split, Stretch
from cli.main import main
from core import video
from core.errors import InputError, UnknownNameError
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from tests.pipeline.clips import Clip

FPS = 10


@pytest.fixture
def root(tmp_path):
    """A motorway of 30 s on which something jumps from 3 to 17 s, and a table of 12 s."""
    random = np.random.default_rng(0)
    images = np.full((300, 48, 64, 3), 90, np.uint8) + random.integers(0, 4, (300, 48, 64, 1), np.uint8)
    for frame in range(30, 170):
        images[frame, 10:30, 20 + frame % 2 * 20 : 40 + frame % 2 * 20] += 120
    (tmp_path / "cameras").mkdir()
    video.encode(tmp_path / "cameras" / "motorway-cyclist.avi", iter(images), FPS)
    return tmp_path


def test_a_stretch_counts_from_its_start_whatever_the_chunks():
    clip = Clip("a", np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8))
    part = Stretch(clip, (1.2, 3.1))
    for chunk in (3, 7, 64):
        seen = list(part.frames(chunk))
        assert np.concatenate([one.images[:, 0, 0, 0] for one in seen]).tolist() == list(range(12, 31))
        assert [one.first for one in seen] == np.cumsum([0, *map(len, seen)])[:-1].tolist()
        times = np.concatenate([one.times for one in seen])
        assert times == pytest.approx(np.arange(19) / 10)
    assert part.times == pytest.approx(np.arange(12, 31) / 10)
    assert (part.name, Stretch(clip, (1.5, END)).name) == ("a [1.2 s to 3.1 s]", "a [1.5 s to the end]")


def test_no_camera_is_tested_on_what_it_learnt():
    for split in SPLITS:
        (first, last), (begin, end) = split.learn, split.test_on
        assert last <= begin or end <= first
        assert all(begin <= a < b <= end for a, b in split.unusual)


def test_a_file_is_split_in_seconds(root):
    split = next(one for one in SPLITS if one.name == "motorway-cyclist").at(root)
    (clip,) = split.test()
    abnormal = split.truth(clip).abnormal
    assert len(abnormal) == 170 and abnormal.nonzero()[0].tolist() == list(range(30, 170))
    assert sum(len(seen) for seen in split.training()[0].frames()) == 130
    with pytest.raises(InputError, match=r"there is no file .*none\.mp4'; --root names the folder"):
        Split("none", "none.mp4", (0, 1), (1, 2)).at(root)


@pytest.fixture
def quick(monkeypatch):
    """Score by what is bright, and train nothing."""
    trained = []

    class Camera:
        card = {"false_alarms": {"asked_per_hour": 60.0}}

    def train(source, clips, out, request, callbacks, runtime):
        trained.append((source, [clip.name for clip in clips], request.minutes))
        callbacks.note("the footage is short")
        return Camera()

    def evaluate(camera, dataset, runtime):
        clips, truths = [], [(clip, dataset.truth(clip)) for clip in dataset.test()]
        for clip, _ in truths:
            scores = np.concatenate([seen.images.max((1, 2, 3)) for seen in clip.frames()]).astype(np.float32)
            clips.append(ClipScores(clip.name, scores, scores > 150, FPS))
        return evaluate_scores(ScoreFile("own", "detector", dataset.name, 150.0, 0, tuple(clips)), truths)

    monkeypatch.setattr(own_camera, "train_camera", train)
    monkeypatch.setattr(own_camera, "evaluate", evaluate)
    return trained


def test_figures_are_kept_and_only_what_is_named_is_measured_again(root, tmp_path, quick, capsys):
    asked = ["bench", "own-camera", "motorway-cyclist", "--root", str(root), "--work", str(tmp_path / "work"),
             "--device", "cpu", "--minutes", "1"]  # fmt: skip
    assert main([*asked, "--json", str(tmp_path / "r.json")]) == 0
    out = capsys.readouterr().out
    (row,) = json.loads((tmp_path / "r.json").read_text())["own_cameras"]
    assert quick == [("motorway-cyclist", ["motorway-cyclist.avi [17 s to the end]"], 1.0)]
    assert row["camera"]["alarms"]["events_found"] == 1.0 and row["difference"]["auc"]["micro_raw"] > 0.9
    assert "1.000 (1 of 1)" in out and "frame difference" in out and "motorway-cyclist: the footage is short" in out
    kept = own_camera.measure("cpu", root, tmp_path / "work", ["motorway-cyclist"])
    assert len(quick) == 2 and kept[0]["name"] == "motorway-cyclist"
    with pytest.raises(InputError, match=r"one-by-one\.mp4"):
        own_camera.measure("cpu", root, tmp_path / "work")
    assert len(quick) == 2


def test_an_unknown_camera_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="'yard'; known: avenue"):
        own_camera.measure("cpu", tmp_path, tmp_path, ["yard"])
    assert set(NAMES) == {"one-by-one", "motorway-cyclist", "avenue", "ped2", "plaza"}
