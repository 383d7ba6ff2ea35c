"""Runs: an SQLite index (``index.sqlite``, in WAL mode) and one folder for each run, under :func:`core.files.home`.

Several processes use the store at once (pages, workers, the command line), so each call opens the index, does one
statement and closes it, and a change of state names the states that it may start from.
"""

import contextlib
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core import video
from core.errors import InputError
from core.files import folder, home, write_whole
from core.progress import Progress, counted_down
from pipeline._index import opened

STATES = ("draft", "queued", "running", "done", "failed", "cancelled", "interrupted")
ACTIVE = ("queued", "running")
STARTABLE = ("draft", "failed", "cancelled", "interrupted")
EXTENSIONS = video.EXTENSIONS
DRAFT_SECONDS = 24 * 3600.0
NAME_LENGTH = 200
COPY_BYTES = 1 << 20

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True)
class Run:
    """One analysis of one clip, as the index knows it; times are seconds since the epoch.

    Attributes:
        id: made by :func:`create`; names the run's folder.
        clip: the clip's name as its owner wrote it: shown escaped, never a path.
        extension: one of :data:`EXTENSIONS`.
        camera: chosen when the run is queued.
        threshold: asked for at the start; None means the camera's.
        state: one of :data:`STATES`; a draft has its clip but was never started.
        stage, done, total, fps, unit: of the present stage, see :class:`core.progress.Progress`.
        error: the sentence that says why it failed.
        pid, pid_started: the worker, and when that process began, so that a recycled pid is not mistaken for it.
        cancel: whether its user asked it to stop.
        events, top_cause, reach: the summary of a finished run; ``reach`` says of which part of the clip it is, if not
            of all.
        remaining: seconds that all its stages were still to take when that was told; None while nobody can tell.
        share: of the whole run that is behind it, 0 to 1, likewise.
        told: when progress was last told.
    """

    id: str
    clip: str
    extension: str
    camera: str | None
    threshold: float | None
    state: str
    stage: str
    done: int
    total: int | None
    fps: float
    error: str | None
    created: float
    queued: float | None
    started: float | None
    finished: float | None
    pid: int | None
    pid_started: str | None
    cancel: bool
    events: int | None
    top_cause: str | None
    unit: str = "frames"
    remaining: float | None = None
    share: float | None = None
    told: float | None = None
    reach: str = ""

    @property
    def folder(self) -> Path:
        """Where the run's clip, scores, evidence, reports and log lie."""
        return home() / "runs" / self.id

    @property
    def path(self) -> Path:
        """The clip itself."""
        return self.folder / f"clip.{self.extension}"

    def named(self, sentence: str) -> str:
        """Put the clip's own name where a sentence gives that of its file here."""
        return sentence.replace(repr(self.path.name), repr(self.clip))

    @property
    def active(self) -> bool:
        """Whether a worker has it, or should have it soon."""
        return self.state in ACTIVE

    @property
    def seconds_left(self) -> float | None:
        """Time until the run is done, all its stages included; None while nobody can tell."""
        return counted_down(self.remaining, max(time.time() - self.told, 0.0)) if self.told else None


def create(stream: BinaryIO, name: str) -> Run:
    """Keep a clip and make a draft run of it; the stream is read once, in chunks.

    Args:
        stream: the clip's bytes, from where it stands to its end.
        name: the clip's name as its owner wrote it.

    Raises:
        InputError: the name does not end like a video's.
        StorageError: the clip could not be written; nothing of it is left.
    """
    extension = name.rpartition(".")[2].lower()
    if extension not in EXTENSIONS:
        raise InputError(f"{_shown(name)!r} is no video file by its name; known endings: {', '.join(EXTENSIONS)}")
    _drop_old_drafts()
    now = time.time()
    run_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(3)}"
    place = folder(home() / "runs" / run_id)
    try:
        with write_whole(place / f"clip.{extension}") as out:
            shutil.copyfileobj(stream, out, COPY_BYTES)
        with opened() as index:
            index.execute(
                "INSERT INTO runs (id, clip, extension, state, created) VALUES (?, ?, ?, 'draft', ?)",
                (run_id, _shown(name), extension, now),
            )
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return get(run_id)


def get(run_id: str) -> Run:
    """Return one run.

    Raises:
        InputError: there is no run of that id.
    """
    if _ID.fullmatch(run_id):
        with opened() as index:
            row = index.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is not None:
            return _run(row)
    raise InputError(f"there is no run {run_id[:40]!r}; it may have been deleted, the list of runs has those there are")


def runs(states: Sequence[str] = STATES[1:]) -> list[Run]:
    """List the runs in those states, newest first; drafts only when asked for."""
    marks = ",".join("?" * len(states))
    with opened() as index:
        rows = index.execute(
            f"SELECT * FROM runs WHERE state IN ({marks}) ORDER BY created DESC, id DESC",
            tuple(states),
        ).fetchall()
    return [_run(row) for row in rows]


def enqueue(run_id: str, camera: str | None = None, threshold: float | None = None) -> bool:
    """Queue a run that is not active; a camera or threshold left out stays as it was. False if it was not startable."""
    return _set(
        run_id,
        "camera = COALESCE(?, camera), threshold = COALESCE(?, threshold), state = 'queued', queued = ?, stage = '',"
        " done = 0, total = NULL, fps = 0, remaining = NULL, share = NULL, told = NULL, started = NULL,"
        " finished = NULL, error = NULL, cancel = 0, pid = NULL, pid_started = NULL",
        (camera, threshold, time.time()),
        STARTABLE,
    )


def attach(run_id: str, pid: int, pid_started: str) -> bool:
    """Note the worker process of an active run."""
    return _set(run_id, "pid = ?, pid_started = ?", (pid, pid_started), ACTIVE)


def begin(run_id: str) -> bool:
    """Turn a queued run into a running one; False if it is queued no more."""
    return _set(run_id, "state = 'running', started = ?", (time.time(),), ("queued",))


def progress(run_id: str, told: Progress) -> bool:
    """Note how far a running run is; False if it does not run any more."""
    values = (told.stage, told.done, told.total, told.fps, told.unit, told.left, told.share, time.time())
    change = "stage = ?, done = ?, total = ?, fps = ?, unit = ?, remaining = ?, share = ?, told = ?"
    return _set(run_id, change, values, ("running",))


def request_cancel(run_id: str) -> bool:
    """Ask an active run to stop; its worker obeys at its next chunk."""
    return _set(run_id, "cancel = 1", (), ACTIVE)


def finish(run_id: str, events: int, top_cause: str | None, reach: str = "") -> bool:
    """Mark a running run as done, with its summary."""
    values = (time.time(), events, top_cause, reach)
    return _set(run_id, "state = 'done', finished = ?, events = ?, top_cause = ?, reach = ?", values, ("running",))


def end(run_id: str, state: str, error: str | None, pid: int | None) -> bool:
    """Mark an active run as ``failed``, ``cancelled`` or ``interrupted``, if that worker still has it."""
    if state not in ("failed", "cancelled", "interrupted"):
        raise ValueError(f"a run ends failed, cancelled or interrupted, got {state!r}")
    values = (state, error, time.time())
    return _set(run_id, "state = ?, error = ?, finished = ?", values, ACTIVE, " AND pid IS ?", (pid,))


def delete(run_id: str) -> None:
    """Delete a run with all its files.

    Raises:
        InputError: there is no such run, or it is active.
    """
    run = get(run_id)
    with opened() as index:
        gone = index.execute("DELETE FROM runs WHERE id = ? AND state NOT IN ('queued', 'running')", (run_id,)).rowcount
    if not gone:
        raise InputError(f"the run of {run.clip!r} is still at work; cancel it before it is deleted")
    shutil.rmtree(run.folder, ignore_errors=True)


def _drop_old_drafts() -> None:
    for run in runs(("draft",)):
        if run.created < time.time() - DRAFT_SECONDS:
            with contextlib.suppress(InputError):
                delete(run.id)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[-NAME_LENGTH:]


def _run(row: sqlite3.Row) -> Run:
    values = dict(row)
    return Run(**values | {"cancel": bool(values["cancel"])})


def _set(
    run_id: str,
    change: str,
    values: Sequence[object],
    states: Sequence[str],
    where: str = "",
    extra: Sequence[object] = (),
) -> bool:
    """Change one run if it is in one of ``states``; ``change`` and ``where`` are constants of this module."""
    marks = ",".join("?" * len(states))
    with opened() as index:
        done = index.execute(
            f"UPDATE runs SET {change} WHERE id = ? AND state IN ({marks}){where}",
            (*values, run_id, *states, *extra),
        )
        return done.rowcount == 1
