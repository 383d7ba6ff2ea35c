"""Evaluations as the page asks for them: kept, computed by a worker, compared and exported."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import files
from core.contracts import Truth
from core.errors import InputError
from metrics.frame_auc import micro_normalised
from pipeline.evaluation import evaluations, latest
from pipeline.evaluation import export as out
from pipeline.evaluation.curves import curves
from pipeline.evaluation.evaluations import EvaluationRequest
from pipeline.evaluation.protocols import OWN
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evaluation.xman import measure_files
from pipeline.evaluation.xman_result import Coverage, XmanResult
from pipeline.kinds import queue
from tests.footage import trees
from tests.jobs import inline

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
HOSTILE = '../../x"><script>alert(1)</script>.csv'


@pytest.fixture
def quiet(monkeypatch):
    """Start no process: the test is the worker."""
    inline.no_processes(monkeypatch)


def xman(predictions=EXAMPLES / "xman_predictions.csv", name="mine.csv"):
    with predictions.open("rb") as system, (EXAMPLES / "xman_labels.json").open("rb") as labels:
        made = evaluations.submit(
            EvaluationRequest("xman", name, labels="labels.json"), {"system": system, "labels": labels}
        )
    inline.work(made.id)
    return evaluations.get(made.id)


@pytest.mark.usefixtures("quiet")
def test_an_uploaded_pair_of_files_is_measured_and_kept():
    made = xman(name=HOSTILE)
    assert (made.state, made.request.system, made.reason) == ("done", HOSTILE, "")
    result = made.result()
    assert result.map == pytest.approx((0.81 + 0.76 + 5 / 6) / 3)
    assert result.camera == HOSTILE
    assert [one.id for one in evaluations.evaluations()] == [made.id]
    assert made.folder.parent.name == "evaluations"
    evaluations.delete(made.id)
    assert evaluations.evaluations() == []
    assert not made.folder.exists()


@pytest.mark.usefixtures("quiet")
def test_a_wrong_file_fails_with_its_owners_name(tmp_path):
    (tmp_path / "bad").write_text('{"street/1": [["object" "bicycle"]]}')
    made = xman(tmp_path / "bad", "their.json")
    assert made.state == "failed"
    assert made.reason.startswith("their.json, line 1, column")
    assert str(made.folder) not in made.reason


@pytest.mark.usefixtures("quiet")
def test_scores_of_another_system_are_measured_on_a_data_set(tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_DATA", str(tmp_path))
    trees.ped1(tmp_path / "UCSDped1")
    assert "ped1" in evaluations.datasets()
    abnormal = {1: {2, 3}, 2: {1, 2, 5, 6}}
    rows = [f"Test{c:03d},{f},{1.0 if f in abnormal[c] else 0.1 * f}" for c in (1, 2) for f in range(1, 8)]
    content = "\n".join(["video,frame,score", *rows])
    made = evaluations.submit(
        EvaluationRequest("scores", "theirs.csv", "ped1", "thesis"), {"system": io.BytesIO(content.encode())}
    )
    assert inline.work(made.id) == 0, evaluations.get(made.id).reason
    result, drawn = evaluations.get(made.id).result(), made.curves()
    assert result["auc"]["micro_raw"] == 1
    assert result["rules"]["smoothing"] == "savgol"
    assert [trace["abnormal"] for trace in drawn["traces"]] == [[[1, 2]], [[0, 1], [4, 5]]]
    assert (made.folder / "worst-0.jpg").read_bytes()[:2] == b"\xff\xd8"
    with pytest.raises(InputError, match="no data set 'avenue'"):
        evaluations.open_dataset("avenue")
    with pytest.raises(InputError, match="no data set"):
        evaluations.open_dataset("../../etc")


@pytest.mark.usefixtures("quiet")
def test_a_camera_is_measured_by_another_score_than_its_own(tmp_path, monkeypatch, latent_camera):
    monkeypatch.setenv("WHYCAM_DATA", str(tmp_path))
    trees.ped1(tmp_path / "UCSDped1")
    made = evaluations.submit(EvaluationRequest("camera", latent_camera.name, "ped1", by="p"))
    assert inline.work(made.id) == 0, evaluations.get(made.id).reason
    result = evaluations.get(made.id).result()
    assert (result["camera"], result["threshold"], result["f1"]) == ("latent, score p", None, None)
    assert evaluations.get(made.id).request.name == "latent, score p"


def test_an_evaluation_can_be_cancelled_resumed_and_deleted():
    made = evaluations.submit(EvaluationRequest("scores", "a.csv", "ped2"), {"system": io.BytesIO(b"x")})
    assert queue().cancel(made.id)
    inline.until(made, lambda: not evaluations.get(made.id).active)
    assert evaluations.get(made.id).state == "cancelled"
    queue().submit(made.id)
    evaluations.delete(made.id)
    assert not made.folder.exists() and evaluations.evaluations() == []


OLD = {"request.json": {"kind": "xman", "system": HOSTILE, "labels": "labels.json", "data": "", "protocol": "whycam",
                        "normalisation": None, "smoothing": None, "distortion": "", "by": "", "batch": "b"},
       "state.json": {"state": "done", "since": 1.5, "told": None, "error": ""},
       "process.json": {"pid": 1, "born": "7"},
       "result.json": measure_files(EXAMPLES / "xman_predictions.csv", EXAMPLES / "xman_labels.json").as_json()
       | {"camera": "a"}}  # fmt: skip


def test_what_version_0_1_kept_in_folders_is_taken_over_once():
    states = {"20261122-120000-000001": {"state": "done"}, "20261122-120000-000002": {"state": "running", "since": 1},
              "20261122-120000-000003": {"state": "failed", "error": "it broke"}}  # fmt: skip
    for name, state in states.items():
        for file, content in (OLD | {"state.json": state}).items():
            files.write_json(files.home() / "evaluations" / name / file, content)
    for _ in range(2):
        found = evaluations.evaluations()
        assert [(one.id[-1], one.state) for one in found] == [("3", "failed"), ("2", "interrupted"), ("1", "done")]
    assert found[0].reason == "it broke" and "resume it" in found[1].reason
    assert found[2].request == EvaluationRequest("xman", HOSTILE, labels="labels.json", batch="b")
    assert found[2].result().camera == "a" and found[2].submitted == "2026-11-22 12:00:00"
    assert found[2].created == 1795348800


@pytest.mark.parametrize("name", ["", "../x", "20261122-000000-abcdef"])
def test_an_evaluation_that_is_not_there_gets_a_sentence(name):
    with pytest.raises(InputError, match="there is no evaluation"):
        evaluations.get(name)


@pytest.mark.usefixtures("quiet")
def test_a_damaged_folder_does_not_hide_the_others():
    good, folder = xman(), files.home() / "evaluations" / "20261122-120000-000001"
    for file, content in OLD.items():
        files.write_json(folder / file, content)
    (folder / "state.json").write_text("{")
    assert [one.id for one in evaluations.evaluations()] == [good.id] and (folder / "result.json").exists()


def scored():
    rng = np.random.default_rng(0)
    clips, truths = [], []
    for length in (60, 3000):
        abnormal = np.zeros(length, bool)
        abnormal[20:40] = True
        scores = rng.normal(0, 1, length).astype(np.float32) + abnormal
        scores[:3] = np.nan
        clips.append(ClipScores(f"clip{length}", scores))
        truths.append(Truth(abnormal, None, "made/1"))
    return ScoreFile("a", "b", "made", None, 0, tuple(clips)), truths


def test_the_curves_are_those_of_the_figures():
    stored, truths = scored()
    drawn = curves(stored, truths, OWN)
    x, y = zip(*drawn["roc"], strict=True)
    auc = micro_normalised([c.scores for c in stored.clips], [t.abnormal for t in truths])
    assert np.trapezoid(y, x) == pytest.approx(auc, abs=0.005)
    assert (drawn["roc"][0], drawn["roc"][-1]) == ([0, 0], [1, 1])
    assert drawn["pr"][-1][0] == 1
    assert sum(n for *_, n in drawn["calibration"]) == 57 + 2997
    assert all(0 <= share <= 1 for _, share, _ in drawn["calibration"])
    long = drawn["traces"][1]
    assert len(long["frames"]) <= 2000
    assert max(long["scores"]) == 1
    errors = [row["error"] for row in drawn["worst"] if row["kind"] == "missed"]
    assert errors == sorted(errors, reverse=True)
    for row in drawn["worst"]:
        assert bool(truths[row["number"]].abnormal[row["frame"]]) == (row["kind"] == "missed")
    json.dumps(drawn, allow_nan=False)


@pytest.mark.usefixtures("quiet")
def test_every_export_holds_the_figure_and_no_script():
    result = xman(name=HOSTILE).result()
    (row,) = csv.DictReader(io.StringIO(out.export([result], "csv").decode()))
    assert float(row["mAP"]) == pytest.approx(result.map)
    assert json.loads(out.export([result], "json"))["results"][0]["map"] == result.map
    table = out.export([result], "tex").decode()
    assert "0.801" in table and r"\begin{tabular}" in table
    page = out.export([result], "html").decode()
    assert "0.801" in page and "object: bicycle" in page
    assert "<script>" not in page
    assert page.count("http") == 0, "it needs no network"


def test_papers_stand_beside_results_of_the_same_labels():
    rules = {"protocol": "whycam", "smoothing": "none", "normalisation": "min-max"}
    result = {"camera": "x", "data": "ped2", "label_set": "ucsd-ped2/v1p2", "rules": rules, "protocol": "p"}
    assert any(row["value"] == 0.892 for row in out.papers([result]))
    whole = XmanResult("p", "l", Coverage(9, 1), None, {}, camera="x")
    explained = out.papers([whole])
    assert {(row["data"], row["value"]) for row in explained if row["measure"] == "xman map"} >= {("ped2", 0.672)}
    assert out.papers([whole.counted("left-out")]) == [], "no paper leaves frames out"
    assert out.papers([replace(whole, coverage=Coverage(9, 9)).counted("left-out")]) == explained
    measured = result | {"auc": {"micro_normalised": 0.9}, "detector": "lntra-skip"}
    assert out.rows([measured])[0]["paper's AUC"] == 0.965
    assert "paper's AUC" not in out.rows([measured | {"detector": "scores from a file"}])[0]
    other = result | {"label_set": "ucsd-ped2/other"}
    assert {row["labels"] for row in out.papers([other])} == {"unstated"}
    assert "cannot be compared" in latest.why_incomparable([result, other])
    smoothed = result | {"rules": result["rules"] | {"smoothing": "savgol"}}
    assert "different protocols" in latest.why_incomparable([result, smoothed])
    assert latest.why_incomparable([result, result]) == ""
