"""Runs as the pages keep them: a clip, a folder and a job."""

import io
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import files
from core.errors import InputError, StorageError
from jobs.store import JobStore
from pipeline import store
from tests.ui import made


def clip(name="walk.mp4", content=b"not a film"):
    return store.create(io.BytesIO(content), name)


def test_a_clip_is_kept_as_a_draft_with_every_byte():
    content = bytes(range(256)) * 20_000
    run = clip(content=content)
    assert run.path.read_bytes() == content
    assert (run.state, run.clip, run.path.name, run.camera) == ("draft", "walk.mp4", "clip.mp4", None)
    assert store.get(run.id) == run
    assert store.runs() == []
    assert store.runs(("draft",)) == [run]


@given(st.text(max_size=300))
def test_no_name_reaches_a_path(text):
    run = clip(f"{text}.MP4")
    try:
        assert run.path.parent.parent == files.home() / "runs"
        assert run.path.name == "clip.mp4"
        assert run.clip.isprintable()
        assert run.clip.endswith(".MP4")
    finally:
        store.delete(run.id)


@pytest.mark.parametrize("name", ['../../x"><script>.mp4', "'; DROP TABLE runs; --.mp4", "a\x00b\n.mp4"])
def test_hostile_names_are_only_text(name):
    run = clip(name)
    assert store.get(run.id).clip == "".join(c if c.isprintable() else "�" for c in name)


def test_a_name_that_is_no_video_is_refused_and_leaves_nothing():
    with pytest.raises(InputError, match=r"'notes\.txt' is no video file.*mp4"):
        clip("notes.txt")
    assert store.runs(store.STATES) == []


class Full(io.RawIOBase):
    def read(self, size=-1):
        raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_nothing():
    with pytest.raises(StorageError, match="disk is full"):
        store.create(Full(), "walk.mp4")
    assert store.runs(store.STATES) == []
    assert list((files.home() / "runs").iterdir()) == []


@given(st.text(alphabet=string.printable, max_size=40))
def test_an_unknown_id_gets_a_sentence(run_id):
    with pytest.raises(InputError, match="there is no run"):
        store.get(run_id)


def test_a_job_of_another_kind_is_no_run():
    job_id = made.queued().id
    JobStore().end(job_id, "failed", "", made.ME)
    assert store.get(job_id).state == "failed"
    other = "20261122-000000-abcdef"
    JobStore().create(type("Other", (store.Run,), {"KIND": "other"}), other, "x", f"others/{other}", {})
    with pytest.raises(InputError, match="there is no run"):
        store.get(other)
    assert [run.id for run in store.runs(store.STATES)] == [job_id]


def test_a_run_needs_a_camera():
    with pytest.raises(InputError, match="no camera"):
        store.start(clip().id)


def test_a_run_at_work_is_not_deleted_and_a_deleted_one_is_gone_with_its_files():
    run = made.queued()
    with pytest.raises(InputError, match="still at work"):
        store.delete(run.id)
    assert run.path.exists()
    JobStore().end(run.id, "cancelled", "", made.ME)
    store.delete(run.id)
    assert not run.folder.exists()
    with pytest.raises(InputError, match="there is no run"):
        store.get(run.id)


def test_old_drafts_go_away(monkeypatch):
    old = clip()
    monkeypatch.setattr(store, "DRAFT_SECONDS", -1.0)
    fresh = clip()
    assert [run.id for run in store.runs(("draft",))] == [fresh.id]
    assert not old.folder.exists()


def test_a_finished_run_has_its_summary():
    run = made.done()
    assert (run.clip, run.camera, run.threshold, run.path.name) == (made.NAME, "plaza", None, "clip.mp4")
    assert (run.state, run.events, run.top_cause, run.reach) == ("done", 2, "bicycle", "")
