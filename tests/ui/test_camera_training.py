import dataclasses

import pytest

from core import files
from core.normality import AlarmCurve
from core.progress import Progress
from pipeline import camera as cameras
from pipeline.training import trainings
from pipeline.training.trainings import TrainingJob
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import button, fine, html, labels, show


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")


def training(state, *told, **more):
    job_id = "20261122-101010-abcdef"
    (files.home() / "trainings" / job_id / "clips").mkdir(parents=True)
    request = {"camera": "yard", "clips": ["<b>.mp4"], "false_alarms": 6.0, "minutes": 3.0}
    inline.keep(TrainingJob, job_id, "yard", f"trainings/{job_id}", request, state, told=told, subject="yard", **more)
    return job_id


def test_a_camera_cannot_be_learnt_without_clips_and_a_name():
    at = show("cameras")
    assert "Train a camera" in [e.label for e in at.expander]
    assert button(at, "Train this camera").disabled
    assert at.select_slider[0].value == 0.0 and at.number_input[0].value == 15


def test_what_stands_against_a_camera_is_said_in_the_form(monkeypatch):
    begun = []
    at = show("cameras")
    at.file_uploader[0].upload("a.mp4", b"a clip that the page never decodes", "video/mp4")
    at.text_input[0].set_value("yard")
    fine(at.run())
    button(at, "Train this camera").click()
    with monkeypatch.context() as patch:
        patch.setattr(trainings, "submit", lambda *wish: begun.append(wish))
        fine(at.run())
    ((name, clips, alarms, minutes),) = begun
    assert (name, [clip for clip, _ in clips], alarms, minutes) == ("yard", ["a.mp4"], None, 15.0)
    assert button(at, "Train this camera").disabled and at.text_input[0].value == ""
    at.file_uploader[0].upload("a.mp4", b"a clip", "video/mp4")
    at.text_input[0].set_value("Two Words")
    fine(at.run())
    button(at, "Train this camera").click()
    fine(at.run())
    assert "Camera name &#x27;Two Words&#x27; must be lower-case" in html(at)
    assert at.text_input[0].value == "Two Words" and trainings.trainings() == []
    assert [clip.name for clip in at.file_uploader[0].value] == ["a.mp4"], "a form that fails keeps its files"


def test_a_training_at_work_shows_where_it_is_what_was_chosen_and_why_and_can_be_cancelled():
    summary = {"chosen": {"step": "3: of 25 <frames> a second"}, "notes": ["the footage is short"]}
    told = Progress(30, 90, 0.0, "learning", "windows", left=90.0, share=0.25)
    job_id = training("running", told, "Learning: epoch 2 of 9, loss 0.1", summary=summary)
    at = show("cameras")
    progress = at.get("progress")[0].proto
    assert (progress.value, progress.text) == (25, "Learning: epoch 2 of 9, loss 0.1 · about 1 min 30 s left")
    assert "3: of 25 &lt;frames&gt; a second" in html(at) and "The footage is short" in html(at)
    button(at, "Cancel").click()
    fine(at.run())
    assert trainings.get(job_id).cancelling and button(at, "Cancel").disabled


@pytest.mark.parametrize(
    ("state", "offer", "anyway"),
    [
        ({"state": "failed", "reason": "'<b>.mp4' is cut", "summary": {"unfit": True}}, "Train anyway", True),
        ({"state": "failed", "reason": "'<b>.mp4' is cut"}, "Try again", False),
        ({"state": "cancelled"}, "Resume", False),
        ({"state": "interrupted", "reason": "its worker ended"}, "Resume", False),
    ],
)
def test_a_training_that_stopped_says_why_and_goes_on(monkeypatch, state, offer, anyway):
    resumed = []
    monkeypatch.setattr(trainings, "resume", lambda job_id, anyway: resumed.append((job_id, anyway)))
    job_id = training(**state)
    at = show("cameras")
    assert ("&lt;b&gt;.mp4" in html(at)) == (state["state"] == "failed")
    button(at, offer).click()
    fine(at.run())
    assert resumed == [(job_id, anyway)]
    button(at, "Delete").click()
    fine(at.run())
    assert trainings.trainings() == []


def test_a_finished_training_says_that_the_camera_is_ready():
    training("done")
    at = show("cameras")
    assert "Camera yard is ready; it was trained on 1 clip, 6 false alarms an hour." in html(at)
    assert "Delete its clips" in labels(at) and "Resume" not in labels(at)


def test_the_knob_moves_a_cameras_threshold_without_measuring():
    curve = AlarmCurve(0.1, (1.0, 2.0, 3.0, 5.0), (50.0, 12.0, 5.0, 0.4))
    camera = dataclasses.replace(made.camera(), alarms=curve, card={"false_alarms": {"asked_per_hour": 6.0}})
    cameras.save(camera)
    at = show("cameras", camera="street")
    (knob,) = [s for s in at.select_slider if s.key == "knob-street"]
    said = "Threshold 2.00: about 12 an hour expected, 6 asked for: from 6 min of normal footage, so 0.5 to 59 an hour"
    assert knob.value == 6.0 and said in " ".join(c.value for c in at.caption)
    knob.set_value(1.0)
    fine(at.run())
    kept = cameras.load("street")
    assert (kept.threshold, kept.card["false_alarms"]["asked_per_hour"]) == (5.0, 1.0)
    assert "Threshold 5.00" in " ".join(c.value for c in at.caption)


def test_a_camera_without_a_curve_has_no_knob():
    made.camera()
    assert [s.key for s in show("cameras", camera="street").select_slider if (s.key or "").startswith("knob")] == []
