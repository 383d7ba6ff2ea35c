import dataclasses
import io
import sqlite3
import string
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, StorageError
from core.progress import Progress
from pipeline import store

SCORING = Progress(4, 10, 2.0, "scoring", left=30.0, share=0.3)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "home"))


def clip(name="walk.mp4", content=b"not a film"):
    return store.create(io.BytesIO(content), name)


def test_a_clip_is_kept_as_a_draft_with_every_byte():
    content = bytes(range(256)) * 20_000
    run = clip(content=content)
    assert run.path.read_bytes() == content
    assert (run.state, run.clip, run.extension, run.camera) == ("draft", "walk.mp4", "mp4", None)
    assert store.get(run.id) == run
    assert store.runs() == []
    assert store.runs(("draft",)) == [run]


@given(st.text(max_size=300))
def test_no_name_reaches_a_path(text):
    run = clip(f"{text}.MP4")
    try:
        assert run.path.parent.parent == store.home() / "runs"
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
    assert list((store.home() / "runs").iterdir()) == []


@given(st.text(alphabet=string.printable, max_size=40))
def test_an_unknown_id_gets_a_sentence(run_id):
    with pytest.raises(InputError, match="there is no run"):
        store.get(run_id)


def test_the_life_of_a_run():
    run = clip()
    assert not store.begin(run.id)
    assert store.enqueue(run.id, "plaza", 1.5)
    assert not store.enqueue(run.id, "other")
    assert store.attach(run.id, 7, "then")
    assert not store.progress(run.id, SCORING)
    assert store.begin(run.id)
    assert not store.begin(run.id)
    assert store.progress(run.id, SCORING)
    running = store.get(run.id)
    assert (running.state, running.camera, running.threshold) == ("running", "plaza", 1.5)
    assert (running.stage, running.done, running.total, running.fps, running.unit) == ("scoring", 4, 10, 2.0, "frames")
    assert running.share == 0.3 and running.seconds_left == pytest.approx(30, abs=2)
    assert store.finish(run.id, 2, "bicycle", " in what could be read")
    done = store.get(run.id)
    assert (done.state, done.events, done.top_cause, done.reach) == ("done", 2, "bicycle", " in what could be read")
    assert not store.request_cancel(run.id)
    assert not store.enqueue(run.id)


def test_only_its_own_worker_ends_a_run():
    run = clip()
    store.enqueue(run.id, "plaza")
    store.attach(run.id, 7, "then")
    assert not store.end(run.id, "failed", "no", 8)
    assert not store.end(run.id, "failed", "no", None)
    assert store.end(run.id, "failed", "the clip has no pictures", 7)
    assert store.get(run.id).error == "the clip has no pictures"
    with pytest.raises(ValueError, match="'done'"):
        store.end(run.id, "done", None, 7)


def test_queued_again_a_run_forgets_how_it_ended():
    run = clip()
    store.enqueue(run.id, "plaza")
    store.attach(run.id, 7, "then")
    store.request_cancel(run.id)
    store.end(run.id, "cancelled", None, 7)
    assert store.enqueue(run.id)
    again = store.get(run.id)
    assert (again.state, again.camera, again.cancel, again.error, again.pid) == ("queued", "plaza", False, None, None)


def test_delete_takes_the_files_but_never_from_a_run_at_work():
    run = clip()
    store.enqueue(run.id, "plaza")
    with pytest.raises(InputError, match="still at work"):
        store.delete(run.id)
    assert run.path.exists()
    store.end(run.id, "cancelled", None, None)
    store.delete(run.id)
    assert not run.folder.exists()
    with pytest.raises(InputError, match="there is no run"):
        store.delete(run.id)


def test_newest_first():
    first, second = clip("a.mp4"), clip("b.mp4")
    store.enqueue(first.id, "plaza")
    store.enqueue(second.id, "plaza")
    assert [run.clip for run in store.runs()] == [
        r.clip for r in sorted((first, second), key=lambda r: (r.created, r.id))[::-1]
    ]


def test_old_drafts_go_away(monkeypatch):
    old = clip()
    monkeypatch.setattr(store, "DRAFT_SECONDS", -1.0)
    fresh = clip()
    assert [run.id for run in store.runs(("draft",))] == [fresh.id]
    assert not old.folder.exists()


def test_the_index_is_in_wal_mode_and_names_its_columns_as_the_record_does():
    clip()
    with sqlite3.connect(store.home() / "index.sqlite") as index:
        assert index.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        columns = [row[1] for row in index.execute("PRAGMA table_info(runs)")]
    index.close()
    assert sorted(columns) == sorted(f.name for f in dataclasses.fields(store.Run))


OLD = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, clip TEXT NOT NULL, extension TEXT NOT NULL, camera TEXT, threshold REAL,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER,
    fps REAL NOT NULL DEFAULT 0, error TEXT, created REAL NOT NULL, queued REAL, started REAL, finished REAL,
    pid INTEGER, pid_started TEXT, cancel INTEGER NOT NULL DEFAULT 0, events INTEGER, top_cause TEXT
);
INSERT INTO runs (id, clip, extension, state, created, fps)
VALUES ('20261122-101010-abcdef', 'a', 'mp4', 'done', 1, 9.5);
PRAGMA user_version = 1;
"""
"""What Whycam 0.1 made."""


def test_an_index_of_the_first_version_keeps_its_runs():
    store.home().mkdir(parents=True)
    with sqlite3.connect(store.home() / "index.sqlite") as index:
        index.executescript(OLD)
    index.close()
    threads = [threading.Thread(target=store.runs) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = store.runs()
    assert (kept.clip, kept.state, kept.fps, kept.unit, kept.seconds_left) == ("a", "done", 9.5, "frames", None)
    run = clip()
    assert store.enqueue(run.id, "plaza") and store.begin(run.id) and store.progress(run.id, SCORING)
    assert store.get(run.id).share == 0.3


def test_a_time_left_is_counted_down_and_never_gone_while_it_runs(monkeypatch):
    run = clip()
    store.enqueue(run.id, "plaza")
    store.begin(run.id)
    assert store.get(run.id).seconds_left is None
    store.progress(run.id, SCORING)
    told = store.get(run.id).told
    for passed, left in ((10.0, 20.0), (29.0, 7.25), (300.0, 75.0)):
        monkeypatch.setattr(store.time, "time", lambda now=told + passed: now)
        assert store.get(run.id).seconds_left == pytest.approx(left)


def test_a_run_that_starts_again_does_not_show_its_old_progress():
    run = clip()
    store.enqueue(run.id, "plaza")
    store.begin(run.id)
    store.progress(run.id, SCORING)
    store.end(run.id, "interrupted", "no", None)
    store.enqueue(run.id)
    again = store.get(run.id)
    assert (again.done, again.total, again.share, again.seconds_left, again.stage) == (0, None, None, None, "")


def test_a_broken_index_gets_a_sentence():
    store.home().mkdir(parents=True)
    (store.home() / "index.sqlite").write_bytes(b"this is no database, but long enough to look at" * 99)
    with pytest.raises(StorageError, match=r"index\.sqlite, cannot be used"):
        store.runs()


def work(count=3):
    for _ in range(count):
        run = clip()
        store.enqueue(run.id, "plaza")
        store.begin(run.id)
        for done in range(20):
            store.progress(run.id, Progress(done, 20, 1.0, "scoring"))


def test_several_processes_and_threads_at_once():
    command = [sys.executable, "-c", "from tests.pipeline.test_store import work; work()"]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    runs = store.runs()
    assert len(runs) == 15
    assert {(run.state, run.done) for run in runs} == {("running", 19)}


def test_only_one_of_many_begins_a_run():
    run = clip()
    store.enqueue(run.id, "plaza")
    won = []
    threads = [threading.Thread(target=lambda: won.append(store.begin(run.id))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 1
