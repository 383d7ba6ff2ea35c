"""The file of jobs: ``index.sqlite``, in WAL mode, made whole or not at all; the runs of version 0.1 are taken over.

A file that is damaged is put aside, and made anew of what each job keeps (:mod:`jobs.records`).
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from core import reserve, sqlite_errors
from core.errors import StorageError
from core.files import folder
from jobs import processes, records, trash

VERSION = 4
WITHOUT_RECORDS = 3
"""The version whose jobs have no files of their own yet."""
ASIDE = "index.damaged-{when}.sqlite"
_SCHEMA = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '', directory TEXT NOT NULL, parameters TEXT NOT NULL DEFAULT '{}',
    summary TEXT NOT NULL DEFAULT '{}', state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', progress TEXT,
    reason TEXT NOT NULL DEFAULT '', priority INTEGER NOT NULL DEFAULT 0, position INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, queued REAL, started REAL, ended REAL,
    cancel_requested REAL, process TEXT
);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_subject ON jobs (kind, subject);
PRAGMA user_version = 4;
"""
_WITHOUT_REACH = "ALTER TABLE runs ADD COLUMN reach TEXT NOT NULL DEFAULT ''"
"""Indexes of the first weeks have no such column; only finished runs have anything in it."""
_TAKE_OVER = """
INSERT INTO jobs (id, kind, title, directory, parameters, summary, state, reason, created, queued, started, ended)
SELECT id, 'analysis', clip, 'runs/' || id,
    json_object('extension', extension, 'camera', camera, 'threshold', threshold),
    json_object('events', events, 'top_cause', top_cause, 'reach', reach),
    CASE WHEN state IN ('queued', 'running') THEN 'interrupted' ELSE state END,
    CASE WHEN state IN ('queued', 'running') THEN 'Whycam was updated meanwhile; resume it to go on'
        ELSE COALESCE(error, '') END,
    created, queued, started, COALESCE(finished, CASE WHEN state IN ('queued', 'running') THEN queued END)
FROM runs ORDER BY created, id;
"""


class AgainError(StorageError):
    """The file could not be used, and can be now: what was tried may be tried once more."""


@contextlib.contextmanager
def opened(path: Path, *, safe: bool = True, reading: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file for one statement or transaction; it is made where there is none.

    Args:
        path: the file.
        safe: whether what is committed must outlast a loss of power; what is told four times a second need not.
        reading: whether nothing is to be changed, which needs no room on a full disk.

    Raises:
        AgainError: it was damaged and is put aside, or the disk was full and has some room now.
        StorageError: it cannot be used.
    """
    try:
        folder(path.parent)
        with contextlib.closing(
            sqlite_errors.connected(path, partial(_read, path), partial(_put_aside, path), reserve.INDEX, reading)
        ) as database:
            database.row_factory = sqlite3.Row
            if safe:
                database.execute("PRAGMA synchronous = FULL")
            yield database
    except (sqlite3.Error, OSError) as error:
        raise _understood(error, path) from error


def _read(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")
        if _version(database) != VERSION:
            _upgrade(database, path)
    except BaseException:
        database.close()
        raise
    return database


def drop_log(database: sqlite3.Connection) -> None:
    """Write the log (WAL) into its file and empty it, so that what was deleted is in neither.

    Where another process reads the file meanwhile, the log is emptied by whoever closes the file last.
    """
    with contextlib.suppress(sqlite3.OperationalError):  # it is locked, or the disk is full: the log stays for now
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def check(path: Path) -> None:
    """Read the whole file, and put it aside where it is damaged; it is made anew at its next use.

    Raises:
        StorageError: it cannot be used.
    """
    with contextlib.suppress(AgainError), opened(path) as database:
        if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            _put_aside(path)


def _understood(error: Exception, path: Path) -> StorageError:
    """Mend what can be mended, and say what is wrong."""
    if sqlite_errors.damaged(error):
        _put_aside(path)
        return AgainError(f"the index of runs, {path}, was damaged, and is made again; do that once more")
    why = sqlite_errors.why(error, path)
    if sqlite_errors.full(error, path) and reserve.release(reserve.INDEX):
        return AgainError(f"the index of runs, {path}, could not be used: {why}")
    return StorageError(f"the index of runs, {path}, cannot be used: {why}")


def _put_aside(path: Path) -> None:
    """Rename the damaged file, those that belong to it first: a new one must not find the changes of the old one."""
    with FileLock(path.with_name("index.lock"), preserve_lock_file=True):
        if not _is_damaged(path):
            return  # another process was faster
        aside = path.with_name(ASIDE.format(when=time.strftime("%Y%m%d-%H%M%S", time.gmtime())))
        for ending in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(f"{path.name}{ending}").replace(aside.with_name(f"{aside.name}{ending}"))


def _is_damaged(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
            said: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            return said != "ok"
    except sqlite3.Error as error:
        return sqlite_errors.damaged(error)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(database: sqlite3.Connection, path: Path) -> None:
    """Make the table of what jobs keep, or of the runs of version 0.1, all or nothing; those can be resumed."""
    with FileLock(path.with_name("index.lock"), preserve_lock_file=True):
        found = _version(database)
        if found == VERSION:
            return
        if found > VERSION:
            raise StorageError(f"the index of runs, {path}, is of a newer version of Whycam; use that one")
        reserve.keep()
        folder(trash.place())  # a full disk has no room for it
        if found == WITHOUT_RECORDS:
            _write_records(database)
            return
        if found:
            _end_workers(database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        database.row_factory = sqlite3.Row
        columns = [row["name"] for row in database.execute("PRAGMA table_info(runs)")]
        added = [] if "reach" in columns else [_WITHOUT_REACH]
        for statement in (*_SCHEMA.split(";\n")[:-1], *([*added, _TAKE_OVER, "DROP TABLE runs"] if found else [])):
            database.execute(statement)
        take_up(database)
        database.execute("COMMIT")
        if found:
            _write_records(database)


def take_up(database: sqlite3.Connection) -> int:
    """Add the jobs whose files and folders are there and whose rows are not; return how many."""
    known = [row["id"] for row in database.execute("SELECT id FROM jobs")]
    return records.insert(database, records.lost(known))


def values(row: sqlite3.Row) -> dict[str, Any]:
    """Return a row's columns as a job has them.

    Raises:
        ValueError: the row is damaged.
    """
    return dict(row) | {name: json.loads(row[name]) for name in ("parameters", "summary")}


def _write_records(database: sqlite3.Connection) -> None:
    """Write the files of jobs that have none, and note that all do."""
    database.row_factory = sqlite3.Row
    for row in database.execute("SELECT * FROM jobs").fetchall():
        records.write(values(row))
    database.execute(f"PRAGMA user_version = {VERSION}")


def _end_workers(database: sqlite3.Connection) -> None:
    """Kill the workers of version 0.1, which noted their start in clock ticks; they know no other table."""
    active = database.execute("SELECT pid, pid_started FROM runs WHERE state IN ('queued', 'running')").fetchall()
    for pid, ticks in active:
        processes.kill(processes.counted_in_ticks(pid, ticks))
