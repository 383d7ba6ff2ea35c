"""The table of jobs, and the index of version 0.1 that becomes one."""

import dataclasses
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import files
from core.errors import InputError, StorageError
from core.progress import Progress
from jobs import processes
from jobs.job import STATES, Job
from jobs.store import JobStore, new_id
from pipeline import store as runs

COUNTING = Progress(4, 10, 2.0, "counting", left=30.0, share=0.3)
ROOT = Path(__file__).resolve().parents[2]


class Made(Job):
    KIND = "made"
    NOUN = "made thing"


def draft(store, **parameters):
    job_id = new_id()
    assert store.create(Made, job_id, "a title", f"made/{job_id}", parameters)
    return job_id


def queued(store):
    job_id = draft(store)
    assert store.enqueue(job_id, "me", {})
    return job_id


def test_the_life_of_a_job():
    store = JobStore()
    job_id = draft(store, camera="plaza", threshold=1.5)
    assert not store.create(Made, job_id, "again", "made/again", {})
    assert not store.begin(job_id) and not store.publish(job_id, {"a": 1})
    assert store.enqueue(job_id, "me", {"camera": "street"})
    assert not store.enqueue(job_id, "other", {})
    assert not store.report(job_id, COUNTING)
    assert store.begin(job_id) and not store.begin(job_id)
    assert store.report(job_id, COUNTING) and store.publish(job_id, {"a": 1, "b": [1, 2]})
    job = store.get(job_id, Made)
    assert (job.state, job.title, job.folder) == ("running", "a title", files.home() / "made" / job_id)
    assert (job.parameters, job.summary) == ({"camera": "street", "threshold": 1.5}, {"a": 1, "b": [1, 2]})
    assert (job.stage, job.share, job.progress) == ("Counting: 4 of 10 frames", 0.3, COUNTING)
    assert job.seconds_left == pytest.approx(30, abs=2)
    assert store.publish(job_id, {"a": None, "b": [3]}) and store.finish(job_id)
    job = store.get(job_id, Made)
    assert (job.state, job.summary, job.attempts) == ("done", {"b": [3]}, 1)
    assert not store.request_cancel(job_id) and not store.enqueue(job_id, "me", {})
    assert store.delete(job_id) and not store.delete(job_id)


@pytest.mark.parametrize("job_id", ["", "../../etc", "\udcff", "20261122-000000-abcdef"])
def test_an_unknown_job_is_one_sentence(job_id):
    with pytest.raises(InputError, match="there is no made thing"):
        JobStore().get(job_id, Made)


def test_only_its_own_worker_ends_a_job():
    store = JobStore()
    job_id = queued(store)
    assert not store.end(job_id, "failed", "no", "other") and not store.end(job_id, "failed", "no", None)
    assert store.end(job_id, "failed", "the clip has no pictures", "me")
    assert store.get(job_id, Job).reason == "the clip has no pictures"
    with pytest.raises(ValueError, match="'done'"):
        store.end(job_id, "done", "", "me")


def test_queued_again_a_job_forgets_how_it_ended_and_how_far_it_was():
    store = JobStore()
    job_id = queued(store)
    store.begin(job_id)
    store.report(job_id, COUNTING)
    store.request_cancel(job_id)
    store.end(job_id, "cancelled", "no", "me")
    assert store.enqueue(job_id, "another", {})
    job = store.get(job_id, Job)
    assert (job.state, job.reason, job.process, job.attempts) == ("queued", "", "another", 2)
    assert (job.cancelling, job.stage, job.told, job.share, job.seconds_left, job.ended) == (
        False, "", None, None, None, None,
    )  # fmt: skip


def test_a_time_left_is_counted_down_and_never_gone_while_it_runs(monkeypatch):
    store = JobStore()
    job_id = queued(store)
    store.begin(job_id)
    store.report(job_id, COUNTING)
    told = store.get(job_id, Job).told.at
    for passed, left in ((10.0, 20.0), (29.0, 7.25), (300.0, 75.0), (-86400.0, 30.0)):
        monkeypatch.setattr("core._progress.time.time", lambda now=told + passed: now)
        assert store.get(job_id, Job).seconds_left == pytest.approx(left)


def test_the_columns_are_those_of_the_record_and_the_file_is_in_wal_mode():
    draft(JobStore())
    with sqlite3.connect(files.home() / "index.sqlite") as index:
        assert index.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        columns = {row[1] for row in index.execute("PRAGMA table_info(jobs)")}
    index.close()
    record = {field.name for field in dataclasses.fields(Job)} - {"told"} | {"progress"}
    assert columns == record | {"number", "position"}


def work(count=3):
    store = JobStore()
    for _ in range(count):
        job_id = queued(store)
        store.begin(job_id)
        for done in range(20):
            store.report(job_id, Progress(done, 20, 1.0, "counting"))


def test_several_processes_and_threads_at_once():
    command = [sys.executable, "-c", "from tests.jobs.test_store import work; work()"]
    others = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, (3, 3))) == [None, None]
    assert [process.communicate()[1] for process in others] == ["", ""]
    assert [(job.state, job.progress.done) for job in JobStore().find(Made)] == [("running", 19)] * 12


def test_only_one_of_many_begins_a_job():
    store = JobStore()
    job_id = queued(store)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: store.begin(job_id), range(8))) == 1


FIRST = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, clip TEXT NOT NULL, extension TEXT NOT NULL, camera TEXT, threshold REAL,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER,
    fps REAL NOT NULL DEFAULT 0, error TEXT, created REAL NOT NULL, queued REAL, started REAL, finished REAL,
    pid INTEGER, pid_started TEXT, cancel INTEGER NOT NULL DEFAULT 0, events INTEGER, top_cause TEXT
);
CREATE INDEX runs_by_age ON runs (created);
PRAGMA user_version = 1;
"""
ADDED = """top_cause TEXT,
    unit TEXT NOT NULL DEFAULT 'frames', remaining REAL, share REAL, told REAL,
    reach TEXT NOT NULL DEFAULT ''
"""
SECOND = FIRST.replace("top_cause TEXT\n", ADDED).replace("user_version = 1", "user_version = 2")
"""What versions 0.1 made, as they made it."""


def index_of_0_1(schema, *rows):
    files.folder(files.home())
    with sqlite3.connect(files.home() / "index.sqlite", isolation_level=None) as index:
        index.execute("PRAGMA journal_mode = WAL")
        index.executescript(schema)
        for row in rows:
            names = ", ".join(row)
            index.execute(f"INSERT INTO runs ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    index.close()


def row(number, state, **more):
    return {"id": f"20261122-10101{number}-abcdef", "clip": f"{number}.mp4", "extension": "mp4", "camera": "plaza",
            "state": state, "created": 100.0 + number, "queued": 200.0 + number, "started": 300.0} | more  # fmt: skip


@pytest.mark.parametrize("schema", [FIRST, SECOND])
def test_an_index_of_version_0_1_keeps_its_runs(schema):
    reach = {} if schema is FIRST else {"reach": " in what could be read"}
    index_of_0_1(
        schema,
        row(2, "done", threshold=2.5, finished=400.0, events=3, top_cause="bicycle", **reach),
        row(1, "failed", error="the clip has no pictures", finished=350.0),
        row(3, "draft", camera=None, queued=None, started=None),
        row(4, "running", pid=1, pid_started="5"), row(5, "queued", started=None), row(6, "cancelled", cancel=1),
    )  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: runs.runs(), range(8)))) == 8
    found = runs.runs(STATES)
    assert [(run.clip, run.state) for run in found] == [
        ("6.mp4", "cancelled"), ("5.mp4", "interrupted"), ("4.mp4", "interrupted"), ("3.mp4", "draft"),
        ("2.mp4", "done"), ("1.mp4", "failed"),
    ]  # fmt: skip
    done, failed = found[4:]
    assert done.folder == files.home() / "runs" / done.id and done.path.name == "clip.mp4"
    assert (done.camera, done.threshold, done.events, done.top_cause) == ("plaza", 2.5, 3, "bicycle")
    assert done.reach == reach.get("reach", "")
    assert (done.created, done.queued, done.started, done.ended) == (102.0, 202.0, 300.0, 400.0)
    assert failed.reason == "the clip has no pictures"
    assert found[1].reason == "Whycam was updated meanwhile; resume it to go on" and found[3].camera is None
    assert JobStore().enqueue(found[2].id, "me", {}), "it can be resumed"


def test_a_worker_of_version_0_1_ends_when_its_index_is_taken_over():
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    ticks = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[19]
    index_of_0_1(SECOND, row(1, "running", pid=worker.pid, pid_started=ticks),
                 row(2, "running", pid=os.getpid(), pid_started=str(int(ticks) - 100)))  # fmt: skip
    assert len(JobStore().find(runs.Run, ("interrupted",))) == 2
    assert not processes.identity(worker.pid)
    worker.wait()


def test_an_index_of_a_later_version_is_left_alone():
    index_of_0_1(SECOND.replace("user_version = 2", "user_version = 9"))
    with pytest.raises(StorageError, match="is of a newer version of Whycam"):
        JobStore().line()
