"""The whole path on the demo, as the README gives it: every anomaly found, nothing else, causes named."""

import json
from pathlib import Path

import pytest

import cli

DEMO = Path(__file__).resolve().parent.parent / "assets" / "demo" / "plaza.mp4"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def truth():
    return json.loads(DEMO.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    assert cli.main(["analyse", str(DEMO), "--camera", "plaza", "--out", str(out), "--device", "cpu"]) == 0
    assert {"report.html", "report.json", "scores.csv"} <= {path.name for path in out.iterdir()}
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def overlap(found, true):
    shared = min(found["last_frame"], true["last"]) - max(found["first_frame"], true["first"]) + 1
    union = max(found["last_frame"], true["last"]) - min(found["first_frame"], true["first"]) + 1
    return max(0, shared) / union


def answering(report, true):
    return max(report["events"], key=lambda found: overlap(found, true))


def test_every_anomaly_is_an_event(report, truth):
    assert len(truth["events"]) == 6
    missed = {t["name"]: round(overlap(answering(report, t), t), 2) for t in truth["events"]}
    assert all(share >= 0.5 for share in missed.values()), missed


def test_no_event_is_false(report, truth):
    assert len(report["events"]) == len(truth["events"])
    false = [e for e in report["events"] if max(overlap(e, t) for t in truth["events"]) < 0.5]
    assert not false


def test_at_least_four_of_six_causes_are_right_at_rank_one(report, truth):
    said = {}
    for true in truth["events"]:
        first = answering(report, true)["causes"][0]
        said[true["name"]] = (first["coarse"], first["fine"], [first["coarse"], first["fine"]] in true["labels"])
    assert sum(right for _, _, right in said.values()) >= 4, said


def test_the_demo_looks_like_its_camera(report):
    assert not [w for w in report.get("warnings", []) if "does not look like" in w]
    assert report["camera"] == "plaza" and report["models"].keys() == {"objects", "actions"}
