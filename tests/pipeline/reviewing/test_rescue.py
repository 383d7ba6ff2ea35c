"""A damaged file of reviews is made anew with all records that can still be read."""

import random
import sqlite3

import pytest

from core import files
from core.errors import StorageError
from pipeline.reviewing import cases, database, exported, rescue, reviews

EVENTS = [f"20261130-120000-{n:06x}/moving/{n}" for n in range(400)]


@pytest.fixture
def full():
    """A file of 800 reviews, a case and an export, all on the disk; return it."""
    reviews.add(EVENTS, "Ann", verdict="true", note="seen " * 20)
    reviews.add(EVENTS, "Ben", verdict="false")
    cases.create("theft", "Ann", EVENTS[:3])
    exported.note(EVENTS[:2], "an export")
    with sqlite3.connect(files.home() / database.FILE) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return files.home() / database.FILE


def numbers(path):
    with sqlite3.connect(path) as opened:
        found = [number for (number,) in opened.execute("SELECT number FROM reviews ORDER BY number")]
    opened.close()
    return found


def put_aside():
    return sorted(files.home().glob("reviews.damaged-*.sqlite"))


def spoil(path, page, count=1):
    content = bytearray(path.read_bytes())
    content[page * 4096 : (page + count) * 4096] = random.Random(page).randbytes(4096 * count)
    path.write_bytes(content)


def test_only_the_records_of_a_damaged_page_are_lost(full):
    with sqlite3.connect(full) as opened:
        (root,) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'case_records'").fetchone()
    opened.close()
    spoil(full, root - 1)
    database.check()
    assert len(numbers(full)) == 800 and len(put_aside()) == 1
    assert cases.cases() == []
    assert set(exported.latest()) == set(EVENTS[:2])
    reviews.add(EVENTS[:1], "Cem", verdict="unsure")
    assert reviews.of(EVENTS[0]).disputed and len(reviews.opinions()) == 400
    with pytest.raises(StorageError, match="records are only added"), database.transaction() as opened:
        opened.execute("DELETE FROM reviews")


@pytest.mark.parametrize("page", range(1, 24, 2))
def test_records_around_any_damaged_page_are_kept(full, page):
    if page >= full.stat().st_size // 4096:
        pytest.fail("the file is smaller than this test supposes")
    spoil(full, page)
    database.check()
    left = numbers(full)
    assert len(left) >= 800 - 150, "a page holds some 40 records"
    assert len(reviews.opinions()) > 300


def test_a_file_that_is_no_database_is_put_aside_with_its_bytes(full):
    full.write_bytes(b"this is no database, but long enough to look at" * 99)
    for ending in ("-wal", "-shm"):
        full.with_name(f"{full.name}{ending}").unlink(missing_ok=True)
    assert reviews.opinions() == {}
    assert put_aside()[0].read_bytes().startswith(b"this is no database")
    reviews.add(EVENTS[:1], "Ann", verdict="true")
    assert list(reviews.opinions()) == EVENTS[:1]


def test_a_sound_file_stays(full):
    database.check()
    rescue.rescue(full, database._tables, database.KEPT)
    assert len(numbers(full)) == 800 and put_aside() == []


@pytest.mark.parametrize("step", ["copyfile", "_copy_records", "sync_folder"])
def test_a_kill_between_two_steps_loses_nothing(full, monkeypatch, step):
    spoil(full, 7)
    room = {"copyfile": rescue.shutil, "_copy_records": rescue, "sync_folder": rescue.files}[step]

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(room, step, die)
        database.check()
    database.check()
    assert len(numbers(full)) >= 650 and not list(files.home().glob("*.rescued.sqlite"))
