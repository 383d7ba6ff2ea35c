"""The file of reviews: ``reviews.sqlite``, in WAL mode. Records of reviews, cases and exports are only ever added.

A file that is damaged is put aside, and made anew with all records in it that can still be read.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from filelock import FileLock

from core import reserve, sqlite_errors
from core.errors import StorageError
from core.files import folder, home
from pipeline.reviewing import rescue

FILE = "reviews.sqlite"
VERSION = 1
KEPT = ("reviews", "case_records", "exported")
"""Tables whose rows are neither changed nor deleted."""
_TABLES = """
CREATE TABLE indexed (run TEXT PRIMARY KEY, layout INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE events (
    key TEXT PRIMARY KEY, run TEXT NOT NULL, clip TEXT NOT NULL, camera TEXT NOT NULL, kind TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, peak INTEGER NOT NULL, shown INTEGER,
    start REAL NOT NULL, end REAL NOT NULL, recorded TEXT NOT NULL, day TEXT NOT NULL,
    label TEXT NOT NULL, about TEXT NOT NULL, summary TEXT NOT NULL,
    score REAL, level REAL, unit TEXT NOT NULL, per_hour REAL, threshold REAL,
    weights TEXT NOT NULL, quiet INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX events_by_run ON events (run);
CREATE TABLE reviews (
    number INTEGER PRIMARY KEY, event TEXT NOT NULL, at REAL NOT NULL, reviewer TEXT NOT NULL,
    reviewed INTEGER CHECK (reviewed IN (0, 1)), verdict TEXT CHECK (verdict IN ('', 'true', 'false', 'unsure')),
    note TEXT
);
CREATE INDEX reviews_by_event ON reviews (event);
CREATE TABLE case_records (
    number INTEGER PRIMARY KEY, case_id TEXT NOT NULL, at REAL NOT NULL, who TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('named', 'noted', 'added', 'removed', 'closed')),
    event TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT ''
);
CREATE TABLE exported (
    number INTEGER PRIMARY KEY, event TEXT NOT NULL, at REAL NOT NULL, export TEXT NOT NULL
);
"""
_TRIGGERS = """
CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
CREATE TRIGGER {table}_undeleted BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
CREATE TRIGGER {table}_unreplaced BEFORE INSERT ON {table} WHEN NEW.number IN (SELECT number FROM {table})
    BEGIN SELECT RAISE(ABORT, 'records are only added'); END;
"""
"""The last one refuses ``INSERT OR REPLACE``, which deletes without a word to the one before."""


@contextlib.contextmanager
def opened(*, reading: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file for one statement or transaction; it is made where there is none.

    Args:
        reading: whether nothing is to be changed, which needs no room on a full disk.

    Raises:
        StorageError: it cannot be used.
    """
    path = home() / FILE
    try:
        folder(path.parent)
        mend = partial(rescue.rescue, path, _tables, KEPT)
        with contextlib.closing(
            sqlite_errors.connected(path, partial(_read, path), mend, reserve.REVIEWS, reading)
        ) as database:
            database.row_factory = sqlite3.Row
            yield database
    except (sqlite3.Error, OSError) as error:
        if sqlite_errors.damaged(error):
            rescue.rescue(path, _tables, KEPT)
            said = "was damaged, and is made again of what can be read; do that once more"
            raise StorageError(f"the file of reviews, {path}, {said}") from error
        raise StorageError(f"the file of reviews, {path}, cannot be used: {sqlite_errors.why(error, path)}") from error


def _read(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        database.execute("PRAGMA secure_delete = ON")
        if _version(database) != VERSION:
            _make(database)
    except BaseException:
        database.close()
        raise
    return database


def check() -> None:
    """See that all of the file can be read; it is made where there is none, and anew where it is damaged.

    Raises:
        StorageError: it cannot be used.
    """
    with opened() as database:
        sound = database.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    if not sound:
        rescue.rescue(home() / FILE, _tables, KEPT)


@contextlib.contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Open the file for several statements that are done all or not at all.

    Raises:
        StorageError: it cannot be used.
    """
    with opened() as database, sqlite_errors.whole(database):
        yield database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _make(database: sqlite3.Connection) -> None:
    """Make the tables, all or none."""
    path = home() / FILE
    with FileLock(path.with_name("reviews.lock"), preserve_lock_file=True):
        if (found := _version(database)) == VERSION:
            return
        if found > VERSION:
            raise StorageError(f"the file of reviews, {path}, is of a newer version of Whycam; use that one")
        database.execute("PRAGMA journal_mode = WAL")
        _tables(database)


def _tables(database: sqlite3.Connection) -> None:
    triggers = "".join(_TRIGGERS.format(table=table) for table in KEPT)
    database.executescript(f"BEGIN IMMEDIATE;{_TABLES}{triggers}PRAGMA user_version = {VERSION};COMMIT;")
