"""Clips analysed by several workers: how much faster, with equal results, and what is lost where some are killed.

``./whycam bench fleet --times N``. Clips have two seconds, the camera is small and was never trained. Each worker has
one thread; one worker alone is what the others are held against.
"""

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks import _small_camera
from benchmarks._app import ROOT, at_home
from core.errors import InputError
from pipeline.fleet import on_ray
from pipeline.fleet.batch import FILE

CLIPS, WORKER_KILLS, DRIVER_KILLS = 200, 20, 5
WORKER = "ray::Analyst"
WORKERS = (1, 2)
NAMED_LATER = ("report.html",)
"""Says when it was written."""


def measure(times: int, seed: int, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return a row for each number of workers, and one for the kills.

    Args:
        times: number of clips; :data:`CLIPS` when 0.
        seed: of what is killed when.
        tell: told what is at work.

    Raises:
        InputError: Ray is not installed.
    """
    if not on_ray.is_installed():
        raise InputError("several workers need Ray, which is not installed: './whycam setup --ray' installs it")
    count = times or CLIPS
    with tempfile.TemporaryDirectory(prefix="whycam-") as place, at_home(str(Path(place) / "home")):
        _small_camera.make()
        clips = Path(place) / "clips"
        clips.mkdir()
        for number in range(count):
            _small_camera.clip(clips / f"{number:03d}.mp4", number)
        rows, expected = list[dict[str, Any]](), dict[str, str]()
        for workers in WORKERS:
            tell(f"{workers} workers")
            out = Path(place) / f"out{workers}"
            begun = time.monotonic()
            end(start(clips, out, workers, place))
            seconds, found = time.monotonic() - begun, fingerprints(out)
            expected = expected or found
            before = rows[0]["seconds"] if rows else seconds
            rows.append(_row(f"{workers} workers", count, seconds, before, _unlike(expected, found)))
        rows.append(_killed(clips, Path(place), expected, random.Random(seed), tell))
        return rows


def _row(what: str, clips: int, seconds: float, before: float, unlike: int, killed: int = 0) -> dict[str, Any]:
    return {"what": what, "clips": clips, "seconds": round(seconds, 1), "times as fast": round(before / seconds, 2),
            "killed": killed, "reports unlike": unlike}  # fmt: skip


def start(clips: Path, out: Path, workers: int, place: str, resume: bool = False) -> "subprocess.Popen[bytes]":
    """Start the verb in a session of its own."""
    command = [sys.executable, "-m", "cli", "analyse", str(clips), "--camera", _small_camera.NAME, "--out", str(out),
               "--workers", str(workers), "--device", "cpu", *(["--resume"] if resume else [])]  # fmt: skip
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    with (Path(place) / "fleet.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=alone, stdout=log, stderr=log, start_new_session=True)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for its end, which must be a good one."""
    if code := process.wait():
        raise RuntimeError(f"a batch without faults ended with exit code {code}")


def fingerprints(out: Path) -> dict[str, str]:
    """Return the SHA-256 of all files of each report, but for those that say when they were written."""
    found = {}
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in NAMED_LATER)
        digest = hashlib.sha256()
        for path in files:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
        found[folder.name] = digest.hexdigest()
    return found


def _unlike(expected: dict[str, str], found: dict[str, str]) -> int:
    return sum(found.get(name) != digest for name, digest in expected.items()) + len(found.keys() - expected.keys())


def _killed(
    clips: Path, place: Path, expected: dict[str, str], chance: random.Random, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Kill workers and the driver while the clips are analysed, and go on until all are done."""
    out, begun, killed = place / "killed", time.monotonic(), 0
    drivers = DRIVER_KILLS
    process = start(clips, out, max(WORKERS), str(place))
    while True:
        each = WORKER_KILLS // (DRIVER_KILLS + 1) + 1
        for _ in range(each):
            tell(f"{killed} killed, {_done(out)} of {len(expected)} clips done")
            killed += _kill_worker(process, chance)
        if process.poll() is not None or not drivers:
            break
        drivers -= 1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        process = start(clips, out, max(WORKERS), str(place), resume=True)
    process.wait()
    end(start(clips, out, max(WORKERS), str(place), resume=True))
    rows = json.loads((out / FILE).read_text("utf-8"))["outcomes"]
    twice = len(rows) - len({row["out"] for row in rows})
    seconds = time.monotonic() - begun
    return _row("killed", len(rows), seconds, seconds, _unlike(expected, fingerprints(out)) + twice, killed)


def _done(out: Path) -> int:
    return len(json.loads((out / FILE).read_text("utf-8"))["outcomes"]) if (out / FILE).exists() else 0


def _kill_worker(driver: "subprocess.Popen[bytes]", chance: random.Random) -> int:
    """Kill one of the driver's workers some time after it is there; 0 where the driver has ended before."""
    while driver.poll() is None:
        if workers := list(_workers(driver.pid)):
            time.sleep(chance.random() * 4.0)
            with contextlib.suppress(psutil.Error):
                chance.choice(workers).kill()
                return 1
        time.sleep(0.1)
    return 0


def _workers(driver: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(driver).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[:1] and process.cmdline()[0].startswith(WORKER):
                    yield process
