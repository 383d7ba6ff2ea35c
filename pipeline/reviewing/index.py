"""The index of events over all runs: filled at the end of an analysis, and for earlier runs when a page needs it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from typing import Any

from core.errors import StorageError, WhycamError
from jobs.database import drop_log
from jobs.store import JobStore
from people import policy
from people.actor import OWNER, acting
from pipeline.reviewing import database
from pipeline.reviewing.rows import EventRow, rows_of
from pipeline.store import Run

LAYOUT = 1
"""Of the rows; runs that were indexed with another one are read again."""
_COLUMNS = tuple(field.name for field in fields(EventRow))
_PUT = f"INSERT OR REPLACE INTO events ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_NOT_QUIET = "DELETE FROM events WHERE run = ? AND NOT quiet"


def put(run: Run) -> None:
    """Read the events of a finished run into the index; why that failed is kept there as well.

    Raises:
        StorageError: the index cannot be written.
    """
    rows, reason = list[EventRow](), ""
    try:
        with acting(OWNER):  # the index is of all runs, whoever fills it
            rows = rows_of(run)
    except StorageError:
        raise
    except WhycamError as error:
        reason = str(error)
    with database.transaction() as opened:
        opened.execute(_NOT_QUIET, (run.id,))
        opened.executemany(_PUT, map(astuple, rows))
        opened.execute("INSERT OR REPLACE INTO indexed VALUES (?, ?, ?)", (run.id, LAYOUT, reason))


def add(*rows: EventRow) -> None:
    """Keep events that lie under their run's threshold, so that they can be reviewed; those that are there stay.

    Raises:
        StorageError: the index cannot be written.
    """
    with database.transaction() as opened:
        opened.executemany(_PUT.replace("OR REPLACE", "OR IGNORE"), map(astuple, rows))


def missing() -> list[Run]:
    """Forget runs that were deleted, and return those that are done and not indexed yet, newest first.

    Raises:
        StorageError: the index or the list of runs cannot be used.
    """
    runs = JobStore(everything=True).find(Run)
    with database.opened(reading=True) as opened:
        found = dict(opened.execute("SELECT run, layout FROM indexed").fetchall())
    gone = found.keys() - {run.id for run in runs}
    if gone:
        forget(gone)
    return [run for run in runs if run.state == "done" and found.get(run.id) != LAYOUT]


def fill(runs: Sequence[Run], seconds: float) -> int:
    """Read runs into the index until all are, or the time is over; return how many are left.

    Args:
        runs: of :func:`missing`.
        seconds: after which no further run is begun.

    Raises:
        StorageError: the index cannot be written.
    """
    end = time.monotonic() + seconds
    for number, run in enumerate(runs):
        if number and time.monotonic() > end:
            return len(runs) - number
        put(run)
    return 0


def forget(runs: Iterable[str]) -> None:
    """Remove the events of runs, for good.

    Raises:
        StorageError: the index cannot be written.
    """
    with database.transaction() as opened:
        for run in runs:
            opened.execute("DELETE FROM events WHERE run = ?", (run,))
            opened.execute("DELETE FROM indexed WHERE run = ?", (run,))
    with database.opened() as opened:
        drop_log(opened)


def unreadable() -> dict[str, str]:
    """Return why runs could not be read, by their ids."""
    with database.opened(reading=True) as opened:
        return dict(opened.execute("SELECT run, reason FROM indexed WHERE reason != ''").fetchall())


def rows() -> list[EventRow]:
    """Return all rows that the one who asks sees, those of the newest runs first, each run's in order of time.

    Raises:
        StorageError: the index cannot be read.
    """
    with database.opened(reading=True) as opened:
        opened.row_factory = None
        found = opened.execute(f"SELECT {', '.join(_COLUMNS)} FROM events ORDER BY run DESC, first, key").fetchall()
    return [row for row in map(_row, found) if policy.sees([row.camera])]


def get(key: str) -> EventRow | None:
    """Return one row; None where there is none of that key for the one who asks."""
    with database.opened(reading=True) as opened:
        opened.row_factory = None
        row = opened.execute(f"SELECT {', '.join(_COLUMNS)} FROM events WHERE key = ?", (key,)).fetchone()
    made = _row(row) if row else None
    return made if made is not None and policy.sees([made.camera]) else None


def _row(values: Sequence[Any]) -> EventRow:
    return EventRow(*(*values[:-1], bool(values[-1])))
