"""Jobs computed by the test itself, in place of a worker process."""

import os
import time

import pytest

from jobs import processes, worker
from jobs.job import Job
from jobs.queue import Queue
from jobs.store import JobStore
from pipeline.kinds import KINDS

ME = processes.identity(os.getpid())


def no_processes(patch: pytest.MonkeyPatch) -> None:
    """Have jobs queued alone: :func:`work` is their worker."""
    patch.setattr(Queue, "submit", _submit)


def _submit(queue, job_id, **parameters):
    changed = {name: value for name, value in parameters.items() if value is not None}
    priority = queue.priorities.get(queue.store.get(job_id, Job).kind, 0)
    assert queue.store.enqueue(job_id, ME, changed, priority)


def work(job_id):
    """Compute a queued job; return the exit code of its process."""
    return worker.work(job_id, KINDS[JobStore().get(job_id, Job).kind])


def keep(cls, job_id, title, directory, parameters, state, *, told=None, **more):
    """Keep a job in a state; an active one is this process's."""
    store = JobStore()
    ended = state not in ("queued", "running")
    store.create(cls, job_id, title, directory, parameters, state=state if ended else "draft", **more)
    if not ended:
        store.enqueue(job_id, ME, {})
    if state == "running":
        store.begin(job_id)
    if told:
        store.report(job_id, *told)


def until(job, condition, seconds=240.0):
    """Wait until a condition holds; what the job's worker wrote is shown where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, (job.folder / "worker.log").read_text()
        time.sleep(0.05)
