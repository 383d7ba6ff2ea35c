"""The file of accounts, sessions and refused sign-ins: ``people.sqlite``, which its owner alone may read."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core import sqlite_errors
from core.errors import StorageError
from core.files import folder, home

FILE = "people.sqlite"
VERSION = 1
_TABLES = """
CREATE TABLE accounts (
    name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, hash TEXT, created REAL NOT NULL,
    cameras TEXT, bytes INTEGER, runs INTEGER, jobs INTEGER
);
CREATE TABLE groups (name TEXT PRIMARY KEY COLLATE NOCASE, cameras TEXT NOT NULL);
CREATE TABLE members (
    account TEXT NOT NULL COLLATE NOCASE, team TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (account, team)
);
CREATE TABLE sessions (token TEXT PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE, created REAL NOT NULL,
    seen REAL NOT NULL);
CREATE TABLE attempts (subject TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX attempts_by_subject ON attempts (subject, at);
CREATE TABLE heads (number INTEGER NOT NULL, sha256 TEXT NOT NULL);
"""


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Open the file for reading; it is made where there is none.

    Raises:
        StorageError: it cannot be used.
    """
    path = home() / FILE
    try:
        folder(path.parent)
        _touch(path)
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA secure_delete = ON")
            if _version(database) != VERSION:
                _make(database, path)
            yield database
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the file of accounts, {path}, cannot be used: {sqlite_errors.why(error, path)}") from error


@contextlib.contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Open the file for statements that are done all or not at all.

    Raises:
        StorageError: it cannot be used.
    """
    with opened() as database, sqlite_errors.whole(database):
        yield database


def exists() -> bool:
    """Tell whether anybody ever made an account."""
    return (home() / FILE).exists()


def _touch(path: Path) -> None:
    """Make the file with no permission for others, before anything is in it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _make(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables, all or none."""
    database.execute("BEGIN IMMEDIATE")
    found = _version(database)
    if found > VERSION:
        raise StorageError(f"the file of accounts, {path}, is of a newer version of Whycam; use that one")
    if not found:
        for statement in _TABLES.split(";\n")[:-1]:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    database.execute("COMMIT")
