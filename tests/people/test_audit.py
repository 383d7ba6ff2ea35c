"""The audit log, and what ``./whycam audit`` says of one that was changed."""

import json

import pytest

from cli.main import main
from core import files
from core.errors import InputError, StorageError
from people import audit, database
from people.actor import REVIEWER, Actor, acting


def log(count=5):
    for number in range(count):
        with acting(Actor("ann", REVIEWER, None, "192.0.2.1")):
            audit.record(audit.REVIEWED, f"run/{number}", "verdict true")
    return files.home() / audit.FILE


def test_records_follow_from_one_another(capsys):
    path = log()
    made = audit.records()
    assert [one.number for one in made] == [1, 2, 3, 4, 5] and made[0].before == audit.FIRST
    assert {(one.who, one.address, one.action) for one in made} == {("ann", "192.0.2.1", "reviewed")}
    assert main(["audit", "--last", "2", "--who", "ann"]) == 0
    out = capsys.readouterr().out
    assert "run/4" in out and "run/2" not in out and audit.head(made) in out
    assert path.stat().st_mode & 0o077 == 0


def test_an_empty_log_is_right(capsys):
    assert main(["audit", "--json", "-"]) == 0 and json.loads(capsys.readouterr().out) == []


def _one_letter(lines):
    return [*lines[:2], lines[2].replace(b"true", b"fals"), *lines[3:]]


@pytest.mark.parametrize(
    "change",
    [
        _one_letter,
        lambda lines: lines[1:],
        lambda lines: lines[:2] + lines[3:],
        lambda lines: lines[:-2],
        lambda lines: [],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:-1], lines[-1].replace(b"ann", b"ben")],
        lambda lines: [*lines[:2], b"no JSON", *lines[2:]],
        lambda lines: [*lines, *lines[-1:]],
    ],
    ids=["changed", "first gone", "one gone", "end cut", "all gone", "swapped", "last changed", "line added", "twice"],
)
def test_a_log_that_was_changed_or_cut_ends_with_2(capsys, change):
    path = log()
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"".join(line + b"\n" for line in change(lines)))
    assert main(["audit"]) == 2
    assert "audit log" in capsys.readouterr().err


def test_a_record_that_was_written_and_not_noted_is_taken_up():
    log(2)
    with database.opened() as opened:
        kept = opened.execute("SELECT number, sha256 FROM heads").fetchone()
    log(1)
    with database.transaction() as opened:
        opened.execute("UPDATE heads SET number = ?, sha256 = ?", tuple(kept))
    assert len(audit.records()) == 3
    log(1)
    assert [one.number for one in audit.records()] == [1, 2, 3, 4]


def test_half_a_line_is_left_out_and_taken_away():
    path = log(2)
    path.write_bytes(path.read_bytes() + b'{"number": 3, "at"')
    assert len(audit.records()) == 2
    log(1)
    assert len(audit.records()) == 3


def test_a_full_disk_leaves_the_log_as_it_was(monkeypatch):
    path = log(2)
    kept = path.read_bytes()
    with monkeypatch.context() as patch, pytest.raises(StorageError, match="disk is full"):
        patch.setattr(audit.os, "write", lambda handle, line: 3)
        log(1)
    assert path.read_bytes() == kept and len(audit.records()) == 2


def test_long_texts_are_cut_and_lines_stay_lines():
    audit.record(audit.UPLOADED, "x" * 9999, "a\nb" * 9999)
    (one,) = audit.records()
    assert len(one.subject) == len(one.detail) == audit.MAX_DETAIL


def test_the_sentence_names_the_line():
    path = log()
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:1], *lines[2:], b""]))
    with pytest.raises(InputError, match="line 1 or 2"):
        audit.records()
