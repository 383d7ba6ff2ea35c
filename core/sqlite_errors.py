"""What SQLite's errors mean: a damaged file, a full disk, or something else; and how a full disk is read."""

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from core import reserve

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({sqlite3.SQLITE_FULL})
_PERHAPS_FULL = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
"""What SQLite says as well where it cannot make its files beside the database."""
_DENIED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
ROOM_BYTES = 256 << 10
"""Free space that SQLite needs for its files beside a database."""


def damaged(error: BaseException) -> bool:
    """Tell whether an error says that a database is none any more."""
    return _code(error) in _DAMAGED


def full(error: BaseException, path: Path) -> bool:
    """Tell whether an error says that there is no room left for the database ``path``."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    code = _code(error)
    return code in _FULL or (code in _PERHAPS_FULL and no_room(path.parent))


def no_room(folder: Path) -> bool:
    """Tell whether the disk of a folder has next to no free space."""
    try:
        return shutil.disk_usage(folder).free < ROOM_BYTES
    except OSError:
        return False


def as_it_is(path: Path) -> sqlite3.Connection | None:
    """Open a database for reading alone, without the files that SQLite needs beside it and a full disk has no room for.

    None where changes wait in such a file, so that the database alone would not tell all.
    """
    wal = path.with_name(f"{path.name}-wal")
    if not path.exists() or (wal.exists() and wal.stat().st_size):
        return None
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def connected(
    path: Path, connect: Callable[[], sqlite3.Connection], mend: Callable[[], object], purpose: str, reading: bool
) -> sqlite3.Connection:
    """Open a database: once more where its damage or a full disk can be helped.

    Args:
        path: of the database.
        connect: opens it and reads its head.
        mend: puts a damaged one aside, or makes it anew.
        purpose: whose reserve of room is given up, a name of :mod:`core.reserve`.
        reading: whether nothing is to be changed, which needs no room.

    Raises:
        sqlite3.Error: it cannot be used.
    """
    try:
        return connect()
    except sqlite3.Error as error:
        if full(error, path):
            if reading and (kept := as_it_is(path)):
                return kept
            if not reserve.release(purpose):
                raise
        elif damaged(error):
            mend()
        else:
            raise
    return connect()


@contextlib.contextmanager
def whole(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do several statements all or not at all."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def why(error: BaseException, path: Path) -> str:
    """Say in the second half of a sentence why the database ``path`` cannot be used, and what would help."""
    if full(error, path):
        return "the disk is full; delete runs, exports or uploads on the page Storage, or free some space"
    if damaged(error):
        return "it is damaged; restore a backup, or move the file away"
    there = path if path.exists() else path.parent
    if _code(error) in _DENIED or (_code(error) in _PERHAPS_FULL and not os.access(there, os.W_OK)):
        return f"{there} cannot be written to; allow that, or let WHYCAM_HOME name another folder"
    return str(error)


def _code(error: BaseException) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
