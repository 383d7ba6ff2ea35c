"""The shipped Ped2 camera on real footage: the truck of clip 4 is found, and its region is the hottest."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from cli.main import main
from core import device
from footage.ucsd import DATASETS
from pipeline import camera as cameras
from pipeline.evaluation.evaluate import evaluate
from pipeline.evidence import EvidenceFolder
from pipeline.scoring import EVIDENCE

pytestmark = [pytest.mark.footage, pytest.mark.slow]
FIRST, LAST = 30, 179


@pytest.fixture(scope="module")
def root():
    data = os.environ.get("WHYCAM_DATA")
    if not data:
        pytest.skip("WHYCAM_DATA does not name a folder of real footage")
    return Path(data)


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("ped2")
    clip = root / "UCSDped2_mp4" / "Test004.mp4"
    assert main(["analyse", str(clip), "--camera", "ucsd-ped2", "--out", str(out), "--device", "cpu"]) == 0
    return out


def test_the_trucks_frames_are_covered(run):
    events = json.loads((run / "report.json").read_text(encoding="utf-8"))["events"]
    covered = {frame for e in events for frame in range(e["first_frame"], e["last_frame"] + 1)}
    assert len(covered & set(range(FIRST, LAST + 1))) >= 0.8 * (LAST - FIRST + 1)


def test_the_trucks_region_holds_the_most_heat(root, run):
    rows = (root / "labels" / "ped2_regions_dev.csv").read_text(encoding="utf-8").splitlines()[1:]
    boxes = {}
    for video, _, frame, *box, label in (row.split(",") for row in rows):
        if video == "Test004" and label == "truck":
            boxes[int(frame) - 1] = [int(float(value)) for value in box]
    hottest = []
    for evidence in EvidenceFolder(run / EVIDENCE).between(FIRST, LAST):
        if evidence.frame in boxes:
            x1, y1, x2, y2 = boxes[evidence.frame]
            hottest.append(most_heat_is_in(evidence.heat, x1, y1, x2, y2))
    assert len(hottest) > 20 and np.mean(hottest) > 0.5


def most_heat_is_in(heat, x1, y1, x2, y2):
    """Tell whether no other place of the box's size, off the box, holds as much heat as the box."""
    table = np.pad(heat.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    h, w = y2 - y1, x2 - x1
    sums = table[h:, w:] - table[:-h, w:] - table[h:, :-w] + table[:-h, :-w]
    inside = sums[y1, x1]
    ys, xs = np.ogrid[: sums.shape[0], : sums.shape[1]]
    off = (ys >= y2) | (ys <= y1 - h) | (xs >= x2) | (xs <= x1 - w)
    return inside > sums[off].max(initial=0.0)


def test_the_cards_figures_are_those_of_its_own_evaluation(root):
    camera = cameras.load("ucsd-ped2")
    result = evaluate(camera, DATASETS["ped2"](root / "UCSDped2"), device.choose("cpu")).as_json()
    figures = camera.card["figures"]["ucsd-ped2/v1p2"]
    assert result["auc"]["micro_normalised"] > 0.94 and figures["auc"] == pytest.approx(result["auc"], abs=0.005)
    assert result["frame_index"]["auc"]["micro_normalised"] == pytest.approx(0.746, abs=0.001)
    assert (camera.card["seed"], camera.card["epochs"]) == (0, 10)


def test_the_data_set_is_the_official_one(root):
    data = DATASETS["ped2"](root / "UCSDped2")
    truth = [data.truth(clip) for clip in data.test()]
    assert (sum(len(t.abnormal) for t in truth), sum(int(t.abnormal.sum()) for t in truth)) == (2010, 1648)


def test_scores_on_bfloat16_stay_near_float32(root):
    camera = cameras.load("ucsd-ped2")
    clip = DATASETS["ped2"](root / "UCSDped2").test()[3]
    scores = []
    for precision in ("float32", "bfloat16"):
        runtime = device.choose("cpu", precision)
        with runtime.autocast():
            answers = list(camera.build(runtime).stream(clip.frames()))
        scores.append(np.concatenate([a.score.float().numpy() for a in answers]))
    assert np.abs(scores[0] - scores[1]).max() < 0.3
