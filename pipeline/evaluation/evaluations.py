"""Evaluations that the page asks for: a folder each under :func:`core.files.home`, computed by a process of its own."""

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core import files
from core.errors import DataError, InputError
from core.progress import Told
from core.registry import collect
from jobs import processes
from jobs.queue import ROOT

if TYPE_CHECKING:
    from core.datasets import Dataset

WORKER = (sys.executable, "-m", "pipeline.evaluation.worker")
REQUEST, STATE, RESULT, CURVES, SCORES = "request.json", "state.json", "result.json", "curves.json", "scores.npz"
PREDICTIONS = "predictions.csv"
KEYS = {True: ("camera", "coverage", "ways"), False: ("camera", "data", "auc", "rules", "label_set", "protocol")}
"""What the result of explanations, or of detection, has at least."""
PROCESS = "process.json"
GRACE_SECONDS = 30.0
MOST_UPLOAD = 2 << 30
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True)
class Request:
    """What is to be measured.

    Attributes:
        kind: ``camera`` or ``scores`` on a data set; ``xman``, predictions held against X-MAN's labels, or ``causes``,
            those that a camera makes on a data set.
        system: the camera's name, or that of the uploaded file, as its owner wrote it.
        data: name of the data set; empty for ``xman``.
        protocol, normalisation, smoothing: as ``evaluate`` takes them; None for the protocol's own.
        distortion: as ``--distort`` takes it.
        by: score of the camera's detector, as ``--by`` takes it; empty for its own.
        labels: name of the uploaded label file, for ``xman`` and ``causes``.
        batch: the same for all that was asked for at once.
    """

    kind: str
    system: str
    data: str = ""
    protocol: str = "whycam"
    normalisation: str | None = None
    smoothing: str | None = None
    distortion: str = ""
    labels: str = ""
    by: str = ""
    batch: str = ""

    @property
    def name(self) -> str:
        """What is measured, in words."""
        return f"{self.system}, score {self.by}" if self.by else self.system

    @property
    def explains(self) -> bool:
        """Whether explanations are measured, by X-MAN's mAP, and not detection."""
        return self.kind in ("xman", "causes")


@dataclass(frozen=True)
class Evaluation:
    """One evaluation as it is on disk.

    Attributes:
        id: names its folder.
        request: what is measured.
        state: ``queued``, ``running``, ``done``, ``failed`` or ``interrupted``.
        told: how far it is; None before anything was told.
        error: the sentence that says why it failed.
    """

    id: str
    request: Request
    state: str
    told: Told | None = None
    error: str = ""

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return _home() / self.id

    @property
    def active(self) -> bool:
        """Whether a worker has it."""
        return self.state in ("queued", "running")

    @property
    def asked(self) -> str:
        """When it was asked for, in UTC."""
        day, time_of_day, _ = self.id.split("-")
        return f"{day[:4]}-{day[4:6]}-{day[6:]} {time_of_day[:2]}:{time_of_day[2:4]}:{time_of_day[4:]}"

    def result(self) -> dict[str, Any]:
        """Return the figures of a finished one.

        Raises:
            InputError: they cannot be read, or are of another version of Whycam.
        """
        found = _read(self.folder / RESULT)
        if missing := [key for key in KEYS[self.request.explains] if key not in found]:
            raise InputError(
                f"the result of {self.request.name!r} lacks {missing[0]!r}, so another version of Whycam kept it; "
                "measure it again"
            )
        return found

    def curves(self) -> dict[str, Any]:
        """Return the curves of a finished one of detection.

        Raises:
            InputError: they cannot be read.
        """
        return _read(self.folder / CURVES)


def roots() -> Path | None:
    """Return the folder of data sets: what ``WHYCAM_DATA`` names; nobody gives a path in the browser."""
    named = os.environ.get("WHYCAM_DATA")
    return Path(named) if named and Path(named).is_dir() else None


def open_dataset(name: str) -> "Dataset":
    """Open a data set under :func:`roots`.

    Raises:
        InputError: there is none of that name there.
    """
    known, place = collect("footage", "DATASETS"), roots()
    if name in known and name == "plaza":
        made: Dataset = known[name](Path())
        return made
    if name in known and place is not None:
        for root in (place, *(f for f in sorted(place.iterdir()) if f.is_dir() and name in _plain(f.name))):
            with contextlib.suppress(DataError):
                found: Dataset = known[name](root)
                if found.test():
                    return found
    raise InputError(
        f"there is no data set {name[:40]!r} in its official layout under the folder that WHYCAM_DATA names"
    )


def datasets() -> list[str]:
    """List the data sets with test clips that can be opened."""
    found = []
    for name in collect("footage", "DATASETS"):
        with contextlib.suppress(InputError):
            open_dataset(name)
            found.append(name)
    return found


def start(request: Request, uploads: Mapping[str, BinaryIO] | None = None) -> Evaluation:
    """Keep a request with its files, and start its worker, which waits for its turn.

    Args:
        request: what is to be measured.
        uploads: ``system`` and ``labels`` to their content, read once.

    Raises:
        InputError: a file is too large.
        StorageError: it cannot be kept.
    """
    now = time.gmtime()
    made = Evaluation(f"{time.strftime('%Y%m%d-%H%M%S', now)}-{secrets.token_hex(3)}", request, "queued")
    files.folder(made.folder)
    try:
        for name, stream in (uploads or {}).items():
            _keep(stream, upload(made, name))
        files.write_json(made.folder / REQUEST, dataclasses.asdict(request))
        say(made.id, state="queued", since=time.time())
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    with (made.folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen([*WORKER, made.id], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  start_new_session=True)  # fmt: skip
    threading.Thread(target=worker.wait, daemon=True, name=f"reap {made.id}").start()
    attach(made, worker.pid)
    return get(made.id)


def attach(evaluation: Evaluation, pid: int) -> None:
    """Note the worker process of an evaluation."""
    files.write_json(evaluation.folder / PROCESS, {"pid": pid, "born": processes.identity(pid)})


def upload(evaluation: Evaluation, name: str) -> Path:
    """Return where an uploaded file lies; its ending is that of its content's kind, not of its owner's name."""
    csv = evaluation.request.kind == "scores" and not evaluation.request.system.lower().endswith(".npz")
    ending = ("csv" if csv else "npz") if evaluation.request.kind == "scores" else "txt"
    return evaluation.folder / f"{'labels' if name == 'labels' else 'system'}.{ending}"


def say(evaluation_id: str, **changes: Any) -> None:
    """Note how far an evaluation is."""
    path = _home() / evaluation_id / STATE
    with contextlib.suppress(InputError):
        changes = _read(path) | changes if path.exists() else changes
    files.write_json(path, changes)


def get(evaluation_id: str) -> Evaluation:
    """Return one evaluation, after a look whether its worker lives.

    Raises:
        InputError: there is none of that id.
    """
    folder = _home() / evaluation_id
    if not _ID.fullmatch(evaluation_id) or not (folder / REQUEST).is_file():
        raise InputError(f"there is no evaluation {evaluation_id[:40]!r}; it may have been deleted")
    state, request = _read(folder / STATE), _read(folder / REQUEST)
    try:
        if not all(isinstance(value, str | None) for value in request.values()):
            raise TypeError("a request is made of names")
        found = Evaluation(evaluation_id, Request(**request), str(state["state"]), Told.of(state.get("told")),
                           str(state.get("error", "")))  # fmt: skip
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise InputError(f"evaluation {evaluation_id} was kept by another version of Whycam; delete it") from error
    if found.active and _dead(folder, state):
        return dataclasses.replace(found, state="interrupted", error="its worker ended; start it again")
    return found


def evaluations() -> list[Evaluation]:
    """List what there is, newest first."""
    found = []
    for folder in sorted(_home().glob("*"), reverse=True) if _home().is_dir() else ():
        with contextlib.suppress(InputError):
            found.append(get(folder.name))
    return found


def delete(evaluation_id: str) -> None:
    """Delete an evaluation; one that is at work is stopped first."""
    found = get(evaluation_id)
    if found.active and (found.folder / PROCESS).exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(_read(found.folder / PROCESS)["pid"]), signal.SIGKILL)
    shutil.rmtree(found.folder, ignore_errors=True)


def _home() -> Path:
    return files.home() / "evaluations"


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "")


def _keep(stream: BinaryIO, path: Path) -> None:
    total = 0
    with files.write_whole(path) as out:
        while block := stream.read(1 << 20):
            total += len(block)
            if total > MOST_UPLOAD:
                raise InputError(f"a file is larger than {MOST_UPLOAD >> 30} GB, the most that is taken")
            out.write(block)


def _dead(folder: Path, state: Mapping[str, Any]) -> bool:
    """Tell whether the worker of an active evaluation is gone; one just started is given time to be noted."""
    if not (folder / PROCESS).exists():
        return time.time() - float(state.get("since", 0)) > GRACE_SECONDS
    process = _read(folder / PROCESS)
    pid = process.get("pid")
    return not isinstance(pid, int) or process.get("born") is None or processes.identity(pid) != process["born"]


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} of evaluation {path.parent.name} cannot be read; delete the evaluation"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{path.name} of evaluation {path.parent.name} is damaged; delete it")
    return found
