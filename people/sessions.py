"""Sessions: a random token in the browser's cookie; the file keeps its SHA-256 alone."""

import contextlib
import hashlib
import secrets
import sqlite3
import time
from pathlib import Path

from people import accounts, database
from people.accounts import Account

LONGEST_SECONDS = 12 * 3600.0
"""After which a session ends whatever happens."""
IDLE_SECONDS = 2 * 3600.0
"""Without a request, after which it ends."""
NOTED_SECONDS = 60.0
"""A session's last request is noted as often."""
TOKEN_BYTES = 32


def begin(account: str) -> str:
    """Begin a session, and return its token; sessions that are over are forgotten.

    Raises:
        StorageError: it cannot be kept.
    """
    token, now = secrets.token_urlsafe(TOKEN_BYTES), time.time()
    with database.transaction() as opened:
        opened.execute("DELETE FROM sessions WHERE created < ? OR seen < ?",
                       (now - LONGEST_SECONDS, now - IDLE_SECONDS))  # fmt: skip
        opened.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_digest(token), account, now, now))
    return token


def find(token: str) -> Account | None:
    """Return whose session a token is; None where it is over, or was never one.

    Raises:
        StorageError: the sessions cannot be read.
    """
    if not token or not database.exists():
        return None
    now = time.time()
    with database.transaction() as opened:
        row = opened.execute("SELECT * FROM sessions WHERE token = ?", (_digest(token),)).fetchone()
        if row is None or not _lasts(row["created"], row["seen"], now):
            return None
        if now - row["seen"] > NOTED_SECONDS:
            opened.execute("UPDATE sessions SET seen = ? WHERE token = ?", (now, row["token"]))
    return accounts.get(row["account"])


def end(token: str) -> None:
    """End a session; nothing where it is over."""
    with database.transaction() as opened:
        opened.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))


def end_all(place: Path) -> None:
    """End all sessions in the file of accounts of a folder that is no user's folder yet; nothing where it has none."""
    path = place / database.FILE
    if not path.exists():
        return
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(path)) as kept:
        kept.execute("PRAGMA secure_delete = ON")
        kept.execute("DELETE FROM sessions")
        kept.commit()


def _lasts(created: float, seen: float, now: float) -> bool:
    """Tell whether a session goes on; one that begins in the future does not, for the clock was set back."""
    return -NOTED_SECONDS <= now - created < LONGEST_SECONDS and -NOTED_SECONDS <= now - seen < IDLE_SECONDS


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
