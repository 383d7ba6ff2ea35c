"""The index of runs: ``index.sqlite``, in WAL mode, made whole or not at all, and upgraded where it is older."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.errors import StorageError
from core.files import folder, home

_SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, clip TEXT NOT NULL, extension TEXT NOT NULL, camera TEXT, threshold REAL,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER,
    fps REAL NOT NULL DEFAULT 0, error TEXT, created REAL NOT NULL, queued REAL, started REAL, finished REAL,
    pid INTEGER, pid_started TEXT, cancel INTEGER NOT NULL DEFAULT 0, events INTEGER, top_cause TEXT,
    unit TEXT NOT NULL DEFAULT 'frames', remaining REAL, share REAL, told REAL,
    reach TEXT NOT NULL DEFAULT ''
);
CREATE INDEX runs_by_age ON runs (created);
PRAGMA user_version = 2;
"""
_UPGRADES = (
    "ALTER TABLE runs ADD COLUMN unit TEXT NOT NULL DEFAULT 'frames'",
    "ALTER TABLE runs ADD COLUMN remaining REAL",
    "ALTER TABLE runs ADD COLUMN share REAL",
    "ALTER TABLE runs ADD COLUMN told REAL",
    "ALTER TABLE runs ADD COLUMN reach TEXT NOT NULL DEFAULT ''",
    "PRAGMA user_version = 2",
)
"""From the index of Whycam 0.1."""


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Open the index for one statement; it is made where there is none.

    Raises:
        StorageError: it cannot be used.
    """
    path = home() / "index.sqlite"
    try:
        if not path.exists():
            _make(path)
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as index:
            index.row_factory = sqlite3.Row
            index.execute("PRAGMA synchronous = NORMAL")
            if _version(index) < 2:
                _upgrade(index, path)
            yield index
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the index of runs, {path}, cannot be used: {error}") from error


def _version(index: sqlite3.Connection) -> int:
    return int(index.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(index: sqlite3.Connection, path: Path) -> None:
    """Add what later versions keep, all of it or nothing."""
    with _alone(path):
        if _version(index) < 2:
            index.execute("BEGIN IMMEDIATE")
            for statement in _UPGRADES:
                index.execute(statement)
            index.execute("COMMIT")


def _make(path: Path) -> None:
    """Make the index whole under another name: nobody ever opens one without its table."""
    folder(path.parent)
    with _alone(path):
        if path.exists():
            return
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as index:
            index.execute("PRAGMA journal_mode = WAL")
            index.executescript(_SCHEMA)
        fresh.rename(path)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with (path.parent / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
