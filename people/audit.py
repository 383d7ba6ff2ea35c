"""The audit log: who did what, when, in a file to which lines are only ever added.

``audit.jsonl`` holds one record a line; each has the SHA-256 of the line before it. ``people.sqlite`` notes how many
there are and the SHA-256 of the last one, so that a cut end is noticed. Whoever can write both files can write another
history: keep the SHA-256 that ``./whycam audit`` prints where they cannot.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from core import typed_json
from core.errors import InputError, StorageError
from core.files import folder, home, storage_error
from people import actor, database

FILE = "audit.jsonl"
FIRST = "0" * 64
SIGNED_IN, SIGNED_OUT, REFUSED = "signed in", "signed out", "refused"
UPLOADED, ANALYSED, REVIEWED, EXPORTED, DELETED = "uploaded", "analysed", "reviewed", "exported", "deleted"
TRAINED, CAMERA, ACCOUNT, RULES, CASE = "trained", "changed a camera", "changed an account", "changed rules", "case"
RESTORED = "restored"
MAX_DETAIL = 4000
"""Characters of a record's detail, and of its subject."""
LONGEST_LINE = 1 << 16
"""Bytes, more than any record has."""


@dataclass(frozen=True)
class Record:
    """One thing that was done.

    Attributes:
        number: from 1.
        at: seconds since the epoch.
        who: name of the account; empty without sign-in.
        address: from which it was asked for; empty on this machine.
        action: what was done, one of this module's constants.
        subject: id or name of what it was done to.
        detail: more, in words.
        before: SHA-256 of the line of the record before.
    """

    number: int
    at: float
    who: str
    address: str
    action: str
    subject: str
    detail: str
    before: str


def record(action: str, subject: str = "", detail: str = "") -> None:
    """Add a record of what the one who asks has done; it is on the disk when this returns.

    Raises:
        StorageError: it cannot be written.
    """
    who, path = actor.current(), _path()
    with _alone(), database.transaction() as opened:
        number, last = _end(_head(opened), path)
        made = Record(number + 1, round(time.time(), 3), who.name, who.address, action, subject[:MAX_DETAIL],
                      detail[:MAX_DETAIL], last)  # fmt: skip
        line = _line(made)
        try:
            _append(path, line + b"\n")
        except OSError as error:
            raise storage_error(path, error) from error
        opened.execute("DELETE FROM heads")
        opened.execute("INSERT INTO heads VALUES (?, ?)", (made.number, hashlib.sha256(line).hexdigest()))


def records() -> list[Record]:
    """Return all records, oldest first, after a look whether each follows from the one before.

    The last one may not be noted yet, and half a line may follow it: the machine stopped between two steps.

    Raises:
        InputError: the log was changed or cut; says where.
    """
    with _alone(), database.opened() as opened:
        number, last = _head(opened)
        lines = _path().read_bytes().split(b"\n") if _path().exists() else [b""]
    found, before = list[Record](), FIRST
    for count, line in enumerate(lines[:-1], 1):
        made = typed_json.load(Record, line, f"line {count} of the audit log", "the log was changed there")
        if (made.number, made.before) != (count, before):
            raise InputError(f"the audit log was changed at line {count - 1 or 1} or {count}: record {made.number} "
                             "does not follow from the one before")  # fmt: skip
        found.append(made)
        before = hashlib.sha256(line).hexdigest()
    unnoted = (number + 1, last) == (len(found), found[-1].before) if found else False
    if (number, last) != (len(found), before) and not unnoted:
        raise InputError(f"the audit log was cut or its end was changed: it has {len(found)} records, and the file of "
                         f"accounts knows of {number}")  # fmt: skip
    return found


def head(made: Sequence[Record]) -> str:
    """Return the SHA-256 of the line of the last of some records."""
    return hashlib.sha256(_line(made[-1])).hexdigest() if made else FIRST


def _line(made: Record) -> bytes:
    return json.dumps(asdict(made), ensure_ascii=False).encode("utf-8", "replace")


def _path() -> Path:
    return home() / FILE


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time add to the log, or read it."""
    path = _path()
    folder(path.parent)
    try:
        with FileLock(path.with_suffix(".lock"), preserve_lock_file=True):
            yield
    except OSError as error:
        raise StorageError(f"the audit log, {path}, cannot be used: {error}") from error


def _end(noted: tuple[int, str], path: Path) -> tuple[int, str]:
    """Return number and SHA-256 of the last record: the noted one, or the one that was written after it."""
    if not path.exists():
        return noted
    with path.open("rb+") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - LONGEST_LINE, 0))
        *lines, half = file.read().split(b"\n")
        if half:  # of a record that was never finished
            file.truncate(file.tell() - len(half))
    made = _parsed(lines[-1]) if lines else None
    if made is not None and (made.number, made.before) == (noted[0] + 1, noted[1]):
        return made.number, hashlib.sha256(lines[-1]).hexdigest()
    return noted


def _parsed(line: bytes) -> Record | None:
    try:
        return typed_json.load(Record, line, "the record")
    except InputError:
        return None


def _append(path: Path, line: bytes) -> None:
    """Add a line, whole or not at all, and have the disk hold it."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        size = os.fstat(handle).st_size
        try:
            if os.write(handle, line) != len(line):
                raise OSError(28, "No space left on device")
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _head(opened: sqlite3.Connection) -> tuple[int, str]:
    row = opened.execute("SELECT number, sha256 FROM heads").fetchone()
    return (int(row["number"]), str(row["sha256"])) if row else (0, FIRST)
