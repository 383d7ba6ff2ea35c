"""The queue: one job is computed at a time on a machine, the one queued first within a priority, whatever its kind."""

import pkgutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from core import reserve, sqlite_errors
from core.errors import InputError, StorageError
from core.files import folder, home, storage_error
from jobs import processes, trash, usage
from jobs.job import LOG, STARTABLE, STATES, Job
from jobs.store import AnyJob, JobStore
from people import audit, policy

ROOT = Path(__file__).resolve().parent.parent
WORKER = (sys.executable, "-m", "jobs.worker")
KILL_AFTER_SECONDS = 20.0
"""A worker that was told to stop has so long to put away what it holds."""


class Queue:
    """Submits jobs, each to a worker process of its own, and looks after them.

    Args:
        kinds: kind of job to the function that computes it, ``module:function``; see :mod:`jobs.worker`.
        priorities: kind of job to the priority that it is queued with; 0 for a kind that is not named.
        actions: kind of job to what its user must be allowed to do, of :mod:`people.policy`.
        forget: kind of job to the function ``module:function`` that is called with one that was deleted.
    """

    def __init__(
        self, kinds: Mapping[str, str], priorities: Mapping[str, int] | None = None,
        actions: Mapping[str, str] | None = None, forget: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.kinds, self.priorities, self.actions = kinds, priorities or {}, actions or {}
        self.store, self._everything, self.forget = JobStore(), JobStore(everything=True), forget or {}

    def add(
        self, cls: type[AnyJob], job_id: str, title: str, directory: str, parameters: Mapping[str, Any],
        subject: str = "",
    ) -> AnyJob:  # fmt: skip
        """Add a job whose files lie in its folder already, and submit it; it is not kept where that fails.

        Raises:
            AccessError: its user may not have such a job computed.
            InputError: another job works on its subject.
        """
        policy.require(self.action(cls.KIND))
        self.store.create(cls, job_id, title, directory, parameters, subject=subject)
        try:
            self.submit(job_id)
        except BaseException:
            self.store.delete(job_id)
            raise
        return self.get(job_id, cls)

    def submit(self, job_id: str, **parameters: Any) -> None:
        """Queue a draft, or a job that stopped: its worker starts, and waits for its turn by itself.

        Args:
            job_id: of a job in :data:`jobs.job.STARTABLE`.
            parameters: that change; None leaves one as it was.

        Raises:
            AccessError: its user may not have such a job computed, or has too many at work.
            InputError: there is no such job, it is active or done, or another one works on its subject.
            StorageError: its folder cannot be written to.
        """
        self.notice_dead()
        job = self.store.get(job_id, Job)
        policy.require(self.action(job.kind))
        usage.require_room(jobs=1)
        if job.state not in STARTABLE:
            raise InputError(f"{job.title!r} is {job.state} already; only what is neither active nor done can start")
        changed = {name: value for name, value in parameters.items() if value is not None}
        with _log_of(job) as log:
            worker = subprocess.Popen(
                [*WORKER, job_id, self.kinds[job.kind]],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=worker.wait, daemon=True, name=f"reap {job_id}").start()
        if not self._enqueued(job, processes.identity(worker.pid), changed):
            raise InputError(f"{job.title!r} is being worked on already; wait until that has ended, or cancel it")
        if (action := self.actions.get(job.kind, policy.LOOK)) != policy.LOOK:
            audit.record(action, job_id, f"{job.kind}: {job.title}")

    def _enqueued(self, job: Job, process: str | None, changed: Mapping[str, Any]) -> bool:
        """Queue a job with its worker, which is killed where that fails."""
        queued, priority = False, self.priorities.get(job.kind, 0)
        try:
            queued = process is not None and self.store.enqueue(job.id, process, changed, priority)
        finally:
            if not queued:
                processes.kill(process)
        return queued

    def get(self, job_id: str, cls: type[AnyJob]) -> AnyJob:
        """Return one job, after a look whether its worker lives.

        Raises:
            InputError: there is none of that id.
        """
        job = self.store.get(job_id, cls)
        return self.store.get(job_id, cls) if job.active and self._look_after(job) else job

    def find(self, cls: type[AnyJob], states: Sequence[str] = STATES, subject: str | None = None) -> list[AnyJob]:
        """List jobs as :meth:`JobStore.find` does, after a look whether their workers live."""
        self.notice_dead()
        return self.store.find(cls, states, subject)

    def line(self) -> list[Job]:
        """List the jobs that wait, the next one first."""
        self.notice_dead()
        return self.store.line()

    def before(self, job_id: str) -> int:
        """Return how many jobs will be computed before this one, those at work included."""
        self.notice_dead()
        waiting = [job.id for job in self._everything.line()]
        place = waiting.index(job_id) if job_id in waiting else 0
        return place + self.store.count_active() - len(waiting)

    def advance(self, job_id: str) -> bool:
        """Have a job that waits computed before all others.

        Raises:
            AccessError: its user may not change the order.
        """
        policy.require(policy.QUEUE)
        first = next(iter(self._everything.line()), None)
        return first is not None and self._everything.prioritise(job_id, first.priority + 1)

    def move(self, job_id: str, by: int) -> bool:
        """Let a job change places in the line, see :meth:`JobStore.move`.

        Raises:
            AccessError: its user may not change the order.
        """
        policy.require(policy.QUEUE)
        return self._everything.move(job_id, by)

    def cancel(self, job_id: str) -> bool:
        """Have an active job stop; what it has finished is kept. False if it is not active.

        Its worker gets SIGTERM; it is killed if it lives :data:`KILL_AFTER_SECONDS` later, at the next look at it.

        Raises:
            AccessError: it is another's, and its user may not cancel it.
        """
        policy.require(policy.QUEUE, self.store.get(job_id, Job).owner)
        if not self.store.request_cancel(job_id):
            return False
        processes.send(self.store.get(job_id, Job).process, signal.SIGTERM)
        return True

    def kill(self, job_id: str) -> None:
        """Kill an active job's worker at once; the job can be resumed."""
        job = self._everything.get(job_id, Job)
        if job.active:
            processes.kill(job.process)
            self._look_after(job)

    def delete(self, job_id: str, *, kill: bool = False) -> None:
        """Forget a job with its files, and with the jobs whose files lie inside its folder.

        Raises:
            AccessError: its user may not delete it: only drafts of one's own are deleted without that role.
            InputError: there is no such job, or it is active.
        """
        job = self.get(job_id, Job)
        policy.require(policy.DELETE, job.owner if job.state == "draft" else None)
        if kill:
            self.kill(job_id)
        if not self._forget(job):
            raise InputError(f"{job.title!r} is still at work; cancel it before it is deleted")
        for inner in self._everything.within(job.directory):
            self.kill(inner.id)
            self.store.delete(inner.id)
        self.finish_deletions()
        if job.kind in self.forget:
            pkgutil.resolve_name(self.forget[job.kind])(job)
        audit.record(audit.DELETED, job.id, f"{job.kind}: {job.title}")

    def _forget(self, job: Job) -> bool:
        """Put a job's files away and forget it; on a full disk, its files go first, which makes room for that."""
        try:
            return self.store.delete(job.id, lambda: trash.put(job))
        except StorageError:
            if job.active or not sqlite_errors.no_room(home()):
                raise
        trash.put(job)
        trash.remove(job.id)
        return self.store.delete(job.id)

    def finish_deletions(self) -> None:
        """Forget the jobs whose files were put away, and remove those; a process may have died before that."""
        for job_id in trash.left():
            self.store.delete(job_id)
            trash.remove(job_id)
        reserve.keep()

    def notice_dead(self) -> None:
        """Mark the active jobs whose worker is gone as interrupted, or cancelled if that was requested."""
        for job in self._everything.active():
            self._look_after(job)

    def action(self, kind: str) -> str:
        """Return what the user of a kind of job must be allowed to do, of :mod:`people.policy`."""
        return self.actions.get(kind, policy.ANALYSE)

    def _look_after(self, job: Job) -> bool:
        """Mark a job whose worker is dead, and kill a worker that does not obey; tell whether it was marked."""
        if processes.alive(job.process):
            if job.cancel_requested is not None and abs(time.time() - job.cancel_requested) > KILL_AFTER_SECONDS:
                processes.send(job.process, signal.SIGKILL)
            return False
        if job.cancelling:
            return self.store.end(job.id, "cancelled", "", job.process)
        said = f"its worker ended without a word; resume it, or see {LOG} in {job.folder}"
        return self.store.end(job.id, "interrupted", said, job.process)


def _log_of(job: Job) -> IO[bytes]:
    path = folder(job.folder) / LOG
    try:
        return path.open("ab")
    except OSError as error:
        raise storage_error(path, error) from error
