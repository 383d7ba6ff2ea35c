"""The process that computes one job: ``python -m jobs.worker ID MODULE:FUNCTION``, started by :mod:`jobs.queue`.

The function takes a :class:`JobContext`. What it raises says how the job ended: nothing, done; ``Cancelled``,
cancelled; another ``WhycamError``, failed with that sentence. It is imported when the job's turn has come.
"""

import contextlib
import os
import pkgutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from filelock import FileLock, Timeout

from core.errors import Cancelled, WhycamError
from core.progress import Progress
from jobs import processes
from jobs.job import LOG, Job
from jobs.queue import Queue
from jobs.store import JobStore

NICE = 5
TURN_SECONDS = 0.5
REPORT_SECONDS = 0.25
SUBMIT_SECONDS = 60.0
"""A worker whose job is not queued so long after the worker's start ends, because its parent process has died."""
STARTING = Progress(0, None, 0.0, "starting", "")
"""Until the stages are loaded, which takes seconds."""
stopped_by: list[int] = []
"""Signals that this process got. A library that is being imported may turn what they raise into an error of its own."""


class JobContext:
    """What a job's function knows of its job, and whom it tells how far it is, at most four times a second.

    Attributes:
        job: as it was when its turn came.
        owner_names: puts the names that the job's user gave to files where a sentence gives those of the files here.
    """

    def __init__(self, job: Job, store: JobStore) -> None:
        self.job, self.store = job, store
        self.owner_names: Callable[[str], str] = str
        self._reported = self._checked = 0.0
        self._stage: str | None = None
        self._cancelled = False

    def progress(self, report: Progress, stage: str = "") -> None:
        """Pass on how far the job is; a new stage and the end of one are never left out.

        Args:
            report: how far it is.
            stage: what is going on, in words; the report's own when empty.
        """
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS or report.stage != self._stage or report.done == report.total:
            self._reported, self._stage = now, report.stage
            self.store.report(self.job.id, report, stage)

    def publish(self, **summary: Any) -> None:
        """Add to what the job found, for pages to show while it runs and after."""
        self.store.publish(self.job.id, summary)

    def cancelled(self) -> bool:
        """Tell whether the user asked the job to stop."""
        now = time.monotonic()
        if not self._cancelled and now - self._checked >= REPORT_SECONDS:
            self._checked, self._cancelled = now, self.store.get(self.job.id, Job).cancelling
        return self._cancelled

    def check_cancelled(self) -> None:
        """Stop the job if its user requested it.

        Raises:
            Cancelled: so it is.
        """
        if self.cancelled():
            raise Cancelled("")


def work(job_id: str, target: str) -> int:
    """Wait for the job's turn, compute it, and note how it ended.

    Returns:
        The process's exit code: 0 done or cancelled, 2 the input was wrong, 1 our own failure.
    """
    store, me = JobStore(), processes.identity(os.getpid())
    if not _submitted(job_id, store, me):
        return 1
    context = JobContext(store.get(job_id, Job), store)
    try:
        with turn(context):
            if store.begin(job_id):
                context.progress(STARTING)
                pkgutil.resolve_name(target)(context)
                store.finish(job_id)
        return 0
    except Cancelled as cancelled:
        store.end(job_id, "cancelled", str(cancelled), me)
        return 0
    except Exception as error:
        if stopped_by:
            _stopped(job_id, store, me)
            return 0
        return _failed(context, error, me)
    except BaseException:
        _stopped(job_id, store, me)
        raise


def _stopped(job_id: str, store: JobStore, me: str | None) -> None:
    """Note that a job was stopped, by its user or from outside."""
    if store.get(job_id, Job).cancelling:
        store.end(job_id, "cancelled", "", me)
    else:
        store.end(job_id, "interrupted", "its worker was stopped from outside; resume it to go on", me)


def _failed(context: JobContext, error: Exception, me: str | None) -> int:
    """Note why a job failed, and return the exit code."""
    if isinstance(error, WhycamError):
        context.store.end(context.job.id, "failed", context.owner_names(str(error)), me)
        return 2
    traceback.print_exc()
    said = f"Whycam itself failed on {context.job.title!r} ({type(error).__name__}); see "
    context.store.end(context.job.id, "failed", f"{said}{context.job.folder / LOG}", me)
    return 1


def _submitted(job_id: str, store: JobStore, me: str | None) -> bool:
    """Wait until the job is queued with this process for its worker."""
    end = time.monotonic() + SUBMIT_SECONDS
    while time.monotonic() < end:
        if store.get(job_id, Job).process == me:
            return True
        time.sleep(0.05)
    return False


@contextlib.contextmanager
def turn(context: JobContext) -> Iterator[None]:
    """Hold the machine's one place to compute, once the job is the first in line.

    Raises:
        Cancelled: its user asked it to stop.
    """
    queue, job_id = Queue({}), context.job.id
    place = FileLock(context.store.path.with_name("compute.lock"), preserve_lock_file=True)
    while True:
        context.check_cancelled()
        with contextlib.suppress(Timeout):
            if [job.id for job in queue.line()[:1]] == [job_id]:
                place.acquire(blocking=False)
                break
        time.sleep(TURN_SECONDS)
    try:
        yield
    finally:
        place.release()


def on_signal(number: int, frame: FrameType | None) -> None:
    """End the process as it ends by itself, so that what it holds is put away."""
    stopped_by.append(number)
    raise SystemExit(128 + number)


def main() -> None:
    """Compute the job that the command line names, behind the pages that show it."""
    os.nice(NICE)
    signal.signal(signal.SIGTERM, on_signal)
    sys.exit(work(*sys.argv[1:]))


if __name__ == "__main__":
    main()
