"""The evaluation page without a browser: what it offers, what it shows, what it says of what is wrong."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import files
from core.contracts import Truth
from core.equivalence import Channel, Equivalence
from core.normality import AlarmCurve
from core.progress import Progress
from jobs.queue import Queue
from jobs.store import JobStore
from pipeline import store
from pipeline.camera import save
from pipeline.channels import ATTRIBUTES, PIXELS
from pipeline.evaluation import contamination, evaluated_run, evaluations
from pipeline.evaluation.curves import curves
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.evaluations import Evaluation
from pipeline.evaluation.protocols import OWN
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evaluation.xman import measure_files
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import fine, html

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
HOSTILE = 'x"><script>alert(1)</script>.csv'


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")
    monkeypatch.setattr(contamination, "RESULTS", tmp_path / "none")


def show():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/4_Evaluation.py")
    return fine(at.run())


def unescaped(texts):
    """Return what Markdown makes of escaped texts."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", " ".join(texts)).replace("\u200b", "")


def keep(number, request, state="done", told=None, reason="", **content):
    name = f"20261122-12000{number}-00000{number}"
    folder = files.home() / "evaluations" / name
    for file, value in content.items():
        files.write_json(folder / f"{file}.json", value)
    inline.keep(Evaluation, name, request["system"], f"evaluations/{name}", request, state, told=told, reason=reason)
    return folder


def detection(number, name, shift=0.0, data="ped2", kind="scores", threshold=None):
    class Named:
        def __init__(self, clip):
            self.name = clip

    rng, truths, clips = np.random.default_rng(number), [], []
    for clip in ("Test001", "Test002"):
        abnormal = np.zeros(120, bool)
        abnormal[60:] = True
        scores = rng.normal(shift, 1, 120).astype(np.float32) + 2 * abnormal
        clips.append(ClipScores(clip, scores, None if threshold is None else scores > threshold))
        truths.append((Named(clip), Truth(abnormal, None, f"ucsd-{data}/v1p2")))
    stored = ScoreFile(name, "scores from a file", data, threshold, 0, tuple(clips))
    request = {"kind": kind, "system": name, "data": data}
    result = evaluate_scores(stored, truths).as_json()
    return keep(number, request, result=result, curves=curves(stored, [t for _, t in truths], OWN))


def explanation(number=1, name=HOSTILE, predictions=EXAMPLES / "xman_predictions.csv", **request):
    result = measure_files(predictions, EXAMPLES / "xman_labels.json", names=(name, "labels.json"))
    asked = {"kind": "xman", "system": name, "labels": "labels.json"} | request
    return keep(number, asked, result=replace(result, camera=name).as_json())


def test_an_empty_page_says_what_it_is_for():
    at = show()
    assert "Nothing has been measured yet" in " ".join(c.value for c in at.caption)
    assert [t.label for t in at.tabs] == ["Detection on a data set", "Explanations: X-MAN's mAP"]
    assert "plaza" in at.selectbox("eval-data").options
    assert "Measurements kept" not in [one.value for one in at.subheader]


def test_detection_is_shown_beside_what_papers_print():
    detection(1, "first.csv")
    detection(2, HOSTILE)
    at = show()
    text = html(at)
    assert "<script>" not in text
    assert "0.892" in text and "szymanowicz2022discrete, table 2" in text
    assert len(at.get("plotly_chart")) == 4
    assert [b.label for b in at.get("download_button")] == ["CSV", "JSON", "LaTeX", "HTML"]
    at.selectbox("eval-clip").select("Test002")
    fine(at.run())


def test_events_of_a_system_with_a_threshold_are_shown_in_all_and_in_the_worst_clip():
    detection(1, "first.csv")
    detection(2, "second.csv", threshold=3.0)
    at = show()
    headed = [one.value for one in at.markdown if one.value.startswith("**Events at its own threshold")]
    assert len(headed) == 1 and "second" in headed[0]
    assert "events_found" in html(at) and "1.000 (2 of 2)" in html(at) and "worst clip" in html(at)


def test_explanations_are_shown_class_by_class():
    explanation()
    text = html(show())
    assert "0.801" in text and "object: bicycle" in text
    assert "<script>" not in text


def test_detection_and_explanations_can_be_looked_at_together():
    detection(1, "first.csv")
    explanation(2, "mine.csv")
    at = show()
    (compared,) = [m for m in at.multiselect if m.label == "Compared"]
    compared.set_value(sorted(path.name for path in (files.home() / "evaluations").iterdir()))
    text = html(fine(at.run()))
    assert "cannot be compared" in text and "0.801" in text
    assert len(at.get("plotly_chart")) == 6


def test_figures_of_other_data_are_not_compared_unasked():
    detection(1, "old.csv", data="ped1")
    detection(2, "new.csv")
    at = show()
    (compared,) = [m for m in at.multiselect if m.label == "Compared"]
    assert len(compared.value) == 1
    compared.select(compared.options[1])
    assert "cannot be compared" in html(fine(at.run()))


def test_what_failed_says_why_and_can_be_deleted():
    folder = keep(3, {"kind": "xman", "system": "a<b>.csv", "labels": "l"}, "failed", reason="it is <no> table")
    at = show()
    assert "it is &lt;no&gt; table" in html(at)
    at.button(f"delete-{folder.name}").click()
    fine(at.run())
    assert evaluations.evaluations() == []


def test_what_is_at_work_shows_how_far_it_is_and_can_be_cancelled():
    folder = keep(1, {"kind": "camera", "system": "tiny", "data": "plaza"}, "running",
                  told=[Progress(500, 2000, 9.0, "scoring", left=200.0, share=0.25)])  # fmt: skip
    at = show()
    assert "Scoring: 500 of 2,000 frames · 9.0 frames/s · about 3 min 15 s left" in html(at)
    assert json.dumps(at.get("progress")[0].proto.value) == "25"
    at.button(f"cancel-{folder.name}").click()
    assert fine(at.run()).button(f"cancel-{folder.name}").disabled and evaluations.get(folder.name).cancelling


def test_one_that_was_cancelled_says_so_and_can_go_on(monkeypatch):
    resumed = []
    monkeypatch.setattr(Queue, "submit", lambda self, job_id: resumed.append(job_id))
    folder = keep(1, {"kind": "xman", "system": "a.csv", "labels": "l"}, "cancelled")
    at = show()
    assert "submitted at 2026-11-22 12:00:01 UTC, was cancelled<" in html(at)
    at.button(f"resume-{folder.name}").click()
    fine(at.run())
    assert resumed == [folder.name]


def worst_of_a_camera(number):
    folder = detection(number, "ucsd-ped2", kind="camera")
    (folder / "worst-0.jpg").write_bytes(bytes(cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1]))


def test_curves_and_pictures_that_are_damaged_leave_the_figures_readable():
    worst_of_a_camera(4)
    worst_of_a_camera(5)
    kept = files.home() / "evaluations"
    (kept / "20261122-120004-000004" / "worst-0.jpg").write_bytes(b"no picture")
    (kept / "20261122-120005-000005" / "curves.json").write_text("[")
    assert "Curves.json of evaluation 20261122-120005-000005 cannot be used" in html(show())


def test_a_worst_frame_offers_a_run_and_then_opens_it(monkeypatch):
    worst_of_a_camera(4)
    asked = []
    monkeypatch.setattr(evaluated_run, "start", lambda request, clip: asked.append((request.system, clip)))
    at = show()
    (button,) = [b for b in at.button if b.label == "Analyse clip"]
    button.click()
    fine(at.run())
    assert asked and asked[0][0] == "ucsd-ped2" and asked[0][1].startswith("Test00")
    run = store.create(io.BytesIO(b"x"), f"ped2 {asked[0][1]}.mp4")
    JobStore().enqueue(run.id, made.ME, {"camera": "ucsd-ped2"})
    at = show()
    assert not [b for b in at.button if b.label == "Analyse clip"]
    (link,) = [one for one in at.get("page_link") if one.proto.label == "At work"]
    assert run.id in link.proto.query_string


def test_a_camera_with_several_scores_is_measured_by_those_that_are_chosen(monkeypatch, tiny_camera, latent_camera):
    asked = []
    monkeypatch.setattr(evaluations, "submit", lambda request, uploads: asked.append(request))
    at = show()
    at.multiselect("eval-cameras").select(tiny_camera.name)
    assert not [m for m in fine(at.run()).multiselect if m.label == "Scores"], "it has one alone"
    at.multiselect("eval-cameras").select(latent_camera.name)
    fine(at.run())
    at.multiselect("eval-by").select("z").select("p")
    at.multiselect("eval-worse").select("rain=heavy")
    at.button("eval-go").click()
    fine(at.run())
    assert sorted((one.name, one.distortion) for one in asked) == [
        ("latent, score p", ""), ("latent, score p", "rain=heavy"),
        ("latent, score z", ""), ("latent, score z", "rain=heavy"), ("tiny", ""), ("tiny", "rain=heavy"),
    ]  # fmt: skip


def test_a_camera_with_attributes_is_measured_by_all_joined_or_by_one_kind(monkeypatch, tiny_camera):
    alarms = AlarmCurve(1.0, (1.0, 2.0), (10.0, 1.0))
    known = {
        ATTRIBUTES: Channel(Equivalence((1.0, 2.0), (1.0, 2.0)), alarms),
        PIXELS: Channel(Equivalence((0.0, 1.0), (0.0, 1.0)), alarms),
    }
    save(replace(tiny_camera, channels=known))
    asked = []
    monkeypatch.setattr(evaluations, "submit", lambda request, uploads: asked.append(request))
    at = show()
    at.multiselect("eval-cameras").select(tiny_camera.name)
    fine(at.run())
    assert at.multiselect("eval-by").options == ["attributes", "joined", "pixels"]
    at.multiselect("eval-by").select("joined").select("pixels")
    at.button("eval-go").click()
    fine(at.run())
    assert sorted(one.by for one in asked) == ["joined", "pixels"]


def test_what_a_camera_was_measured_by_can_be_taken_along():
    folder, other = detection(1, "ucsd-ped2"), explanation(2, "street")
    (folder / "scores.npz").write_bytes(b"scores")
    (other / "predictions.csv").write_text("video,frame,coarse,fine,score\n")
    at = show()
    assert [b.label for b in at.get("download_button")][4:] == ["Predictions, street"]
    (compared,) = [m for m in at.multiselect if m.label == "Compared"]
    compared.set_value([folder.name])
    assert [b.label for b in fine(at.run()).get("download_button")][4:] == ["Scores, ucsd-ped2"]


def test_what_all_rows_share_is_said_once():
    detection(1, "first.csv")
    detection(2, "second.csv")
    at = show()
    assert "data ped2 · labels ucsd-ped2/v1p2 · protocol whycam" in unescaped(c.value for c in at.caption)


def test_anomalies_in_the_training_footage_get_a_curve(monkeypatch):
    rows = [{"system": "a", "share": share, "auc": 0.9 - share, "seed": 0, "protocol": "so many"} for share in (0, 0.1)]
    monkeypatch.setattr(contamination, "shipped_results", lambda data: rows if data == "ped2" else [])
    detection(1, "first.csv")
    at = show()
    assert len(at.get("plotly_chart")) == 5
    assert "so many" in " ".join(c.value for c in at.caption)
