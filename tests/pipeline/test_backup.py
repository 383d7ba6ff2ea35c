"""Backups: everything that the app keeps comes back, byte for byte, or nothing changes."""

import contextlib
import io
import json
import os
import sqlite3
import threading
import zipfile
from pathlib import Path

import pytest

from cli.main import main
from core import files
from core.errors import InputError, StorageError
from jobs.store import JobStore
from people import accounts, audit, database, sessions
from people.sessions import begin
from pipeline import home_exchange, store, tidy
from pipeline import restore as backups
from pipeline.backup import backup
from pipeline.restore import restore
from pipeline.reviewing import cases, index, reviews
from pipeline.store import STATES
from tests.spoilt import fill_disk
from tests.ui import made


@pytest.fixture
def kept(tmp_path):
    """A home with two runs, one of them at work, reviews and a case, and its backup."""
    run, busy = made.done(), made.running("busy.mp4")
    index.put(run)
    reviews.add([index.rows()[0].key], "Ann", verdict="true", note="a cat")
    cases.create("theft", "Ann", [index.rows()[0].key])
    (files.home() / "cache").mkdir()
    (files.home() / "cache" / "large.bin").write_bytes(bytes(1000))
    target = tmp_path / "whycam.zip"
    backup(target)
    return run, busy, target


def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "elsewhere"))
    return tmp_path / "elsewhere"


def held(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm")) and path.suffix != ".sqlite"
            and not path.name.startswith("reserve-") and "cache" not in path.parts}  # fmt: skip


def test_everything_comes_back_in_another_folder(kept, monkeypatch, tmp_path):
    run, busy, target = kept
    before, opinions, rows, gathered = held(files.home()), reviews.opinions(), index.rows(), cases.cases()
    place = elsewhere(monkeypatch, tmp_path)
    manifest = restore(target).manifest
    after = held(place)
    assert after.pop("audit.jsonl").startswith(log := before["audit.jsonl"]) and log
    assert after == {name: content for name, content in before.items() if name != "audit.jsonl"}
    databases = {one.path for one in manifest.files} - before.keys()
    assert databases == {"index.sqlite", "reviews.sqlite", "people.sqlite"} and len(manifest.files) == len(before) + 3
    assert {one.id: one.state for one in JobStore().find(store.Run)} == {run.id: "done", busy.id: "running"}
    assert (reviews.opinions(), index.rows(), cases.cases()) == (opinions, rows, gathered)
    assert not (place / "cache").exists() and not list(place.glob(".restore-*"))


def test_nothing_is_overwritten_unless_it_is_asked_for(kept, monkeypatch, tmp_path):
    run, busy, target = kept
    JobStore().end(busy.id, "interrupted", "", made.ME)
    store.delete(run.id)
    later = made.done("later.mp4")
    with pytest.raises(InputError, match="restore with --replace"):
        restore(target)
    assert {one.id for one in store.runs()} == {busy.id, later.id}
    begin("ann")
    assert restore(target, replace=True).again == (run.id,)
    assert {one.id for one in store.runs()} == {busy.id, run.id}
    last = audit.records()[-1]
    assert last.action == audit.RESTORED and f"deleted since, and there again: {run.id}" in last.detail
    assert not [path for path in files.home().glob(".re*")] and (files.home() / "cache" / "large.bin").exists()


def test_a_folder_with_a_job_at_work_is_left_alone(kept):
    with pytest.raises(InputError, match="a job is at work"):
        restore(kept[2], replace=True)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_byte_that_differs_is_noticed_before_anything_changes(kept, monkeypatch, tmp_path, place):
    target = kept[2]
    content = bytearray(target.read_bytes())
    content[int(len(content) * place)] ^= 1
    target.write_bytes(content)
    home = elsewhere(monkeypatch, tmp_path)
    for check in (True, False):
        with pytest.raises(InputError, match=r"SHA-256 is another|no whole backup"):
            restore(target, check=check)
    assert list(home.glob("*")) == [] and list(home.glob(".*")) == []


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "weights/x", "a\\b"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path, monkeypatch, path):
    target = tmp_path / "bad.zip"
    one = {"path": path, "bytes": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    manifest = {"format": "whycam-backup", "version": 1, "whycam": "1", "made": "now", "files": [one]}
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr(zipfile.ZipInfo(path), b"")
        packed.writestr("manifest.json", json.dumps(manifest))
    home = elsewhere(monkeypatch, tmp_path)
    with pytest.raises(InputError, match="no place for a file"):
        restore(target)
    assert not home.exists() or list(home.rglob("*")) == []


def test_a_file_beside_the_manifest_or_a_cut_is_refused(kept, tmp_path):
    target = kept[2]
    cut = tmp_path / "cut.zip"
    cut.write_bytes(target.read_bytes()[:-100])
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr("more", b"x")
    for path in (target, cut):
        with pytest.raises(InputError, match="no whole backup of Whycam"):
            restore(path, check=True)


def test_a_full_disk_leaves_all_as_it_was(kept, monkeypatch, tmp_path):
    home = elsewhere(monkeypatch, tmp_path)
    with monkeypatch.context() as patch:
        fill_disk(patch, 3)
        with pytest.raises(StorageError, match="the disk is full"):
            restore(kept[2])
    assert [path.name for path in home.glob("*") if path.suffix != ".lock"] == []
    assert not list(home.glob(".restore-*"))


def test_a_backup_is_no_part_of_itself(kept, tmp_path):
    for place in (files.home() / "b.zip", files.home() / "runs" / "b.zip", tmp_path):
        with pytest.raises(InputError, match="is no place for a backup"):
            backup(place)


def test_what_is_still_written_is_not_in_it(tmp_path):
    with files.scratch(files.home() / "runs") as folder:
        (folder / "a.bin").write_bytes(b"half")
        assert backup(tmp_path / "b.zip").files == ()


def test_what_changes_meanwhile_is_whole_in_it(monkeypatch, tmp_path):
    """Reviews, uploads and deletions go on while a backup is made."""
    runs = [store.create(io.BytesIO(os.urandom(50_000)), f"{n}.mp4") for n in range(12)]
    done = threading.Event()

    def work():
        number = 0
        while not done.is_set():
            reviews.add([f"event {number}", f"event {number} too"], "Ann", note=f"note {number}")
            store.create(io.BytesIO(b"x" * 50_000), f"new {number}.mp4")
            if number < len(runs):
                store.delete(runs[number].id)
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made_of = [tmp_path / f"{n}.zip" for n in range(3)]
        for target in made_of:
            backup(target)
    finally:
        done.set()
        worker.join()
    for number, target in enumerate(made_of):
        monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / f"home{number}"))
        restore(target)
        found = store.runs(STATES)
        assert found and all(run.path.stat().st_size == 50_000 for run in found)
        noted = {event: opinion.note for event, opinion in reviews.opinions().items()}
        assert all(noted.get(f"{event} too") == note for event, note in noted.items() if not event.endswith("too"))


def test_the_commands_say_what_they_did(kept, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["backup", "again.zip"]) == 0 and "again.zip: " in capsys.readouterr().out
    assert main(["restore", "again.zip", "--check"]) == 0 and "again.zip is whole" in capsys.readouterr().out
    assert main(["restore", "again.zip"]) == 2 and "--replace" in capsys.readouterr().err
    assert main(["restore", "none.zip"]) == 2 and "there is no backup 'none.zip'" in capsys.readouterr().err
    elsewhere(monkeypatch, tmp_path)
    assert main(["backup", "x.zip"]) == 2 and "there is no folder" in capsys.readouterr().err
    assert main(["restore", "again.zip"]) == 0 and "elsewhere" in capsys.readouterr().out


def test_a_damaged_database_is_backed_up_as_it_is(kept, tmp_path):
    (files.home() / "index.damaged-20261130-120000.sqlite").write_bytes(b"no database" * 999)
    backup(tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "two.zip") as packed:
        assert packed.read("index.damaged-20261130-120000.sqlite") == b"no database" * 999


def test_no_session_comes_back(monkeypatch, tmp_path):
    accounts.add("ann", "viewer", "a long sentence is easy to keep")
    token = begin("ann")
    assert sessions.find(token)
    backup(tmp_path / "x.zip")
    elsewhere(monkeypatch, tmp_path)
    restore(tmp_path / "x.zip")
    assert accounts.get("ann") and sessions.find(token) is None


class Killed(BaseException):
    """The process ends here."""


def test_a_kill_at_any_rename_leaves_the_old_home_or_the_new_one(monkeypatch, tmp_path):
    """What is left is brought to an end when the app starts, and the audit log says so once."""
    rename, outcomes = Path.rename, []
    for place in range(12):
        home = elsewhere(monkeypatch, tmp_path / str(place))
        for folder, names in ((home, "abc"), (home / ".restore-x", "bcd")):
            for name in names:
                (folder / name).mkdir(parents=True)
                (folder / name / folder.name).write_text(name)
        left = [place]

        def renamed(path, other, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return rename(path, other)

        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            patch.setattr(Path, "rename", renamed)
            home_exchange.exchange(home, home / ".restore-x", "a backup", backups._contents)
        tidy.tidy()
        there = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.parent.name in "abcd"}
        old = there == {"a/elsewhere", "b/elsewhere", "c/elsewhere"}
        assert old or there == {"b/.restore-x", "c/.restore-x", "d/.restore-x"}, place
        assert not list(home.glob(".re*"))
        assert [one.action for one in audit.records()] == ([] if old else [audit.RESTORED])
        outcomes.append(old)
    assert outcomes == [True] + [False] * 11


def test_what_was_there_makes_room_before_the_audit_log_needs_some(kept, monkeypatch, tmp_path):
    """A disk that is full then still says so in the usual words, and the next start adds what is missing."""
    record = audit.record
    elsewhere(monkeypatch, tmp_path)
    made.done()

    def full(*said):
        if (files.home() / home_exchange.REPLACED).exists():
            raise AssertionError("what was there before is still there")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        with database.opened():
            raise error

    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(StorageError, match="the disk is full; delete"):
        restore(kept[2], replace=True)
    monkeypatch.setattr(audit, "record", record)
    tidy.tidy()
    assert [one.action for one in audit.records()].count(audit.RESTORED) == 1 and not list(files.home().glob(".re*"))
