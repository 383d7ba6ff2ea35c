"""The table of jobs, of every kind.

Several processes use it at once (pages, workers, the command line), so each call opens the file, does one statement and
closes it, and a change of state names the states that it may start from.
"""

import functools
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from core.errors import InputError, StorageError
from core.files import home
from core.progress import Progress, Told, counted, kept
from jobs import database, records
from jobs.database import AgainError, opened
from jobs.job import ACTIVE, OWNER, STARTABLE, STATES, Job
from jobs.visibility import visible
from people.actor import current

AnyJob = TypeVar("AnyJob", bound=Job)
ENDS = ("failed", "cancelled", "interrupted")
P = ParamSpec("P")
R = TypeVar("R")
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
_LINE = " ORDER BY priority DESC, position, number"


def new_id() -> str:
    """Return a fresh id, which begins with the time in UTC."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"


def _again(method: Callable[P, R]) -> Callable[P, R]:
    """Do once more what could not be done, where the file can be used now."""

    @functools.wraps(method)
    def twice(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return method(*arguments, **named)
        except AgainError:
            return method(*arguments, **named)

    return twice


class JobStore:
    """The jobs that the one who asks sees.

    Args:
        everything: whether it holds all there are, for the queue itself.
    """

    def __init__(self, everything: bool = False) -> None:
        self.path, self.everything = home() / "index.sqlite", everything

    @_again
    def create(
        self, cls: type[Job], job_id: str, title: str, directory: str, parameters: Mapping[str, Any], *,
        subject: str = "", state: str = "draft", reason: str = "", summary: Mapping[str, Any] | None = None,
        created: float | None = None,
    ) -> bool:  # fmt: skip
        """Add a job that is not active, whose files lie in its folder already; False if there is one of that id."""
        told = {**parameters, OWNER: current().name} if current().known else dict(parameters)
        record = records.JobRecord(
            job_id, cls.KIND, title, subject, directory, told, dict(summary or {}), state, reason, 0, 0,
            time.time() if created is None else created, None, None, None, None, None,
        )  # fmt: skip
        with records.locked(), opened(self.path) as index:
            if index.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone():
                return False
            records.write(vars(record))
            return records.insert(index, [record]) == 1

    def get(self, job_id: str, cls: type[AnyJob]) -> AnyJob:
        """Return one job of a class; ``Job`` itself takes any.

        Raises:
            InputError: there is none of that id.
        """
        found = self._select(cls, "id = ? AND ? IN (kind, '')", (job_id, cls.KIND)) if _ID.fullmatch(job_id) else []
        if not found:
            raise InputError(f"there is no {cls.NOUN} {job_id[:40]!r}; it may have been deleted")
        return found[0]

    def exists(self, job_id: str) -> bool:
        """Tell whether there is a job of that id, of any kind."""
        return bool(self._select(Job, "id = ?", (job_id,)))

    def find(self, cls: type[AnyJob], states: Sequence[str] = STATES, subject: str | None = None) -> list[AnyJob]:
        """List the jobs of a class in some states, newest first; with a subject, only those that work on it."""
        where = f"kind = ? AND state IN ({_marks(states)})" + ("" if subject is None else " AND subject = ?")
        return self._select(cls, where, (cls.KIND, *states, *([] if subject is None else [subject])))

    def all(self, cls: type[AnyJob]) -> list[AnyJob]:
        """List the jobs of every kind, as jobs of a class."""
        return self._select(cls, "1", ())

    def active(self) -> list[Job]:
        """List the jobs of every kind that a worker has."""
        return self._select(Job, "state IN ('queued', 'running')", ())

    @_again
    def count_active(self) -> int:
        """Count the jobs of every kind that a worker has."""
        with opened(self.path, reading=True) as index:
            found = index.execute("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()
        return int(found[0])

    def ended_since(self, moment: float, most: int) -> list[Job]:
        """List the jobs of every kind that ended after a moment, at most so many, the last one first."""
        where = "state NOT IN ('draft', 'queued', 'running') AND ended >= ?"
        return self._select(Job, where, (moment, most), " ORDER BY ended DESC, number DESC LIMIT ?")

    def line(self) -> list[Job]:
        """List the jobs that wait, in the order in which they will be computed."""
        return self._select(Job, "state = 'queued'", (), _LINE)

    def within(self, directory: str) -> list[Job]:
        """List the jobs whose folders lie inside another folder."""
        start = f"{directory}/"
        return self._select(Job, "substr(directory, 1, ?) = ?", (len(start), start))

    def enqueue(self, job_id: str, process: str, parameters: Mapping[str, Any], priority: int = 0) -> bool:
        """Put a job at the end of its priority; False if it cannot start, or its subject is at work in another one.

        Args:
            job_id: of a job that is not active and not done.
            process: identity of its worker.
            parameters: that change; the others stay.
            priority: the higher is computed first.
        """
        return self._set(
            job_id,
            "parameters = json_patch(parameters, ?), process = ?, queued = ?, state = 'queued', stage = '',"
            " priority = ?, reason = '', progress = NULL, started = NULL, ended = NULL, cancel_requested = NULL,"
            " attempts = attempts + 1, position = (SELECT COALESCE(MAX(position), 0) + 1 FROM jobs)",
            (_json(parameters), process, time.time(), priority),
            STARTABLE,
            " AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.kind = jobs.kind AND other.subject = jobs.subject"
            " AND jobs.subject != '' AND other.id != jobs.id AND other.state IN ('queued', 'running'))",
        )

    def begin(self, job_id: str) -> bool:
        """Turn a queued job into a running one; False if it is queued no more."""
        return self._set(job_id, "state = 'running', started = ?", (time.time(),), ("queued",))

    def report(self, job_id: str, progress: Progress, stage: str = "") -> bool:
        """Note how far a running job is; False if it does not run any more."""
        values = (stage or counted(progress), _json(kept(progress)))
        return self._set(job_id, "stage = ?, progress = ?", values, ("running",), safe=False)

    def publish(self, job_id: str, summary: Mapping[str, Any]) -> bool:
        """Add to what a job found; a value of None removes its key."""
        return self._set(job_id, "summary = json_patch(summary, ?)", (_json(summary),), ACTIVE, safe=False)

    def request_cancel(self, job_id: str) -> bool:
        """Note that an active job is to stop; False if it is not active."""
        return self._set(job_id, "cancel_requested = COALESCE(cancel_requested, ?)", (time.time(),), ACTIVE)

    def finish(self, job_id: str) -> bool:
        """Mark a running job as done."""
        return self._set(job_id, "state = 'done', ended = ?", (time.time(),), ("running",))

    def end(self, job_id: str, state: str, reason: str, process: str | None) -> bool:
        """Mark an active job as ``failed``, ``cancelled`` or ``interrupted``, if that worker still has it."""
        if state not in ENDS:
            raise ValueError(f"a job ends failed, cancelled or interrupted, got {state!r}")
        values = (state, reason, time.time())
        return self._set(job_id, "state = ?, reason = ?, ended = ?", values, ACTIVE, " AND process IS ?", (process,))

    @_again
    def delete(self, job_id: str, put_away: Callable[[], object] = lambda: None) -> bool:
        """Forget a job that is not active; its files stay. False if it is active, or not there.

        Args:
            job_id: of the job.
            put_away: called once it is sure that the job goes, before it is forgotten.
        """
        with records.locked(), opened(self.path) as index:
            index.execute("BEGIN IMMEDIATE")
            where = "id = ? AND state NOT IN ('queued', 'running')"
            if index.execute(f"DELETE FROM jobs WHERE {where}", (job_id,)).rowcount != 1:
                return False
            put_away()
            records.forget(job_id)
            index.execute("COMMIT")
            database.drop_log(index)
        return True

    @_again
    def take_up(self) -> int:
        """Add the jobs whose files and folders are there and whose rows were lost; return how many."""
        with records.locked(), opened(self.path) as index:
            return database.take_up(index)

    def prioritise(self, job_id: str, priority: int) -> bool:
        """Change the priority of a job that waits; those of the same priority queued before stay before it."""
        return self._set(job_id, "priority = ?", (priority,), ("queued",))

    @_again
    def move(self, job_id: str, by: int) -> bool:
        """Let a job that waits change places with the one so many places behind it; negative: before it.

        Returns:
            Whether it waits, and there is such a place.
        """
        with opened(self.path) as index:
            index.execute("BEGIN IMMEDIATE")
            waiting = f"SELECT id, priority, position FROM jobs WHERE state = 'queued'{_LINE}"
            line = index.execute(waiting).fetchall()
            at = next((number for number, row in enumerate(line) if row["id"] == job_id), None)
            if at is None or not 0 <= at + by < len(line):
                return False
            for one, other in ((line[at], line[at + by]), (line[at + by], line[at])):
                place = (other["priority"], other["position"], one["id"])
                index.execute("UPDATE jobs SET priority = ?, position = ? WHERE id = ?", place)
            index.execute("COMMIT")
        return True

    @_again
    def _select(
        self, cls: type[AnyJob], where: str, values: Sequence[object], order: str = " ORDER BY number DESC"
    ) -> list[AnyJob]:
        with opened(self.path, reading=True) as index:
            rows = index.execute(f"SELECT * FROM jobs WHERE {where}{order}", tuple(values)).fetchall()
        found = [_job(row, cls) for row in rows]
        return found if self.everything else visible(found, lambda: JobStore(everything=True).all(Job))

    @_again
    def _set(
        self, job_id: str, change: str, values: Sequence[object], states: Sequence[str], where: str = "",
        extra: Sequence[object] = (), safe: bool = True,
    ) -> bool:  # fmt: skip
        """Change one job if it is in one of ``states``; ``change`` and ``where`` are constants of this module."""
        statement = f"UPDATE jobs SET {change} WHERE id = ? AND state IN ({_marks(states)}){where}"
        with opened(self.path, safe=safe) as index:
            changed = index.execute(statement, (*values, job_id, *states, *extra)).rowcount == 1
        if changed and safe:
            self._record(job_id)
        return changed

    def _record(self, job_id: str) -> None:
        """Write a job's row to its file; the row counts, so that a full disk does not undo what was done."""
        with suppress(StorageError), records.locked(), opened(self.path) as index:
            if row := index.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone():
                records.write(database.values(row))


def _job(row: sqlite3.Row, cls: type[AnyJob]) -> AnyJob:
    values = database.values(row)
    progress, _, _ = (values.pop(name) for name in ("progress", "number", "position"))
    return cls(**values, told=Told.of(json.loads(progress) if progress else None))


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
