"""The table of jobs is made anew of the jobs' own files, and what was cut short is finished."""

import json
import sqlite3

import pytest

from core import files
from core.errors import StorageError
from core.progress import Progress
from jobs import records, trash
from jobs.database import check
from jobs.job import STATES, Job
from jobs.queue import Queue
from jobs.store import JobStore, new_id

INDEX = "index.sqlite"


class Made(Job):
    KIND = "made"
    NOUN = "made thing"


def kept(store, title="a title", **parameters):
    job_id = new_id()
    files.folder(files.home() / "made" / job_id)
    assert store.create(Made, job_id, title, f"made/{job_id}", parameters, subject=title)
    return job_id


@pytest.fixture
def three():
    """A job that is done, one that failed, and a draft."""
    store = JobStore()
    done, failed, draft = kept(store, "done", camera="plaza"), kept(store, "failed"), kept(store, "draft")
    for job_id in (done, failed):
        assert store.enqueue(job_id, "1/2.00/boot", {"threshold": 1.5}) and store.begin(job_id)
    store.report(done, Progress(1, 2, 1.0, "counting"))
    store.publish(done, {"events": 3})
    assert store.finish(done) and store.end(failed, "failed", "the clip has no pictures", "1/2.00/boot")
    return [store.get(job_id, Made) for job_id in (done, failed, draft)]


def without_progress(jobs):
    ignored = ("stage", "told")
    return sorted(({name: value for name, value in vars(job).items() if name not in ignored} for job in jobs),
                  key=lambda job: job["id"])  # fmt: skip


def test_each_job_has_a_file_that_says_what_its_row_says(three):
    for job in three:
        said = json.loads(records.path_of(job.id).read_text("utf-8"))
        assert said == {name: getattr(job, name) for name in records.COLUMNS}


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path):
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(byte ^ 0x5A for byte in content[4096:])
    path.write_bytes(content)


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database, but long enough to look at" * 99),
    "cut": cut,
    "garbled": garbled,
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_anew_of_the_jobs_files(three, damage):
    with sqlite3.connect(files.home() / INDEX) as index:
        index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index.close()
    DAMAGES[damage](files.home() / INDEX)
    store = JobStore()
    assert without_progress(store.find(Made, STATES)) == without_progress(three)
    put_aside = sorted(path.name for path in files.home().glob("index.damaged-*.sqlite"))
    assert len(put_aside) == (damage not in ("empty", "gone")), put_aside
    assert store.enqueue(three[2].id, "me", {}), "work goes on"


def test_damage_that_no_statement_has_met_yet_is_found_by_the_check(three):
    with sqlite3.connect(files.home() / INDEX) as index:
        index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = index.execute("SELECT rootpage FROM sqlite_master WHERE name = 'jobs_by_subject'").fetchone()
    index.close()
    path = files.home() / INDEX
    content = bytearray(path.read_bytes())
    content[(root - 1) * 4096 : root * 4096] = bytes(4096)
    path.write_bytes(content)
    check(path)
    assert len(list(files.home().glob("index.damaged-*.sqlite"))) == 1
    assert without_progress(JobStore().find(Made, STATES)) == without_progress(three)


def test_a_sound_index_stays(three):
    check(files.home() / INDEX)
    assert list(files.home().glob("index.damaged-*")) == []


def test_a_file_that_is_none_or_leads_elsewhere_is_left_aside(three):
    done = three[0]
    wrong = json.loads(records.path_of(done.id).read_text("utf-8"))
    for number, change in enumerate([{"directory": "../../etc"}, {"directory": "/etc"}, {"state": "odd"}, {"id": 5}]):
        files.write_json(files.home() / "jobs" / f"wrong{number}.json", wrong | change)
    (files.home() / "jobs" / "half.json").write_text('{"id": "ha')
    assert {record.id for record in records.lost(())} == {job.id for job in three}


def test_rows_that_a_loss_of_power_took_are_taken_up_again(three):
    with sqlite3.connect(files.home() / INDEX) as index:
        index.execute("DELETE FROM jobs WHERE title != 'failed'")
    index.close()
    assert JobStore().take_up() == 2 and JobStore().take_up() == 0
    assert without_progress(JobStore().find(Made, STATES)) == without_progress(three)


def test_a_deletion_that_was_cut_short_is_finished(three):
    done, failed, draft = three
    (done.folder / "clip.mp4").write_bytes(b"x")
    trash.put(done)  # killed here: the row is there, the folder is not
    trash.put(draft)
    JobStore().delete(draft.id)  # killed here: the files are there
    Queue({}).finish_deletions()
    assert [job.id for job in JobStore().find(Made, STATES)] == [failed.id]
    assert list(trash.place().iterdir()) == [] and failed.folder.exists()
    assert [path.stem for path in (files.home() / "jobs").glob("*.json")] == [failed.id]


def test_a_deleted_job_does_not_come_back(three):
    Queue({}).delete(three[0].id)
    (files.home() / INDEX).unlink()
    assert {job.id for job in JobStore().find(Made, STATES)} == {three[1].id, three[2].id}


def test_an_index_of_the_version_before_gets_a_file_for_each_job(three):
    for path in (files.home() / "jobs").iterdir():
        path.unlink()
    with sqlite3.connect(files.home() / INDEX) as index:
        index.execute("PRAGMA user_version = 3")
    index.close()
    assert len(JobStore().find(Made, STATES)) == 3
    assert {record.id for record in records.lost(())} == {job.id for job in three}


def test_an_index_that_may_not_be_read_gets_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "file"))
    with pytest.raises(StorageError, match=r"could not be written to|cannot be used"):
        JobStore().line()
