"""Workers: each run is computed by a process of its own, outside the browser session, one at a time on a machine."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from core.errors import InputError
from pipeline import store
from pipeline.store import Run

WORKER = (sys.executable, "-m", "pipeline.worker")
ROOT = Path(__file__).resolve().parent.parent
LOG = "worker.log"
GRACE_SECONDS = 30.0


def start(run_id: str, camera: str | None = None, threshold: float | None = None) -> Run:
    """Queue a run and start its worker, which waits for its turn by itself.

    Args:
        run_id: a draft, or a run that failed, was cancelled or interrupted.
        camera: whose footage it is; left out, it stays as it was.
        threshold: a calibrated score; left out, it stays as it was, at first the camera's.

    Raises:
        InputError: there is no such run, it has no camera, or it is at work or done already.
    """
    if not (camera or store.get(run_id).camera):
        raise InputError(f"run {run_id} has no camera yet; choose one of those listed")
    if not store.enqueue(run_id, camera, threshold):
        raise InputError(
            f"run {run_id} is {store.get(run_id).state}; only a run that is neither at work nor done starts"
        )
    run = store.get(run_id)
    with (run.folder / LOG).open("ab") as log:
        worker = subprocess.Popen(
            [*WORKER, run_id],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=worker.wait, daemon=True, name=f"reap {run_id}").start()
    born = born_at(worker.pid)
    if born is not None:
        store.attach(run_id, worker.pid, born)
    return store.get(run_id)


def resume(run_id: str) -> Run:
    """Start a worker again for a run that stopped; it goes on from what is on disk."""
    return start(run_id)


def cancel(run_id: str) -> bool:
    """Ask a run to stop; what it has finished is kept. False if it is not active."""
    return store.request_cancel(run_id)


def delete(run_id: str) -> None:
    """Delete a run that is not at work, with all its files."""
    notice_dead()
    store.delete(run_id)


def get(run_id: str) -> Run:
    """Return one run, after a look whether its worker lives.

    Raises:
        InputError: there is no run of that id.
    """
    run = store.get(run_id)
    return store.get(run_id) if run.active and _bury(run) else run


def runs() -> list[Run]:
    """List the runs that were ever started, newest first, after a look whether their workers live."""
    notice_dead()
    return store.runs()


def notice_dead() -> None:
    """Mark the active runs whose worker is gone as interrupted."""
    for run in store.runs(store.ACTIVE):
        _bury(run)


def stop(run_id: str) -> None:
    """Kill a run's worker at once; the run can be resumed."""
    run = get(run_id)
    if run.active and run.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)


def born_at(pid: int) -> str | None:
    """Tell when a living process began (in its system's own words), or None if it is dead or a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = told.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def _bury(run: Run) -> bool:
    """Mark an active run as interrupted if its worker is dead; a worker just started is given time to show itself."""
    if run.pid is None:
        if time.time() - (run.queued or 0.0) < GRACE_SECONDS:
            return False
    elif born_at(run.pid) == run.pid_started:
        return False
    sentence = f"its worker ended without a word; resume it, or see {LOG} in {run.folder}"
    return store.end(run.id, "interrupted", sentence, run.pid)
