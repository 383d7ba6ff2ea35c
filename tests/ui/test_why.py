"""The page of explanations, on maps made by hand; nothing is computed here but by the worker's own test."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import files
from core.errors import InputError
from core.progress import Progress
from explain.report.maps import png
from jobs.store import JobStore, new_id
from pipeline import store
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import explanations
from pipeline.explaining.explanations import Explanation, ExplanationRequest
from pipeline.finished_run import explain_events
from pipeline.kinds import queue
from pipeline.scoring import EVIDENCE
from tests import clips
from tests.jobs import inline
from tests.ui import made

ROOT = Path(__file__).resolve().parents[2]
FRAME = 150


def show(run, **query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params["run"] = run.id
    for key, value in query.items():
        at.query_params[key] = value
    at.switch_page("pages/5_Why.py")
    at.run()
    assert not at.exception, at.exception
    return at


def html(at):
    return "\n".join(element.proto.body for element in at.get("html"))


def figures(**differs):
    told = {"seconds": 1.0, "evaluations": 64, "deletion_auc": 0.1, "insertion_auc": 0.9, "sanity": 0.1, "sane": True,
            "stability": 0.9, "agreement": 0.5, "note": "", "frames": [0.0, 1.0]}  # fmt: skip
    return told | differs


def explained(run, frame=FRAME):
    folder = files.folder(explanations.place(run, frame))
    values = np.zeros((180, 320), np.float32)
    values[90:120, 100:130] = 1.0
    methods = {
        "residual": figures(),
        "lime": figures(deletion_auc=0.3, sanity=0.8, sane=False, note='Beware of <b> & "these".'),
    }
    for name in methods:
        np.save(folder / f"{name}.npy", values)
    (folder / "frame.png").write_bytes(png(np.full((180, 320, 3), 90, np.uint8)))
    files.write_json(folder / "explain.json", {"methods": methods, "frame": frame, "window": [frame - 5, frame],
                                              "clip": "walk.mp4", "camera": "plaza", "detector": "vqunet-prediction",
                                              "score": 0.83, "threshold": 0.4,
                                              "score_db": 7.1, "threshold_db": 2.0})  # fmt: skip
    files.write_json(folder / "counterfactual.json", {
        "before": 0.83, "after": 0.3, "threshold": 0.4, "before_db": 7.1, "after_db": 1.0, "threshold_db": 2.0,
        "suffices": True, "parts": [], "sentence": "Without the bicycle <i> the score falls.", "frames": [0, 1],
    })  # fmt: skip
    return folder


def keep(run, state, **more):
    """Keep a request of the frame in a state."""
    request = {"methods": "residual,lime", "evaluations": 64, "event": False, "threshold": 2.0}
    inline.keep(Explanation, new_id(), f"{run.clip}, frame {FRAME}", f"{run.directory}/why/{FRAME:08d}", request, state,
                subject=f"{run.id}/{FRAME}", **more)  # fmt: skip


def test_methods_are_chosen_with_their_cost_beforehand(monkeypatch):
    run = made.done()
    asked = []
    monkeypatch.setattr(explanations, "submit", lambda *given: asked.append(given))
    at = show(run, at=str(FRAME))
    boxes = [box for box in at.checkbox if "about" in box.label]
    assert len(boxes) == 12 and {box.label.split(" ")[0] for box in boxes if box.value} == set(
        __import__("ui.why").why.USUAL
    )
    go = next(button for button in at.button if button.label.startswith("Explain"))
    assert "about" in go.label
    go.click().run()
    (_, frame, wanted) = asked[0]
    assert frame == FRAME and "lrp-composite" in wanted.methods and wanted.event and wanted.evaluations == 320


def test_a_run_whose_camera_is_gone_says_so_and_keeps_what_was_explained(monkeypatch):
    run = made.done()
    explained(run)
    monkeypatch.setattr("pipeline.camera.cameras", dict)
    at = show(run, at=str(FRAME))
    assert "Unknown camera" in html(at)
    assert not [button for button in at.button if button.label.startswith("Explain")]
    run.original.rename(run.blurred)
    assert "blurred pixels alone are kept" in html(at.run())


def test_maps_stand_side_by_side_ranked_with_their_figures():
    run = made.done()
    explained(run)
    at = show(run, at=str(FRAME))
    text = html(at)
    assert text.index("<th>residual</th>") < text.index("<th>lime</th>")
    assert (
        "<b>failed</b>&nbsp;(0.80)" in text
        and "do not rely on it. Beware of &lt;b&gt; &amp; &quot;these&quot;." in text
    )
    assert "Without the bicycle &lt;i&gt; the score falls." in text
    assert any("score 7.10 dB, threshold 2.00 dB; residual error 0.83, threshold 0.40" in t.value for t in at.subheader)
    assert explanations.explained(run) == [FRAME]


@pytest.mark.parametrize(("name", "said"), [
    ("explain.json", "The explanation of frame 00000150 cannot be used"),
    ("counterfactual.json", "The counterfactual of frame 00000150 cannot be used"),
])  # fmt: skip
def test_an_explanation_that_is_damaged_can_be_asked_for_again(name, said):
    run = made.done()
    (explained(run) / name).write_text("{")
    at = show(run, at=str(FRAME))
    assert said in html(at) and "ask for it again" in html(at)


def test_a_frame_that_the_clip_does_not_have_is_not_offered():
    run = made.done()
    explained(run, 4000)
    at = show(run, at="9" * 5000)
    assert not any("4,000" in option for option in at.selectbox(key="why-known").options)


def test_the_report_has_the_explanations_in_it():
    run = made.done()
    explained(run)
    from explain import report

    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder,
                 run.folder / explanations.FOLDER)  # fmt: skip
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Why these scores" in page and "Fails its sanity check" in page and "Beware of &lt;b&gt;" in page
    assert "Without the bicycle &lt;i&gt;" in page and page.count('<figure><img alt="Map of') == 2
    (explanations.place(run, FRAME) / "lime.npy").write_bytes(b"no array")
    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder,
                 run.folder / explanations.FOLDER)  # fmt: skip
    assert "Why these scores" not in (run.folder / "report.html").read_text(encoding="utf-8")


def test_progress_and_what_went_wrong_are_said():
    run = made.done()
    keep(run, "failed", reason="'x <b>' is too short")
    assert "&#x27;x &lt;b&gt;&#x27; is too short" in html(show(run, at=str(FRAME)))
    keep(run, "queued")
    waits, at = queue().line()[0].id, show(run, at=str(FRAME))
    assert at.get("progress")[0].proto.text.startswith("Waiting: no job before it")
    JobStore().begin(waits)
    JobStore().report(waits, Progress(3, 9, 0.0, "lime", "evaluations", left=4210.0, share=0.3))
    at = show(run, at=str(FRAME))
    assert at.get("progress")[0].proto.text == "Lime: 3 of 9 evaluations · about 1 h 10 min left"
    assert explanations.find(run, FRAME).finished == 1
    at.button(f"cancel-{waits}").click()
    assert not at.run().exception and JobStore().get(waits, Explanation).cancelling
    JobStore().end(waits, "cancelled", "", inline.ME)
    assert "It was cancelled; the maps that were finished are kept" in html(show(run, at=str(FRAME)))
    store.delete(run.id)
    assert explanations.find(run, FRAME) is None


def test_what_version_0_1_kept_with_a_run_is_taken_over():
    run = made.done()
    folder = explained(run)
    files.write_json(folder / "request.json", {"methods": "lime", "evaluations": 8, "event": False, "threshold": 2.0})
    files.write_json(folder / "state.json", {"state": "failed", "done": 0, "told": None, "error": "it broke"})
    found = explanations.find(run, FRAME)
    assert (found.state, found.reason, found.frame, found.run_id) == ("failed", "it broke", FRAME, run.id)
    assert found.request == ExplanationRequest("lime", 8, False, 2.0) and found.folder == folder
    assert explanations.find(run, FRAME) == found and set(explanations.result(run, FRAME).methods) == {
        "residual",
        "lime",
    }


def test_a_request_that_makes_no_sense_is_refused():
    run = made.done()
    for request in (ExplanationRequest("lim", 64, False, 2.0), ExplanationRequest("lime", 0, False, 2.0)):
        with pytest.raises(InputError):
            explanations.submit(run, FRAME, request)
    keep(run, "queued")
    with pytest.raises(InputError, match="frame 150 is being explained already"):
        explanations.submit(run, FRAME, ExplanationRequest("lime", 64, False, 2.0))
    assert explanations.explained(run) == []


@pytest.fixture
def tiny_run(tiny_camera, tmp_path):
    return made.filmed(clips.make(tmp_path / "walk.mp4", clips.pictures(30), rate=10), "tiny")


def test_the_worker_explains_and_keeps_what_it_found(tiny_run, monkeypatch):
    inline.no_processes(monkeypatch)
    first = explanations.submit(tiny_run, 12, ExplanationRequest("residual,lrp-composite", 8, False, 2.0))
    assert inline.work(first.id) == 0, explanations.find(tiny_run, 12).reason
    assert explanations.find(tiny_run, 12).state == "done"
    assert set(explanations.result(tiny_run, 12).methods) == {"residual", "lrp-composite"}
    assert "Why these scores" in (tiny_run.folder / "report.html").read_text(encoding="utf-8")
    again = explanations.submit(tiny_run, 12, ExplanationRequest("lime", 8, False, 2.0))
    JobStore().request_cancel(again.id)
    assert inline.work(again.id) == 0
    assert explanations.find(tiny_run, 12).state == "cancelled" and again.id != first.id


def test_the_worker_says_why_it_cannot(tiny_run, monkeypatch):
    inline.no_processes(monkeypatch)
    assert inline.work(explanations.submit(tiny_run, 400, ExplanationRequest("residual", 8, False, 2.0)).id) == 2
    found = explanations.find(tiny_run, 400)
    assert (
        found.state == "failed"
        and "fewer frames than when it was analysed" in found.reason
        and tiny_run.clip in found.reason
    )
