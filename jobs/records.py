"""A file for each job, ``jobs/ID.json`` in the user's folder: of these a lost table of jobs is made anew.

The table is what counts. A file is written before its row is made and after each change of its state. The table takes
up a file whose row is missing, as long as the job's own folder is there.
"""

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from core import typed_json
from core.errors import InputError
from core.files import folder, home, storage_error, sync_folder, write_json
from jobs.job import STATES

FOLDER = "jobs"
LOCK = "jobs.lock"


@dataclasses.dataclass(frozen=True)
class JobRecord:
    """A row of the table, without how far the job is and its place in the line."""

    id: str
    kind: str
    title: str
    subject: str
    directory: str
    parameters: dict[str, Any]
    summary: dict[str, Any]
    state: str
    reason: str
    priority: int
    attempts: int
    created: float
    queued: float | None
    started: float | None
    ended: float | None
    cancel_requested: float | None
    process: str | None

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"state must be one of {', '.join(STATES)}, got {self.state!r}")
        if self.directory.startswith("/") or ".." in self.directory.split("/"):
            raise ValueError(f"directory must lie in the user's folder, got {self.directory!r}")


COLUMNS = tuple(field.name for field in dataclasses.fields(JobRecord))


def path_of(job_id: str) -> Path:
    """Return where a job's file is."""
    return home() / FOLDER / f"{job_id}.json"


def write(values: Mapping[str, Any]) -> None:
    """Write the file of a job, given its row.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    write_json(path_of(values["id"]), {name: values[name] for name in COLUMNS})


@contextmanager
def locked() -> Iterator[None]:
    """Hold what is held while a row is read and written to its file, so that the latest one stays.

    Raises:
        StorageError: the user's folder cannot be written to.
    """
    path = folder(home()) / LOCK
    lock = FileLock(path, preserve_lock_file=True)
    try:
        lock.acquire()
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield
    finally:
        lock.release()


def forget(job_id: str) -> None:
    """Remove the file of a job that is deleted."""
    with suppress(FileNotFoundError):
        path_of(job_id).unlink()
        sync_folder(home() / FOLDER)


def lost(known: Iterable[str]) -> list[JobRecord]:
    """Return the jobs whose files and folders are there, but for those whose ids are known; the oldest first.

    A file that cannot be read is left aside.
    """
    rows, found = set(known), list[JobRecord]()
    for path in sorted((home() / FOLDER).glob("*.json")):
        if path.stem in rows:
            continue
        with suppress(InputError):
            record = typed_json.read(JobRecord, path)
            if record.id == path.stem and (home() / record.directory).is_dir():
                found.append(record)
    return sorted(found, key=lambda record: (record.created, record.id))


def insert(database: sqlite3.Connection, records: Iterable[JobRecord]) -> int:
    """Add jobs to the table, and return how many; those that are in it stay as they are."""
    statement = f"INSERT OR IGNORE INTO jobs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    return sum(database.execute(statement, _values(record)).rowcount for record in records)


def _values(record: JobRecord) -> list[Any]:
    given = (getattr(record, name) for name in COLUMNS)
    return [json.dumps(v, ensure_ascii=False, allow_nan=False) if isinstance(v, dict) else v for v in given]
