"""Which events were exported: noted by the job that made their archive, and never taken back."""

import time
from collections.abc import Iterable

from pipeline.reviewing import database


def note(events: Iterable[str], export: str) -> None:
    """Note that an archive with these events was made.

    Args:
        events: their keys.
        export: id of the job.

    Raises:
        StorageError: that cannot be written.
    """
    with database.transaction() as opened:
        opened.executemany(
            "INSERT INTO exported (event, at, export) VALUES (?, ?, ?)",
            [(event, time.time(), export) for event in events],
        )


def latest() -> dict[str, float]:
    """Return when each event was exported last, in seconds since the epoch, by its key.

    Raises:
        StorageError: it cannot be read.
    """
    with database.opened(reading=True) as opened:
        opened.row_factory = None
        return dict(opened.execute("SELECT event, MAX(at) FROM exported GROUP BY event").fetchall())
