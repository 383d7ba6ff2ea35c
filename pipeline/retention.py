"""How a camera's runs are kept: for how many days, and whether persons in them are blurred.

After these days runs are deleted, when the app starts and every hour then. What is in a case stays, unless said so for
the camera; what is at work stays until it has ended. What is to be blurred is so for every analysis from then on.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from core import typed_json
from core.errors import InputError, UnknownNameError, WhycamError
from core.files import home, write_json
from people import audit, policy
from people.actor import OWNER, acting
from pipeline import store
from pipeline.blurs import BLURS, stronger
from pipeline.camera import cameras
from pipeline.reviewing import cases
from pipeline.reviewing.rows import run_of
from pipeline.store import STATES, Run

FILE = "retention.json"
MAX_DAYS = 36_500
HOUR_SECONDS, DAY_SECONDS = 3600.0, 24 * 3600.0


@dataclass(frozen=True)
class Retention:
    """How the runs of a camera are kept.

    Attributes:
        days: after which they are deleted; None for as long as nobody deletes them.
        cases: whether those whose events are in a case are deleted, too.
        blur: one of :data:`pipeline.blurs.BLURS`: what is blurred, at least, in all that they keep.
    """

    days: int | None = None
    cases: bool = False
    blur: str = "none"

    def __post_init__(self) -> None:
        if self.days is not None and not 1 <= self.days <= MAX_DAYS:
            raise ValueError(f"runs are kept for 1 to {MAX_DAYS:,} days, got {self.days}")
        if self.blur not in BLURS:
            raise ValueError(f"what is blurred is one of {', '.join(BLURS)}, got {self.blur!r}")

    def __str__(self) -> str:
        """Say so in the audit log.

        >>> str(Retention(30)), str(Retention(blur="all"))
        ('runs are kept for 30 days', 'runs are kept, blurred: all')
        """
        told = f"runs are kept for {self.days} days" if self.days else "runs are kept"
        return told if self.blur == "none" else f"{told}, blurred: {self.blur}"


def settings() -> dict[str, Retention]:
    """Return what was set, by camera; a camera that is missing keeps its runs.

    Raises:
        InputError: the file cannot be used.
    """
    path = home() / FILE
    if not path.exists():
        return {}
    return typed_json.read(dict[str, Retention], path, f"the file of retention, {path},", "correct or delete it")


def put(camera: str, wanted: Retention | None) -> None:
    """Set how a camera's runs are kept; None for as long as nobody deletes them, and as they are.

    Raises:
        AccessError: the one who asks may not change cameras.
        UnknownNameError: there is no such camera, and no run of one.
        StorageError: it cannot be kept.
    """
    policy.require(policy.CAMERAS)
    policy.require_camera(camera)
    before = settings()
    there = {*cameras(), *before, *(run.camera for run in store.runs(STATES) if run.camera)}
    if camera not in there:
        raise UnknownNameError("camera", camera, there)
    known = {name: kept for name, kept in before.items() if name != camera}
    known |= {camera: wanted} if wanted and wanted != Retention() else {}
    write_json(home() / FILE, {name: asdict(kept) for name, kept in sorted(known.items())})
    audit.record(audit.CAMERA, camera, str(wanted or Retention()))


def kept_blur(camera: str, asked: str = "none") -> str:
    """Return what is blurred in what a run keeps: what was asked for, or what is set for its camera where that is more.

    Raises:
        InputError: the file of retention cannot be used.
    """
    return stronger(asked, settings().get(camera, Retention()).blur)


def over(now: float | None = None) -> list[Run]:
    """Return the runs that are kept no longer, the oldest first.

    Args:
        now: seconds since the epoch; the present when None.
    """
    moment, known = time.time() if now is None else now, settings()
    if not known:
        return []
    with acting(OWNER):
        held = {run_of(event) for case in cases.cases(closed=True) for event in case.events}
        return [run for run in reversed(store.runs()) if _over(run, known, held, moment)]


def apply(now: float | None = None) -> list[str]:
    """Delete the runs that are kept no longer; return a sentence for each that could not be."""
    refused = []
    with acting(OWNER):
        for run in over(now):
            try:
                store.delete(run.id)
            except InputError as error:
                refused.append(str(error))
    return refused


def keep_applying() -> None:
    """Apply it now, and every hour from now on, beside the server."""

    def work() -> None:
        while True:
            with contextlib.suppress(WhycamError):  # tried again in an hour; the page of the camera says what is wrong
                apply()
            time.sleep(HOUR_SECONDS)

    threading.Thread(target=work, daemon=True, name="retention").start()


def _over(run: Run, known: Mapping[str, Retention], held: set[str], now: float) -> bool:
    kept = known.get(run.camera or "")
    if kept is None or kept.days is None or run.active or (run.id in held and not kept.cases):
        return False
    return now - (run.ended or run.created) > kept.days * DAY_SECONDS
