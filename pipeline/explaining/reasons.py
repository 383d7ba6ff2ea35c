"""Explanations that a page asks for: kept with their run, computed by a process of its own."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import device, files, pictures
from core.arrays import Floats, Images
from core.errors import InputError
from core.progress import Told
from explain.attribution import Budget
from explain.report.maps import painted, top_of
from jobs import processes
from jobs import queue as jobs_queue
from pipeline.answers import WHY as FOLDER
from pipeline.camera import load
from pipeline.explaining import plan
from pipeline.explaining.attributions import FILE, read, read_map
from pipeline.explaining.away import event_frames
from pipeline.explaining.costs import usual
from pipeline.explaining.counterfactual import AFTER, BEFORE
from pipeline.explaining.counterfactual import FILE as COUNTERFACTUAL
from pipeline.explaining.verb import ranked
from pipeline.store import Run

__all__ = ["AFTER", "BEFORE", "event_frames", "painted", "ranked", "top_of"]

WORKER = (sys.executable, "-m", "pipeline.explaining.worker")
STATE, REQUEST, PROCESS, CANCEL = "state.json", "request.json", "process.json", "cancel"
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Wanted:
    """What is asked of one frame.

    Attributes:
        methods: names, joined by commas.
        evaluations: of each method.
        event: whether the event around the frame is to be explained away, too.
        threshold: calibrated score at which events are cut.
    """

    methods: str
    evaluations: int
    event: bool
    threshold: float


@dataclass(frozen=True)
class Reason:
    """How far the explanation of one frame is; ``none`` where there is none, ``interrupted`` where its worker died.

    Attributes:
        state: ``running``, ``done``, ``failed``, ``cancelled``, ``none`` or ``interrupted``.
        stage: what it does before it can tell how far it is.
        done: methods that are finished.
        told: how far it is; None before anything was told.
        error: the sentence that says why it failed.
    """

    state: str
    stage: str = ""
    done: int = 0
    told: Told | None = None
    error: str = ""

    @property
    def active(self) -> bool:
        """Whether a worker has it."""
        return self.state == "running"


def place(run: Run, frame: int) -> Path:
    """Return the folder of one frame's explanation."""
    return run.folder / FOLDER / f"{int(frame):08d}"


def about() -> dict[str, str]:
    """Return every method with what it is, in a line."""
    return {name: entry.about for name, entry in plan.methods().items()}


def usual_evaluations(run: Run) -> int:
    """Return how many evaluations a method usually takes (see :mod:`pipeline.explaining.costs`).

    Raises:
        WhycamError: the run's camera is no longer there, or cannot be read.
    """
    return usual(load(run.camera or "")).evaluations


def costs(run: Run, evaluations: int) -> dict[str, float]:
    """Return how many seconds each method will take, its figures included, going by what was explained before."""
    return plan.costs(_subjects(run), plan.methods(), evaluations)


def other_costs(run: Run, event_frames: int) -> float:
    """Return how many seconds are taken beside the methods; explaining away an event of so many frames among them."""
    return plan.outside(_subjects(run), event_frames)


def _subjects(run: Run) -> tuple[str, str]:
    return plan.subjects_of(run.camera or "", device.choose().describe())


def start(run: Run, frame: int, wanted: Wanted) -> None:
    """Have a frame explained by a worker, which waits for its turn.

    Raises:
        InputError: no such method, no budget, or the frame is being explained already.
    """
    plan.chosen(wanted.methods)
    Budget(wanted.evaluations)
    folder = files.folder(place(run, frame))
    if state(run, frame).active:
        raise InputError(f"frame {frame} is being explained already; wait for it, or cancel it")
    (folder / CANCEL).unlink(missing_ok=True)
    files.write_json(folder / REQUEST, dataclasses.asdict(wanted))
    say(folder, state="running", stage="waiting for its turn", since=time.time(), done=0, told=None, error="")
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen([*WORKER, run.id, str(int(frame))], cwd=jobs_queue.ROOT, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, start_new_session=True)  # fmt: skip
    threading.Thread(target=worker.wait, daemon=True, name=f"reap {run.id}").start()
    files.write_json(folder / PROCESS, {"pid": worker.pid, "born": processes.identity(worker.pid)})


def state(run: Run, frame: int) -> Reason:
    """Tell how far a frame's explanation is, after a look whether its worker lives."""
    folder = place(run, frame)
    try:
        kept = _content(folder / STATE)
        found = Reason(str(kept["state"]), str(kept.get("stage", "")), int(kept.get("done", 0)),
                       Told.of(kept.get("told")), str(kept.get("error", "")))  # fmt: skip
    except (InputError, KeyError, TypeError, ValueError):
        return Reason("none")
    if found.active and _dead(folder, float(kept.get("since", 0.0))):
        return dataclasses.replace(found, state="interrupted", error="its worker ended; ask again to go on")
    return found


def cancel(run: Run, frame: int) -> None:
    """Ask a worker to stop; the maps that are finished are kept."""
    (place(run, frame) / CANCEL).touch()


def remove(run: Run, frame: int) -> None:
    """Remove a frame's explanation, its worker stopped first."""
    folder = place(run, frame)
    with contextlib.suppress(InputError, KeyError, ValueError, ProcessLookupError):
        if state(run, frame).active:
            os.killpg(int(_content(folder / PROCESS)["pid"]), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def explained(run: Run) -> list[int]:
    """List the frames that a run keeps an explanation of, or that are being explained, ascending."""
    return sorted(int(f.name) for f in (run.folder / FOLDER).glob("[0-9]*") if f.name.isdecimal())


def result(run: Run, frame: int) -> dict[str, Any] | None:
    """Return what ``explain.json`` holds of a frame; None where nothing is finished yet."""
    return read(place(run, frame)) if (place(run, frame) / FILE).exists() else None


def counterfactual(run: Run, frame: int) -> dict[str, Any] | None:
    """Return what ``counterfactual.json`` holds of a frame's event; None where there is none."""
    path = place(run, frame) / COUNTERFACTUAL
    return _content(path) if path.exists() else None


def maps(run: Run, frame: int, names: Sequence[str]) -> dict[str, Floats]:
    """Return the maps of some methods, (H, W) each."""
    return {name: read_map(place(run, frame), name) for name in names}


def picture(run: Run, frame: int) -> Images:
    """Return the frame that was explained, (H, W, 3) uint8 RGB."""
    try:
        return pictures.read(place(run, frame) / "frame.png")
    except InputError as error:
        raise InputError(f"the picture of frame {frame} is no longer there; ask for it again") from error


def say(folder: Path, **changes: Any) -> None:
    """Note how far an explanation is."""
    with contextlib.suppress(InputError):
        changes = _content(folder / STATE) | changes
    files.write_json(folder / STATE, changes)


def wanted_of(folder: Path) -> Wanted:
    """Return what was asked for."""
    return Wanted(**_content(folder / REQUEST))


def _content(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from error
    return content


def _dead(folder: Path, since: float) -> bool:
    """Tell whether an active worker is gone; one just started is given time to be noted."""
    try:
        process = _content(folder / PROCESS)
    except InputError:
        return time.time() - since > GRACE_SECONDS
    return process.get("born") is None or processes.identity(int(process["pid"])) != process["born"]
