"""Jobs that version 0.1 kept in folders of their own, ``request.json`` beside ``state.json``; each becomes a row."""

import calendar
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core import typed_json
from core.errors import WhycamError
from core.files import home
from jobs import processes
from jobs.job import ACTIVE, STARTABLE, Job
from jobs.store import JobStore
from people.actor import OWNER, acting

STATE, REQUEST, WORKERS = "state.json", "request.json", ("process.json", "worker.json")
UPDATED = "Whycam was updated meanwhile; resume it to go on"


def take_over(
    cls: type[Job], job_id: str, folder: Path, described: Callable[[Mapping[str, Any]], tuple[str, str]],
    summary: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Make a row of such a folder; one that is damaged stays as it is. A worker that is still at work is ended.

    Args:
        cls: of the job.
        job_id: that it will have.
        folder: of the job.
        described: returns title and subject of a request.
        summary: names of the state's entries that are kept.
    """
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError, OverflowError, WhycamError):
        request, state = (typed_json.read(dict[str, Any], folder / name) for name in (REQUEST, STATE))
        for name in WORKERS:
            worker = typed_json.read(dict[str, Any], folder / name) if (folder / name).exists() else {}
            processes.kill(processes.counted_in_ticks(worker.get("pid"), worker.get("born")))
        ended, reason = str(state.get("state", "queued")), str(state.get("error") or "")
        if ended in ACTIVE:
            ended, reason = "interrupted", UPDATED
        if ended not in ("done", *STARTABLE):
            return
        title, subject = described(request)
        with acting(OWNER):  # whoever looks is not who made it
            JobStore().create(
                cls, job_id, title, folder.relative_to(home()).as_posix(), request, subject=subject, state=ended,
                reason=reason, summary={name: state[name] for name in summary if name in state},
                created=calendar.timegm(time.strptime(job_id[:15], "%Y%m%d-%H%M%S")),
            )  # fmt: skip
        for name in (STATE, *WORKERS):
            (folder / name).unlink(missing_ok=True)
