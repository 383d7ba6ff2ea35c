"""How much space runs, playback copies, exports and uploads take, and their clean-up by age and by size.

What is active, what an active job works on, and what :data:`PROTECTORS` name is never removed. A clean-up asks again
before each removal: what was reviewed since its preview stays.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.files import folder, home
from jobs.job import Job
from jobs.store import JobStore
from people import policy
from pipeline import kinds, playback
from pipeline.export.exports import Export
from pipeline.kinds import queue
from pipeline.playback import Playback
from pipeline.reviewing import desk
from pipeline.store import Run
from pipeline.training.trainings import TrainingJob

RUN, COPY, EXPORT, UPLOAD, TRAINING = "run", "playback copy", "export", "upload not analysed", "clips of a training"
WHATS = (RUN, COPY, EXPORT, UPLOAD, TRAINING)
"""What can be cleaned up. A run's clip and results go with it, and its playback copy, which can be made again."""
ACTIVE = "at work"
DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Kept:
    """One thing that takes space.

    Attributes:
        what: one of :data:`WHATS`.
        job: whose files they are; of a playback copy, the run.
        bytes: its size; a run's without its playback copy.
        clip_bytes: of these, the clip as it was uploaded.
        since: seconds since the epoch from which its age counts.
        why_kept: why no clean-up removes it; empty where one may.
    """

    what: str
    job: Job
    bytes: int
    clip_bytes: int
    since: float
    why_kept: str

    def age_days(self, now: float) -> float:
        """Return its age."""
        return max(now - self.since, 0.0) / DAY_SECONDS


@dataclass(frozen=True)
class Disk:
    """The disk on which Whycam keeps its user's files, in bytes."""

    total: int
    free: int


def in_use() -> frozenset[str]:
    """Return the ids of runs that an active job works on: makes a copy of, explains or exports."""
    found = set[str]()
    for job in JobStore(everything=True).active():
        parts = job.directory.split("/")
        found |= {parts[1]} if parts[0] == "runs" else set()
        found |= set(job.parameters.get("runs", ())) if job.kind == kinds.EXPORT else set()
    return frozenset(found)


PROTECTORS: dict[str, Callable[[], Collection[str]]] = {
    "reviewed": desk.reviewed_runs,
    "in a case": desk.case_runs,
    ACTIVE: in_use,
}
"""Why runs are protected to what returns their ids. Whoever marks runs as worth keeping adds an entry here."""


def protected_runs() -> dict[str, str]:
    """Return the ids of all runs that no clean-up removes, each with the reason."""
    return {run: reason for reason, ids in PROTECTORS.items() for run in ids()}


def disk() -> Disk:
    """Measure the disk.

    Raises:
        StorageError: the user's folder cannot be made.
    """
    used = shutil.disk_usage(folder(home()))
    return Disk(used.total, used.free)


def put_aside() -> list[Path]:
    """List the damaged indexes and files of reviews in whose place new ones were made, the oldest first."""
    return sorted(home().glob("*.damaged-*.sqlite"), key=lambda path: path.name.rpartition("damaged-")[2])


def kept(sizes: Callable[[Path, float | None], int] | None = None) -> list[Kept]:
    """List all that takes space, the largest first.

    Args:
        sizes: returns the bytes of a folder, whose job ended at a time; :func:`size_of` when None.
    """
    measured = sizes or (lambda place, ended: size_of(place))
    store, guarded = queue().store, protected_runs()
    found: list[Kept] = []
    for run in store.find(Run):
        found += _of_run(run, guarded.get(run.id, ""), measured)
    others: tuple[tuple[str, Sequence[Job]], ...] = (
        (EXPORT, store.find(Export)), (TRAINING, store.find(TrainingJob))
    )  # fmt: skip
    for what, jobs in others:
        for job in jobs:
            why = ACTIVE if job.active else ""
            found.append(Kept(what, job, measured(job.folder, job.ended), 0, job.ended or job.created, why))
    return sorted((one for one in found if one.bytes), key=lambda one: (-one.bytes, one.job.id))


def _of_run(run: Run, guarded: str, sizes: Callable[[Path, float | None], int]) -> list[Kept]:
    why, since = ACTIVE if run.active else guarded, run.ended or run.created
    copy = run.folder / playback.FOLDER
    copied = size_of(copy) if copy.is_dir() else 0  # a copy may be made after the run has ended
    clip = run.path.stat().st_size if run.extension and run.path.is_file() else 0
    whole = sizes(run.folder, None if run.active else run.ended)
    what = UPLOAD if run.state == "draft" else RUN
    beside = Kept(COPY, run, copied, 0, since, ACTIVE if why == ACTIVE else "")
    return [Kept(what, run, max(whole - copied, clip), clip, since, why), *([beside] if copied else [])]


def size_of(place: Path) -> int:
    """Return the bytes of all files in a folder; one that goes meanwhile has none."""
    total = 0
    for path in place.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def to_remove(
    found: Iterable[Kept], what: Collection[str], days: float | None, most_bytes: int | None, now: float | None = None
) -> list[Kept]:
    """Choose what a clean-up removes, the oldest first.

    Args:
        found: all that takes space.
        what: kinds in :data:`WHATS` that may go.
        days: those older than this go; None for none by age.
        most_bytes: more go, the oldest first, until all that is left takes no more; None for none by size.
        now: seconds since the epoch; the present when None.
    """
    moment, everything = time.time() if now is None else now, list(found)
    may = sorted((o for o in everything if o.what in what and not o.why_kept), key=lambda one: (one.since, one.job.id))
    chosen = [one for one in may if days is not None and one.age_days(moment) > days]
    left = sum(one.bytes for one in everything) - sum(one.bytes for one in chosen)
    for one in may:
        if most_bytes is None or left <= most_bytes:
            break
        if one not in chosen:
            chosen.append(one)
            left -= one.bytes
    return sorted(chosen, key=lambda one: (one.since, one.job.id))


def remove(chosen: Iterable[Kept]) -> tuple[list[Kept], list[str]]:
    """Remove what was chosen; what is at work or protected by now stays.

    Returns:
        What is gone, and a sentence for each thing that stayed.
    """
    policy.require(policy.DELETE)
    gone, stayed = list[Kept](), list[str]()
    for one in chosen:
        reason = protected_runs().get(one.job.id, "") if one.what != COPY or one.job.id in in_use() else ""
        try:
            if reason:
                raise InputError(f"{one.job.title!r} stays: it is {reason} now")
            _remove(one)
            gone.append(one)
        except InputError as error:
            stayed.append(str(error))
    return gone, stayed


def _remove(one: Kept) -> None:
    if one.what != COPY:
        queue().delete(one.job.id)
        return
    for made in queue().store.find(Playback, subject=one.job.id):
        queue().delete(made.id)
    shutil.rmtree(one.job.folder / playback.FOLDER, ignore_errors=True)
