"""A damaged file of records: put aside, and made anew with every record in it that can still be read.

A kill between any two steps loses nothing: the damaged file is copied first, and what is read goes into a new file that
takes its place when it is whole.
"""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from core import files, sqlite_errors

ASIDE = "{stem}.damaged-{when}.sqlite"
QUIET = "quiet"
"""A row of the index of events that no run's folder has: it lies under the run's threshold, and was reviewed."""


def rescue(path: Path, make: Callable[[sqlite3.Connection], None], kept: Sequence[str]) -> None:
    """Make a damaged file anew; nothing happens where it can be read, for another process was faster.

    Args:
        path: the file.
        make: makes the tables of a new one.
        kept: tables whose rows are records, each with a ``number``.

    Raises:
        StorageError: the disk is full.
    """
    with FileLock(path.with_name(f"{path.stem}.rescue.lock"), preserve_lock_file=True):
        whole = path.with_name(f"{path.stem}.rescued.sqlite")
        if not whole.exists():
            if not _damaged(path):
                return
            aside = path.with_name(ASIDE.format(stem=path.stem, when=time.strftime("%Y%m%d-%H%M%S", time.gmtime())))
            for ending in ("-wal", ""):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{ending}", f"{aside}{ending}")
            with files.staged(whole) as part:
                _copy_records(aside, part, make, kept)
        for ending in ("-wal", "-shm"):
            path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
        whole.replace(path)
        files.sync_folder(path.parent)


def _damaged(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
            said: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            return said != "ok"
    except sqlite3.Error as error:
        return sqlite_errors.damaged(error)


def _copy_records(source: Path, target: Path, make: Callable[[sqlite3.Connection], None], kept: Sequence[str]) -> None:
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new:
        make(new)
        new.execute("BEGIN IMMEDIATE")
        for table in kept:
            rows = {row[0]: row for order in ("ASC", "DESC") for row in _readable(source, table, "", order)}
            _insert(new, table, [rows[number] for number in sorted(rows)])
        _insert(new, "events", _readable(source, "events", f"WHERE {QUIET}", "ASC"))
        new.execute("COMMIT")
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new:
        new.execute("PRAGMA journal_mode = WAL")


def _readable(source: Path, table: str, where: str, order: str) -> list[tuple[Any, ...]]:
    """Read rows until the first damage, in one order."""
    rows: list[tuple[Any, ...]] = []
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(source)) as database:
        for row in database.execute(f"SELECT * FROM {table} {where} ORDER BY rowid {order}"):
            rows.append(row)
    return rows


def _insert(new: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows; one that no longer fits its table, whose bytes were changed, is left out."""
    width = len(new.execute(f"SELECT * FROM {table}").description)
    for row in rows:
        with contextlib.suppress(sqlite3.Error):
            new.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", row)
