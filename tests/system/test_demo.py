"""The whole path on the demo, as the README gives it: every anomaly found, nothing else, causes named."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cli.main import main
from core.boxes import iou, overlap_of_smaller
from core.clock import Clock
from explain.causes.ranking import rank
from pipeline.camera import load
from pipeline.evidence import EvidenceFolder
from tests.pipeline.evaluation.test_frame_origin import holds_still

DEMO = Path(__file__).resolve().parent.parent.parent / "assets" / "demo" / "plaza.mp4"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def truth():
    return json.loads(DEMO.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Analyse the demo as the README says, once; return the run's folder."""
    out = tmp_path_factory.mktemp("demo")
    assert main(["analyse", str(DEMO), "--camera", "plaza", "--out", str(out), "--device", "cpu"]) == 0
    return out


@pytest.fixture(scope="module")
def report(folder):
    assert {"report.html", "report.json", "scores.csv"} <= {path.name for path in folder.iterdir()}
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


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
        kinds = {coarse for coarse, _ in true["labels"]}
        right = [first["coarse"], first["fine"]] in true["labels"] or first["coarse"] == "location" in kinds
        said[true["name"]] = (first["coarse"], first["fine"], right)
    assert sum(right for _, _, right in said.values()) >= 4, said


def test_the_demo_looks_like_its_camera(report):
    assert not [w for w in report.get("warnings", []) if "does not look like" in w]
    assert report["camera"] == "plaza" and report["models"].keys() == {"objects", "actions"}


def without(found, hidden):
    """Leave out every box that lies on one of the hidden ones by half of its own area."""
    keep = overlap_of_smaller(found.boxes, hidden).max(axis=1, initial=0.0) < 0.5
    labels = tuple(label for label, stays in zip(found.labels, keep, strict=True) if stays)
    return replace(found, boxes=found.boxes[keep], labels=labels, confidence=found.confidence[keep])


def test_what_the_models_miss_is_reported_as_unknown_with_its_region(report, truth, folder):
    event = answering(report, next(t for t in truth["events"] if t["name"] == "cart"))
    seen = EvidenceFolder(folder / "evidence").between(event["first_frame"], event["last_frame"])
    blind = []
    for evidence in seen:
        cart = np.array([box for label, box in zip(evidence.objects.labels, evidence.objects.boxes, strict=True)
                         if label == "truck"], float).reshape(-1, 4)  # fmt: skip
        blind.append(
            replace(evidence, objects=without(evidence.objects, cart), actions=without(evidence.actions, cart))
        )
    found = rank(blind, load("plaza").normality, clock=Clock.steady(25.0, 1475))
    truck = next(c for c in event["causes"] if c["fine"] == "truck")
    region = found.causes[0]
    assert region.coarse == "unknown" and found.unexplained > 0.5
    where = next(at["box"] for at in truck["tube"] if at["frame"] == found.shown)
    assert iou(region.box, where)[0, 0] >= 0.3


def test_no_hint_about_frames_counted_from_elsewhere(folder):
    holds_still(folder / "causes.csv", "plaza")
