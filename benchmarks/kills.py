"""Kills the web app's server, its workers and commands at random moments, and looks whether anything is lost.

``./whycam bench kills``. While clips are uploaded, analysed, reviewed, gathered in cases, exported and deleted, SIGKILL
meets the server, a worker, or both. Then all is started again, what was interrupted is resumed, and everything that the
app had answered must be there, whole, and equal to what comes of it undisturbed.
"""

import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from benchmarks import _small_camera
from benchmarks._app import ROOT, at_home, server
from benchmarks._kill_ledger import Ledger, results, sha256
from benchmarks._killed_user import GoneError, User
from jobs import processes
from jobs.job import Job
from pipeline import store
from pipeline.export import exports
from pipeline.kinds import queue
from pipeline.tidy import tidy

APP = ROOT / "benchmarks" / "_killed_app.py"
CLIPS = 3
TARGETS = ("worker", "server", "both")
SERVER_SECONDS = 5.0
"""Of work before a server is killed, at most."""
DRAIN_EVERY = 10
"""Kills after which all work is finished and compared."""
WAIT_SECONDS = 900.0


def measure(
    times: int, seed: int, minutes: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each kind of kill, and a sentence for each thing that was lost or half-written.

    Args:
        times: number of kills.
        seed: of what is killed when.
        minutes: after which no further kill is begun.
        tell: told what is at work.
    """
    end = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="whycam-") as place, at_home(place):
        with Trial(Path(place), random.Random(seed), tell) as trial:
            trial.undisturbed()
            for number in range(times):
                tell(f"kill {number + 1} of {times}: {trial.at_work()}")
                trial.kill()
                over = time.monotonic() > end or number == times - 1
                if over or number % DRAIN_EVERY == DRAIN_EVERY - 1:
                    trial.finish()
                if over:
                    break
        return trial.rows(), trial.faults


class Trial:
    """One user's folder through all kills.

    Attributes:
        faults: a sentence for each thing that was lost or half-written so far.
    """

    def __init__(self, home: Path, chance: random.Random, tell: Callable[[str], None]) -> None:
        self.home, self.chance, self.tell = home, chance, tell
        _small_camera.make()
        clips = [_small_camera.clip(home / f"clip{number}.mp4", number) for number in range(CLIPS)]
        self.user = User(clips, Ledger({sha256(path): number for number, path in enumerate(clips)}), chance)
        self.expected: dict[int, dict[str, str]] = {}
        self.seconds, self.faults = 10.0, list[str]()
        self.killed, self.resumed, self.compared = Counter[tuple[str, str]](), 0, 0
        self._server = contextlib.ExitStack()
        self.address, self.process = "", 0

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, *error: object) -> None:
        """End the server and all workers."""
        self._server.close()
        for job in queue().store.active():
            queue().kill(job.id)

    def serve(self) -> str:
        """Return the server's address; it is started where it was killed."""
        if not self.process or not psutil.pid_exists(self.process):
            self._server.close()
            self.address, self.process = self._server.enter_context(server(self.home, APP))
        return self.address

    def undisturbed(self) -> None:
        """Analyse each clip once without a kill, for its results and for how long that takes."""
        self.tell("analysing undisturbed")
        for number in range(CLIPS):
            begun = time.monotonic()
            self.user.upload(self.serve(), number)
            self._until_idle()
            self.seconds = time.monotonic() - begun
        for run in store.runs(("done",)):
            self.expected[self.user.ledger.clips[sha256(run.path)]] = results(run.folder)
        if len(self.expected) < CLIPS:
            raise RuntimeError(f"{CLIPS} clips were to be analysed, {len(self.expected)} were; see {self.home}")

    def kill(self) -> None:
        """Work, kill at a random moment, start again, and look for what was lost."""
        target, address, dead = self.chance.choice(TARGETS), self.serve(), threading.Event()
        self.resumed += self.user.resume(address)
        killer = threading.Thread(target=self._strike, args=(target, dead))
        killer.start()
        with contextlib.suppress(GoneError):
            while not dead.is_set():
                self.user.act(address)
        killer.join()
        self.faults += [f"after kill {self.killed.total()} ({target}): {fault}" for fault in self._started_again()]

    def _started_again(self) -> list[str]:
        queue().notice_dead()
        return [*tidy(), *self.user.ledger.faults()]

    def _strike(self, target: str, dead: threading.Event) -> None:
        """Wait for the moment, and kill; which stage a worker was in is counted."""
        share = self.chance.random()
        if target == "server":
            time.sleep(share * SERVER_SECONDS)
            stage = self.user.doing
        else:
            job, stage = self._worker_at(share * self.seconds)
            if job is not None:
                processes.kill(job.process)
        if target != "worker":
            os.kill(self.process, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(self.process)], 5.0)
        self.killed[target, stage] += 1
        dead.set()

    def _worker_at(self, age: float) -> tuple[Job | None, str]:
        """Wait until a worker has been at its job for so many seconds, and return its job and stage."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            for job in queue().store.active():
                since = job.started or job.queued or time.time()
                if job.state == "running" and time.time() - since >= age:
                    return job, f"{job.kind}: {job.progress.stage}"
            time.sleep(0.02)
        return None, "none at work"

    def finish(self) -> None:
        """Resume and finish all work, and hold each result against the undisturbed one."""
        self.tell("finishing what was interrupted")
        for _ in range(3):
            self.resumed += self.user.resume(self.serve())
            self._until_idle()
        left = [one.id for one in (*store.runs(store.STARTABLE), *exports.exports(store.STARTABLE))
                if one.state == "interrupted"]  # fmt: skip
        self.faults += [f"job {job_id} was resumed and did not end" for job_id in left]
        self.faults += [*self.user.ledger.faults(), *self.user.ledger.unlike(self.expected)]
        self.compared += len(store.runs(("done",)))

    def at_work(self) -> str:
        """Say what there is."""
        return f"{len(store.runs())} runs, {self.user.ledger.active()} jobs at work, {len(self.faults)} faults"

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures."""
        rows = [{"killed": target, "while": stage, "times": times} for (target, stage), times
                in sorted(self.killed.items())]  # fmt: skip
        ledger = self.user.ledger
        told = {
            "uploads": len(ledger.runs), "reviews": len(ledger.answered), "cases": len(ledger.cases),
            "exports": len(ledger.exports), "deletions": len(ledger.gone), "jobs resumed": self.resumed,
            "results compared": self.compared, "lost, half-written or unlike": len(self.faults),
        }  # fmt: skip
        return [*rows, *({"killed": "", "while": name, "times": count} for name, count in told.items())]

    def _until_idle(self) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while queue().store.active():
            queue().notice_dead()
            if time.monotonic() > end:
                raise RuntimeError(f"jobs did not end in {WAIT_SECONDS:.0f} s; see {self.home}")
            time.sleep(0.2)
