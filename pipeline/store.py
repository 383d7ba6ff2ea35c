"""Runs: analyses that the pages ask for; each is a job with a folder of its own under :func:`core.files.home`."""

import contextlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError, UnknownNameError
from core.files import folder, home, write_whole
from core.limits import EXTENSIONS
from jobs import usage
from jobs.job import ACTIVE, STARTABLE, STATES, Found, Job, Parameter
from jobs.locks import exclusive
from jobs.store import JobStore, new_id
from people import audit, policy
from people.actor import OWNER, acting
from pipeline.blurs import BLURS
from pipeline.kinds import ANALYSIS, queue

__all__ = ["ACTIVE", "EXTENSIONS", "STARTABLE", "STATES", "Run"]
DEMO = Path(__file__).resolve().parent.parent / "assets" / "demo" / "plaza.mp4"
"""The clip that comes with Whycam."""
RUNS = "runs"
"""Folder of the runs, in that of the user."""
BLURRED = "blurred.mp4"
"""Not among what an upload alone has, see :data:`pipeline.tidy.UPLOADS`."""
DRAFT_SECONDS = 24 * 3600.0
NAME_LENGTH = 200
COPY_BYTES = 1 << 20


class Run(Job):
    """One analysis of one clip.

    Attributes:
        camera: chosen when the run is submitted.
        threshold: calibrated score that was asked for; None means the camera's.
        blur: one of :data:`pipeline.blurs.BLURS`: what is to be blurred in all that is kept.
        extension: of the clip's file, one of :data:`EXTENSIONS`.
        events, top_cause, reach, kept_blur: the summary of a finished run; ``reach`` says of which part of the clip it
            is, if not of all, and ``kept_blur`` what is blurred in what it keeps.
    """

    KIND, NOUN = ANALYSIS, "run"
    camera, threshold = Parameter[str | None](None), Parameter[float | None](None)
    extension, blur = Parameter(""), Parameter("none")
    events, top_cause, reach = Found[int | None](None), Found[str | None](None), Found("")
    kept_blur = Found("none")

    @property
    def clip(self) -> str:
        """The clip's name as its owner wrote it: shown escaped, never a path."""
        return self.title

    @property
    def original(self) -> Path:
        """The clip as it came; it is gone at the end of a run that keeps a blurred one."""
        return self.folder / f"clip.{self.extension}"

    @property
    def blurred(self) -> Path:
        """The blurred clip of a run that keeps it in place of the one that came."""
        return self.folder / BLURRED

    @property
    def path(self) -> Path:
        """The clip that is kept."""
        return self.blurred if self.blurred.exists() and not self.original.exists() else self.original

    def named(self, sentence: str) -> str:
        """Put the clip's own name where a sentence gives that of its file here."""
        return sentence.replace(repr(self.original.name), repr(self.clip)).replace(repr(BLURRED), repr(self.clip))


def create(stream: BinaryIO, name: str) -> Run:
    """Keep a clip and make a draft run of it; the stream is read once, in chunks.

    Raises:
        AccessError: the one who asks may not upload, or has no room left.
        InputError: the name does not end like a video's.
        StorageError: the clip could not be written; nothing of it is left.
    """
    policy.require(policy.UPLOAD)
    extension = extension_of(name)
    _drop_old_drafts()
    usage.require_room(runs=1)
    run_id = new_id()
    place = folder(home() / RUNS / run_id)
    try:
        with exclusive(place):
            with write_whole(place / f"clip.{extension}") as out:
                shutil.copyfileobj(usage.metered(stream), out, COPY_BYTES)
            JobStore().create(Run, run_id, shown(name), f"{RUNS}/{run_id}", {"extension": extension})
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    audit.record(audit.UPLOADED, run_id, shown(name))
    return get(run_id)


def start(
    run_id: str, camera: str | None = None, threshold: float | None = None, blur: str | None = None
) -> Run:  # fmt: skip
    """Submit a run, new or stopped; one that stopped goes on from what is on disk.

    Args:
        run_id: a draft, or a run that failed, was cancelled or interrupted.
        camera: whose footage it is; left out, it stays as it was.
        threshold: a calibrated score; left out, it stays as it was, at first the camera's.
        blur: one of :data:`pipeline.blurs.BLURS`; left out, it stays as it was, at first ``none``.

    Raises:
        InputError: there is no such run, it has no camera, or it is at work or done already.
        UnknownNameError: there is no such ``blur``.
    """
    if blur is not None and blur not in BLURS:
        raise UnknownNameError("blur", blur, BLURS)
    chosen = camera or get(run_id).camera
    if not chosen:
        raise InputError(f"run {run_id} has no camera yet; choose one of those listed")
    policy.require_camera(chosen)
    queue().submit(run_id, camera=camera, threshold=threshold, blur=blur)
    return get(run_id)


def get(run_id: str) -> Run:
    """Return one run, after a look whether its worker lives.

    Raises:
        InputError: there is no run of that id.
    """
    return queue().get(run_id, Run)


def runs(states: Sequence[str] = STATES[1:]) -> list[Run]:
    """List the runs in those states, newest first; drafts only when asked for."""
    return queue().find(Run, states)


def delete(run_id: str) -> None:
    """Delete a run with all its files, and what explains its frames.

    Raises:
        InputError: there is no such run, or it is active.
    """
    queue().delete(get(run_id).id)


def shown(name: str) -> str:
    """Return a file's name as it can be shown: its end, in printable characters."""
    return "".join(c if c.isprintable() else "�" for c in name)[-NAME_LENGTH:]


def extension_of(name: str) -> str:
    """Return the ending of a clip's name.

    Raises:
        InputError: it does not end like a video's.
    """
    extension = name.rpartition(".")[2].lower()
    if extension not in EXTENSIONS:
        raise InputError(f"{shown(name)!r} is no video file by its name; known endings: {', '.join(EXTENSIONS)}")
    return extension


def _drop_old_drafts() -> None:
    with acting(OWNER):  # of whomever they are
        for run in runs(("draft",)):
            if run.created < time.time() - DRAFT_SECONDS:
                with contextlib.suppress(InputError):
                    delete(run.id)
