"""The page of explanations, on maps made by hand; nothing is computed here but by the worker's own test."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import files
from core.errors import InputError
from explain.report.maps import png
from pipeline.analyse import explain_events
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import reasons
from pipeline.explaining import worker as reasons_worker
from pipeline.scoring import EVIDENCE
from tests import clips
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
    folder = files.folder(reasons.place(run, frame))
    values = np.zeros((180, 320), np.float32)
    values[90:120, 100:130] = 1.0
    methods = {
        "residual": figures(),
        "lime": figures(deletion_auc=0.3, sanity=0.8, sane=False, note='Beware of <b> & "these".'),
    }
    for name in methods:
        np.save(folder / f"{name}.npy", values)
    (folder / "frame.png").write_bytes(png(np.full((180, 320, 3), 90, np.uint8)))
    files.write_json(folder / "explain.json", {"methods": methods, "frame": frame, "score": 0.83, "threshold": 0.4,
                                              "score_db": 7.1, "threshold_db": 2.0})  # fmt: skip
    files.write_json(folder / "counterfactual.json", {"sentence": "Without the bicycle <i> the score falls."})
    return folder


def test_methods_are_chosen_with_their_cost_beforehand(monkeypatch):
    run = made.done()
    asked = []
    monkeypatch.setattr(reasons, "start", lambda *given: asked.append(given))
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
    assert reasons.explained(run) == [FRAME]


def test_the_report_has_the_explanations_in_it():
    run = made.done()
    explained(run)
    from explain import report

    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder,
                 run.folder / reasons.FOLDER)  # fmt: skip
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Why these scores" in page and "Fails its sanity check" in page and "Beware of &lt;b&gt;" in page
    assert "Without the bicycle &lt;i&gt;" in page and page.count('<figure><img alt="Map of') == 2
    (reasons.place(run, FRAME) / "lime.npy").write_bytes(b"no array")
    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder,
                 run.folder / reasons.FOLDER)  # fmt: skip
    assert "Why these scores" not in (run.folder / "report.html").read_text(encoding="utf-8")


def test_progress_and_what_went_wrong_are_said():
    run = made.done()
    folder = files.folder(reasons.place(run, FRAME))
    reasons.say(folder, state="failed", error="'x <b>' is too short")
    assert "&#x27;x &lt;b&gt;&#x27; is too short" in html(show(run, at=str(FRAME)))
    reasons.say(folder, state="running", since=0.0, error="")
    assert reasons.state(run, FRAME).state == "interrupted"
    reasons.remove(run, FRAME)
    assert reasons.state(run, FRAME).state == "none" and reasons.explained(run) == []


def test_a_request_that_makes_no_sense_is_refused():
    run = made.done()
    for wanted in (reasons.Wanted("lim", 64, False, 2.0), reasons.Wanted("lime", 0, False, 2.0)):
        with pytest.raises(InputError):
            reasons.start(run, FRAME, wanted)
    assert reasons.explained(run) == []


@pytest.fixture
def tiny_run(tiny_camera, tmp_path):
    return made.filmed(clips.make(tmp_path / "walk.mp4", clips.pictures(30), rate=10), "tiny")


def test_the_worker_explains_and_keeps_what_it_found(tiny_run):
    folder = files.folder(reasons.place(tiny_run, 12))
    files.write_json(folder / reasons.REQUEST, {"methods": "residual,lrp-composite", "evaluations": 8, "event": False,
                                                "threshold": 2.0})  # fmt: skip
    assert reasons_worker.work(tiny_run.id, 12) == 0
    assert reasons.state(tiny_run, 12).state == "done"
    assert set(reasons.result(tiny_run, 12)["methods"]) == {"residual", "lrp-composite"}
    assert "Why these scores" in (tiny_run.folder / "report.html").read_text(encoding="utf-8")
    (folder / reasons.CANCEL).touch()
    assert reasons_worker.work(tiny_run.id, 12) == 0
    assert reasons.state(tiny_run, 12).state == "cancelled"


def test_the_worker_says_why_it_cannot(tiny_run):
    folder = files.folder(reasons.place(tiny_run, 400))
    files.write_json(folder / reasons.REQUEST, {"methods": "residual", "evaluations": 8, "event": False,
                                                "threshold": 2.0})  # fmt: skip
    assert reasons_worker.work(tiny_run.id, 400) == 2
    found = reasons.state(tiny_run, 400)
    assert (
        found.state == "failed"
        and "fewer frames than when it was analysed" in found.error
        and tiny_run.clip in found.error
    )
