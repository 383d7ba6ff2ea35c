"""A disk that is full to its last byte: a sentence for what needs room, nothing half-written, and deletion works."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from cli import ROOT
from core import reserve, sqlite_errors
from core.errors import StorageError
from jobs import database
from jobs.store import JobStore
from pipeline import store
from pipeline.store import STATES
from tests.pipeline.export import made as here
from tests.ui import made

FULL = "the disk is full"
ROOM = "delete runs, exports or uploads on the page Storage, or free some space"


def own_disk():
    """Return what runs a command on a disk of its own, which goes with it; empty where the system does not let us."""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare"):
        return []
    tried = subprocess.run([*command, "mount -t tmpfs tmpfs /mnt"], capture_output=True)
    return [] if tried.returncode else command


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    command = own_disk()
    if not command:
        pytest.skip("this system does not let a test mount a disk of its own; the tests below do without")
    place = tmp_path_factory.mktemp("disk")
    clip = here.clip(tmp_path_factory.mktemp("film") / "film.mp4")
    script = f"mount -t tmpfs -o size=12m tmpfs {place} && exec {sys.executable} -m tests.system.full_disk {clip}"
    environment = os.environ | {"WHYCAM_HOME": str(place)}
    done = subprocess.run([*command, script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_upload_gets_a_sentence(said):
    assert said["upload"].startswith("StorageError: ") and FULL in said["upload"]


def test_an_export_ends_with_a_sentence_and_without_an_archive(said):
    code, state, reason = said["export"]
    assert (code, state, said["archive"]) == (2, "failed", False) and FULL in reason


def test_reviews_go_into_their_reserve_and_get_a_sentence_once_it_is_gone(said):
    assert said["review"] == [None] * len(said["review"])
    for name in ("review later", "case"):
        assert said[name].startswith("StorageError: the file of reviews, ") and ROOM in said[name]


def test_nothing_starts_and_that_is_said(said):
    assert FULL in said["start"] and FULL in said["playback"]


def test_everything_can_still_be_read(said):
    runs, reviewed, events, cases = said["read"]
    assert (runs, reviewed, cases) == (3, events, 1)


def test_what_is_there_can_be_deleted(said):
    assert said["deleted"] == [None, None]
    assert said["left"] == [True] and said["folders"] == 1


def test_with_room_again_work_goes_on_and_nothing_half_written_is_left(said):
    assert said["export then"] == [0, "", True]
    assert said["parts"] == [] and said["tidy"] == []


class Full(database.sqlite3.OperationalError):
    sqlite_errorcode = database.sqlite3.SQLITE_FULL


def test_a_run_goes_although_the_index_cannot_be_written_before_its_files_are_gone(monkeypatch):
    """As above, on any system: SQLite finds no room until the run's folder is gone."""
    run, other = made.done(), made.done("other.mp4")
    reserve.release(reserve.INDEX)
    opened = database._read

    def no_room(path):
        if run.folder.exists():
            raise Full("database or disk is full")
        return opened(path)

    with monkeypatch.context() as patch:
        patch.setattr(database, "_read", no_room)
        patch.setattr(sqlite_errors, "no_room", lambda folder: run.folder.exists())
        with pytest.raises(StorageError, match=ROOM):
            JobStore().delete(other.id)
        assert len(store.runs(STATES)) == 2, "reading needs no room"
        store.delete(run.id)
    assert [one.id for one in store.runs(STATES)] == [other.id]


def test_the_reserve_is_used_once_and_made_again(monkeypatch):
    run = made.done()
    opened = database._read

    def no_room(path):
        if reserve.path_of(reserve.INDEX).exists():
            raise Full("database or disk is full")
        return opened(path)

    with monkeypatch.context() as patch:
        patch.setattr(database, "_read", no_room)
        store.delete(run.id)
    assert store.runs(STATES) == [] and reserve.path_of(reserve.INDEX).exists()
