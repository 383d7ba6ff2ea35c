"""The file of jobs: ``index.sqlite``, in WAL mode, made whole or not at all; the runs of version 0.1 are taken over."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from core.errors import StorageError
from core.files import folder
from jobs import processes

VERSION = 3
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
PRAGMA user_version = 3;
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


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one statement or transaction; it is made where there is none.

    Raises:
        StorageError: it cannot be used.
    """
    try:
        folder(path.parent)
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA synchronous = NORMAL")
            if _version(database) != VERSION:
                _upgrade(database, path)
            yield database
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the index of runs, {path}, cannot be used: {error}") from error


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(database: sqlite3.Connection, path: Path) -> None:
    """Make the table and take over the runs of version 0.1, all or nothing; its workers end, runs can be resumed."""
    with FileLock(path.with_name("index.lock"), preserve_lock_file=True):
        found = _version(database)
        if found == VERSION:
            return
        if found > VERSION:
            raise StorageError(f"the index of runs, {path}, is of a newer version of Whycam; use that one")
        if found:
            _end_workers(database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        columns = [row["name"] for row in database.execute("PRAGMA table_info(runs)")]
        added = [] if "reach" in columns else [_WITHOUT_REACH]
        for statement in (*_SCHEMA.split(";\n")[:-1], *([*added, _TAKE_OVER, "DROP TABLE runs"] if found else [])):
            database.execute(statement)
        database.execute("COMMIT")


def _end_workers(database: sqlite3.Connection) -> None:
    """Kill the workers of version 0.1, which noted their start in clock ticks; they know no other table."""
    active = database.execute("SELECT pid, pid_started FROM runs WHERE state IN ('queued', 'running')").fetchall()
    for pid, ticks in active:
        processes.kill(processes.counted_in_ticks(pid, ticks))
