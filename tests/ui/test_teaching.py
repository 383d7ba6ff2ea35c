import dataclasses
import os
import time

import pytest

from core import files
from core.normality import AlarmCurve
from jobs import processes
from pipeline import camera as cameras
from pipeline.training import lessons
from tests.ui import made
from tests.ui.test_pages import button, fine, html, labels, show


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")


def lesson(**state):
    folder = files.home() / "lessons" / "20261122-101010-abcdef"
    wish = {"camera": "yard", "clips": ["<b>.mp4"], "false_alarms": 6.0, "minutes": 3.0}
    files.write_json(folder / "request.json", wish)
    (folder / "clips").mkdir(exist_ok=True)
    me = {"pid": os.getpid(), "born": processes.identity(os.getpid())}
    files.write_json(folder / "worker.json", me | {key: state.pop(key) for key in me if key in state})
    lessons.tell(folder.name, **state)
    return folder.name


def test_a_camera_cannot_be_learnt_without_clips_and_a_name():
    at = show("cameras")
    assert "Learn a camera of your own" in [e.label for e in at.expander]
    assert button(at, "Learn this camera").disabled
    assert at.select_slider[0].value == 0.0 and at.number_input[0].value == 15


def test_what_stands_against_a_camera_is_said_in_the_form(monkeypatch):
    begun = []
    at = show("cameras")
    at.file_uploader[0].upload("a.mp4", b"a clip that the page never decodes", "video/mp4")
    at.text_input[0].set_value("yard")
    fine(at.run())
    button(at, "Learn this camera").click()
    with monkeypatch.context() as patch:
        patch.setattr(lessons, "start", lambda *wish: begun.append(wish))
        fine(at.run())
    ((name, clips, alarms, minutes),) = begun
    assert (name, [clip for clip, _ in clips], alarms, minutes) == ("yard", ["a.mp4"], None, 15.0)
    assert button(at, "Learn this camera").disabled and at.text_input[0].value == ""
    at.file_uploader[0].upload("a.mp4", b"a clip", "video/mp4")
    at.text_input[0].set_value("Two Words")
    fine(at.run())
    button(at, "Learn this camera").click()
    fine(at.run())
    assert "Camera name &#x27;Two Words&#x27; must be lower-case" in html(at)
    assert at.text_input[0].value == "Two Words" and lessons.lessons() == []


def test_a_lesson_at_work_shows_where_it_is_what_was_chosen_and_why_and_can_be_cancelled():
    told = {"step": "3: of 25 <frames> a second"}
    lesson_id = lesson(state="running", stage="learning: epoch 2 of 9, loss 0.1", share=0.25, left=90.0,
                       told=time.time(), chosen=told,
                       notes=["the footage is short"])  # fmt: skip
    at = show("cameras")
    progress = at.get("progress")[0].proto
    assert (progress.value, progress.text) == (25, "Learning: epoch 2 of 9, loss 0.1 · about 1 min 30 s left")
    assert "3: of 25 &lt;frames&gt; a second" in html(at) and "The footage is short" in html(at)
    button(at, "Cancel").click()
    fine(at.run())
    assert lessons.get(lesson_id).cancelling and button(at, "Cancel").disabled


@pytest.mark.parametrize(
    ("state", "offer", "anyway"),
    [
        ({"state": "failed", "error": "'<b>.mp4' is cut", "unfit": True}, "Learn anyway", True),
        ({"state": "failed", "error": "'<b>.mp4' is cut"}, "Try again", False),
        ({"state": "cancelled"}, "Resume", False),
        ({"state": "running", "pid": 1, "born": "another time"}, "Resume", False),
    ],
)
def test_a_lesson_that_stopped_says_why_and_goes_on(monkeypatch, state, offer, anyway):
    resumed = []
    monkeypatch.setattr(lessons, "resume", lambda lesson_id, anyway: resumed.append((lesson_id, anyway)))
    lesson_id = lesson(**state)
    at = show("cameras")
    assert ("&lt;b&gt;.mp4" in html(at)) == ("error" in state)
    button(at, offer).click()
    fine(at.run())
    assert resumed == [(lesson_id, anyway)]
    button(at, "Delete").click()
    fine(at.run())
    assert lessons.lessons() == []


def test_a_finished_lesson_says_that_the_camera_is_ready():
    lesson(state="done")
    at = show("cameras")
    assert "Camera yard is ready; it learnt from 1 clip, 6 false alarms an hour." in html(at)
    assert "Delete its clips" in labels(at) and "Resume" not in labels(at)


def test_the_knob_moves_a_cameras_threshold_without_measuring():
    curve = AlarmCurve(0.1, (1.0, 2.0, 3.0, 5.0), (50.0, 12.0, 5.0, 0.4))
    camera = dataclasses.replace(made.camera(), alarms=curve, card={"false_alarms": {"asked_per_hour": 6.0}})
    cameras.save(camera)
    at = show("cameras")
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
    assert [s.key for s in show("cameras").select_slider if (s.key or "").startswith("knob")] == []
