"""The simulation held against real batches: the same clips analysed by 1, 2 and 4 workers on this machine.

What the simulation knows, it knows from one batch of other clips by one worker. Each worker has one thread.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import _small_camera, fleet
from benchmarks._app import at_home
from benchmarks._processor_time import of_machine, of_tree
from benchmarks.simulated_fleet import Fleet, simulate
from core.arrays import Doubles
from core.errors import InputError
from pipeline.fleet import on_ray

WORKERS = (1, 2, 4)
LENGTHS = (24, 72, 144)
"""Frames of the clips, in turn."""
KNOWN, CHECKED = range(100, 115), range(300, 324)
"""Seeds of the clips of which the simulation knows, and of those on which it is checked."""
LOOK_SECONDS = 0.5
WORKER = "ray::"


@dataclass(frozen=True)
class Batch:
    """One batch as it ran; seconds are from its start.

    Attributes:
        seconds: until its end.
        joined: when Ray's first worker process was started.
        ends: (N,) float64, ascending, when each report was written.
        frames: (N,) of the clips, in the order of ``ends``.
        looks, used: (L,) float64 moments, and seconds of processor time that the batch had taken by then.
        others: processors that all else on the machine kept busy on average.
    """

    seconds: float
    joined: float
    ends: Doubles
    frames: Sequence[int]
    looks: Doubles
    used: Doubles
    others: float


@dataclass(frozen=True)
class Learnt:
    """What a batch by one worker tells of all batches.

    Attributes:
        joining: seconds until Ray's first worker process is started.
        start_seconds, start_demand: of a worker's start, to which what its first clip takes longer belongs.
        clip_seconds: of a clip, by its frames: the shortest, for other programs make times longer only.
        demand: processors that a worker with a clip keeps busy in these.
        closing: seconds from the last report to the batch's end.
        others: processors that all else on the machine kept busy meanwhile.
    """

    joining: float
    start_seconds: float
    start_demand: float
    clip_seconds: dict[int, float]
    demand: float
    closing: float
    others: float


def measure(tell: Callable[[str], None]) -> tuple[Learnt, list[dict[str, Any]]]:
    """Learn from one batch, and hold the simulation against three others.

    Returns:
        What was learnt; and rows of ``workers``, ``clips``, ``measured s``, ``simulated s``, ``error`` (simulated over
        measured, less 1) and ``others`` (processors that all else kept busy).

    Raises:
        InputError: Ray is not installed.
    """
    if not on_ray.is_installed():
        raise InputError("several workers need Ray, which is not installed: './whycam setup --ray' installs it")
    with tempfile.TemporaryDirectory(prefix="whycam-") as place, at_home(str(Path(place) / "home")):
        _small_camera.make()
        known, checked = (_clips(Path(place) / name, seeds) for name, seeds in (("known", KNOWN), ("checked", CHECKED)))
        tell("1 worker, to learn from")
        known_batch = _batch(known, 1, place)
        learnt, rows = learn(known_batch), []
        for workers in WORKERS:
            tell(f"{workers} workers, to compare with")
            batch = _batch(checked, workers, place)
            expected = predicted(learnt, workers, [_length(seed) for seed in CHECKED], batch.others)
            rows.append({"workers": workers, "clips": len(CHECKED), "measured s": round(batch.seconds, 1),
                         "simulated s": round(expected, 1), "error": round(expected / batch.seconds - 1, 3),
                         "others": round(batch.others, 2)})  # fmt: skip
        return learnt, rows


def learn(batch: Batch) -> Learnt:
    """Take from a batch by one worker what the others are predicted from; its first clip has the worker's start."""
    took, ends, counted = np.diff(batch.ends), batch.ends, batch.frames[1:]
    seconds = {frames: float(min(t for t, of in zip(took, counted, strict=True) if of == frames))
               for frames in sorted(set(counted))}  # fmt: skip
    used = np.interp([batch.joined, ends[0], ends[-1]], batch.looks, batch.used)
    demand = float(used[2] - used[1]) / sum(seconds[of] for of in counted)
    first = seconds[batch.frames[0]]
    start = max(float(ends[0]) - batch.joined - first, 0.0)
    start_used = float(used[1] - used[0]) - first * demand
    return Learnt(batch.joined, start, max(start_used / start, 0.05) if start else 1.0, seconds, demand,
                  batch.seconds - float(ends[-1]), batch.others)  # fmt: skip


def predicted(learnt: Learnt, workers: int, frames: Sequence[int], others: float) -> float:
    """Return the seconds that a batch takes by the simulation.

    Args:
        learnt: from another batch.
        workers: of this one.
        frames: of its clips, in order.
        others: processors that all else on the machine keeps busy.
    """
    cores = max((os.cpu_count() or 1) - others, 0.1)
    simulated = Fleet(workers, cores, learnt.demand, learnt.start_seconds, learnt.start_demand)
    needed = np.array([learnt.clip_seconds[of] for of in frames])
    return learnt.joining + simulate(simulated, np.zeros(len(needed)), needed).end + learnt.closing


def _clips(folder: Path, seeds: Sequence[int]) -> Path:
    folder.mkdir()
    for seed in seeds:
        _small_camera.clip(folder / f"{seed}.mp4", seed, _length(seed))
    return folder


def _length(seed: int) -> int:
    return LENGTHS[seed % len(LENGTHS)]


def _batch(clips: Path, workers: int, place: str) -> Batch:
    """Analyse the clips of a folder as the command does, and look at it meanwhile."""
    out, before = Path(place) / f"{clips.name}-{workers}", of_machine()
    begun = time.time()
    process = fleet.start(clips, out, workers, place)
    looks, joined = _looks(process, begun)
    fleet.end(process)
    seconds = time.time() - begun
    others = max((of_machine() - before - looks[-1][1]) / seconds, 0.0)
    reports = sorted((path.stat().st_mtime - begun, path.parent.name) for path in out.glob("*/report.html"))
    frames = [_length(int(name)) for _, name in reports]
    moments, used = np.array(looks).T
    return Batch(seconds, joined, np.array([end for end, _ in reports]), frames, moments, used, others)


def _looks(process: "subprocess.Popen[bytes]", begun: float) -> tuple[list[tuple[float, float]], float]:
    """Return how much processor time a batch had taken when, and when Ray's first worker was started."""
    looks, joined, root = [(0.0, 0.0)], 0.0, psutil.Process(process.pid)
    while process.poll() is None:
        looks.append((time.time() - begun, max(of_tree(root), looks[-1][1])))
        joined = joined or _joined(root, begun)
        time.sleep(LOOK_SECONDS)
    return looks, joined


def _joined(root: psutil.Process, begun: float) -> float:
    found = []
    try:
        for one in root.children(recursive=True):
            if one.cmdline()[:1] and one.cmdline()[0].startswith(WORKER):
                found.append(one.create_time() - begun)
    except psutil.Error:
        return 0.0
    return min(found, default=0.0)
