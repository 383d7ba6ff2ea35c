"""Cameras made by workers of their own: whatever happens to page or worker, what is done is kept and said."""

import io
import json
import sys
import time
from pathlib import Path

import pytest

from core.errors import InputError
from pipeline.training import lessons

HOSTILE = '../../x"><script>alert(1)</script>.mp4'


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(lessons, "WORKER", (sys.executable, str(Path(__file__).with_name("fake_teacher.py"))))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def begun(order="", name="yard", clips=("a.mp4",), **wish):
    streams = [(clip, io.BytesIO(order.encode())) for clip in clips]
    return lessons.start(name, streams, **{"false_alarms": 6.0, "minutes": 3.0, **wish})


def until(lesson, *states, seconds=90):
    end = time.monotonic() + seconds
    while (now := lessons.get(lesson.id)).state not in states:
        assert time.monotonic() < end, now
        time.sleep(0.05)
    return now


def test_a_lesson_goes_its_way_and_says_so(whycam_home):
    lesson = until(begun(clips=(HOSTILE, "b.MKV")), "done", "failed")
    assert (lesson.state, lesson.error, lesson.clips) == ("done", None, (HOSTILE, "b.MKV"))
    assert [path.name for path in lesson.paths] == ["0000.mp4", "0001.mkv"]
    assert lesson.chosen == {"step": "3: of 25 frames a second about 8 are looked at"}
    assert lesson.notes == ("the footage is short",)
    assert (whycam_home / "cameras" / "yard" / "camera.json").exists()
    lessons.delete(lesson.id)
    assert lessons.lessons() == [] and (whycam_home / "cameras" / "yard" / "camera.json").exists()


def test_unfit_footage_is_said_and_taken_anyway_when_asked():
    lesson = until(begun("pan"), "done", "failed")
    assert (lesson.state, lesson.unfit, lesson.error) == ("failed", True, "'a.mp4' is not from a fixed camera")
    lesson = until(lessons.resume(lesson.id, anyway=True), "done", "failed")
    assert (lesson.state, lesson.anyway, lesson.error) == ("done", True, None)


def test_a_killed_worker_is_noticed_and_the_lesson_goes_on_where_it_was(whycam_home):
    lesson = until(begun("die once"), "interrupted", "done")
    assert lesson.state == "interrupted" and "ended without a word" in lesson.error
    until(lessons.resume(lesson.id), "done")
    assert (whycam_home / "cameras" / "yard" / "camera.json").read_text() == "begun at 2"


def test_a_lesson_can_be_cancelled_and_deleted_with_what_it_left(whycam_home):
    lesson = until(begun("slow"), "running")
    with pytest.raises(InputError, match="is still being made; cancel it"):
        lessons.delete(lesson.id)
    with pytest.raises(InputError, match="is running; only one that stopped goes on"):
        lessons.resume(lesson.id)
    with pytest.raises(InputError, match="there is a camera 'yard' already"):
        begun()
    lessons.cancel(lesson.id)
    assert until(lesson, "cancelled", "done").state == "cancelled"
    lessons.delete(lesson.id)
    assert not (whycam_home / "cameras" / "yard").exists()


def test_what_is_said_of_clips_names_them_as_their_owner_does():
    lesson = until(begun("torn", clips=("monday.mp4", "tuesday.mkv")), "failed", "done")
    assert lesson.error == "'monday.mp4' is not a video that can be read"
    assert lesson.notes == ("'tuesday.mkv' is cut: only its first 3 s could be read",)


def test_our_own_failure_names_its_log():
    lesson = until(begun("bug"), "failed")
    assert "Whycam itself failed on this footage (RuntimeError); see " in lesson.error
    assert "a bug" in (lesson.folder / "worker.log").read_text()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"name": "Two Words"}, "camera name 'Two Words'"),
        ({"name": "../up"}, "camera name '../up'"),
        ({"name": "plaza"}, "there is a camera 'plaza' already"),
        ({"clips": ()}, "choose at least one clip"),
        ({"clips": ("a.mp4", "notes.txt")}, "'notes.txt' is no video file by its name"),
        ({"false_alarms": 0}, "false alarms an hour must be"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(whycam_home, wish, said):
    with pytest.raises(InputError, match=said):
        begun(**wish)
    assert list((whycam_home / "lessons").glob("*")) == []


@pytest.mark.parametrize("lesson_id", ["", "../../etc", "20261122-000000-abcdef"])
def test_an_unknown_lesson_is_one_sentence(lesson_id):
    with pytest.raises(InputError, match="there is no lesson"):
        lessons.get(lesson_id)


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"state": "done", "colour": "red"})])
def test_a_damaged_lesson_hides_no_other(content):
    good, bad = until(begun(), "done"), until(begun(name="other"), "done")
    (bad.folder / "state.json").write_text(content)
    with pytest.raises(InputError, match="is damaged"):
        lessons.get(bad.id)
    assert [lesson.id for lesson in lessons.lessons()] == [good.id]
