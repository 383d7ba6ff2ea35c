"""What an account takes up, held against its limits; without sign-in there are none."""

import contextlib
from pathlib import Path
from typing import BinaryIO

from jobs.job import ACTIVE, Job
from jobs.store import JobStore
from people import accounts
from people.actor import current
from people.quotas import require

BYTES, RUNS, JOBS = "bytes", "runs", "jobs"


def require_room(size: int = 0, runs: int = 0, jobs: int = 0) -> None:
    """See that the one who asks may keep more, and have more computed; drafts count.

    Args:
        size: bytes that are added; 0 where that is not known yet.
        runs: analyses and drafts that are added.
        jobs: that are queued, beside those at work.

    Raises:
        AccessError: a limit of the account would be passed.
    """
    if (limits := accounts.limits_of(current().name)) is None:
        return
    own = _own()
    if runs:
        require(limits.runs, sum(job.directory.startswith("runs/") for job in own) + runs, RUNS)
    if jobs:
        require(limits.jobs, sum(job.state in ACTIVE for job in own) + jobs, JOBS)
    if size or runs:
        require(limits.bytes, sum(size_of(job.folder) for job in own) + max(size, 1), BYTES)


def metered(stream: BinaryIO) -> BinaryIO:
    """Return a stream whose reading ends with a sentence where the account's limit of bytes is passed."""
    limits = accounts.limits_of(current().name)
    if limits is None:
        return stream
    return _Metered(stream, limits.bytes, sum(size_of(job.folder) for job in _own()))  # type: ignore[return-value]


class _Metered:
    """The part of a stream that copying needs."""

    def __init__(self, stream: BinaryIO, limit: int, used: int) -> None:
        self.stream, self.limit, self.used = stream, limit, used

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        self.used += len(block)
        require(self.limit, self.used, BYTES)
        return block


def size_of(place: Path) -> int:
    """Return the bytes of all files in a folder; one that goes meanwhile has none."""
    total = 0
    for path in place.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def _own() -> list[Job]:
    """Return the jobs of the one who asks that have a folder of their own, and are not inside another's."""
    name = current().name
    return [job for job in JobStore(everything=True).all(Job) if job.owner == name and job.directory.count("/") == 1]
