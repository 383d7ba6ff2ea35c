"""Where the time of an analysis goes: its stages, what PyTorch computes in each, and what the rest waits for.

``./whycam bench stages [CLIP…]``. PyTorch's profiler counts what networks compute, on the CPU and on a GPU, in the
first chunks of each stage; the rest of the time is decoding, OpenCV, NumPy and Python.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from core import device
from core.progress import Progress
from pipeline import camera
from pipeline.analyse import analyse

DEMO = camera.SHIPPED.parent / "demo" / "plaza.mp4"
CHUNKS = 4
"""Messages of its progress for which a stage is profiled, from its beginning."""
NAMED = 3
"""Operations of a stage that are named."""


def measure(
    clips: Sequence[Path], name: str | None, device_name: str, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return a row for each stage of each clip's analysis.

    Args:
        clips: to analyse; the demo when empty.
        name: of their camera; ``plaza`` when None.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        tell: told what is at work.

    Returns:
        Rows of ``clip``, ``stage``, ``seconds``, ``share`` (of the analysis) and ``processors`` (processor time of this
        process over time); and of what was profiled ``networks`` (time in PyTorch's operations over time),
        ``gpu`` (share of the time in which a GPU computes; None without one) and ``most`` (the longest operations).

    Raises:
        InputError: a clip or the camera cannot be used.
    """
    known, runtime = camera.load(name or "plaza"), device.choose(device_name)
    rows = []
    for clip in clips or [DEMO]:
        tell(clip.name)
        with tempfile.TemporaryDirectory(prefix="whycam-") as folder:
            stages = Stages(runtime.device.type == "cuda")
            analyse(clip, known, Path(folder) / "run", runtime=runtime, progress=stages)
            rows += [{"clip": clip.name, **row} for row in stages.rows()]
    return rows


class Stages:
    """Times each stage, and profiles the beginning of it, as the progress of a job tells of them."""

    def __init__(self, gpu: bool) -> None:
        self._gpu = gpu
        self._rows: dict[str, _Row] = {}
        self._at_work: _Row | None = None

    def __call__(self, progress: Progress) -> None:
        """Take in where the job is."""
        row = self._rows.setdefault(progress.stage, _Row(self._gpu))
        if row is not self._at_work:
            if self._at_work is not None:
                self._at_work.leave()
            self._at_work = row
            row.enter()
        row.told()

    def rows(self) -> list[dict[str, Any]]:
        """End the last stage, and return a row for each."""
        if self._at_work is not None:
            self._at_work.leave()
        whole = sum(row.seconds for row in self._rows.values())
        return [{"stage": stage, "seconds": round(row.seconds, 2), "share": round(row.seconds / whole, 3),
                 "processors": round(row.processor / max(row.seconds, 1e-9), 2), **row.profiled()}
                for stage, row in self._rows.items()]  # fmt: skip


class _Row:
    """One stage: its time, and what PyTorch did in the part that was profiled."""

    def __init__(self, gpu: bool) -> None:
        self._gpu, self._left = gpu, CHUNKS
        self.seconds = self.processor = 0.0
        self._part = 0.0
        self._operations: dict[str, tuple[float, float]] = {}
        self._profile: profile | None = None

    def enter(self) -> None:
        self._began, self._processor = time.monotonic(), time.process_time()
        if self._left > 0:
            self._profile = profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if self._gpu else [])])
            self._profile.start()
            self._part_began = time.monotonic()

    def told(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._stop()

    def leave(self) -> None:
        self._stop()
        self.seconds += time.monotonic() - self._began
        self.processor += time.process_time() - self._processor

    def _stop(self) -> None:
        if self._profile is None:
            return
        if self._gpu:
            torch.cuda.synchronize()
        self._part += time.monotonic() - self._part_began
        lost, cost = time.monotonic(), time.process_time()
        self._profile.stop()
        for one in self._profile.key_averages():
            own, there = self._operations.get(one.key, (0.0, 0.0))
            device_time = float(getattr(one, "self_device_time_total", 0.0))
            self._operations[one.key] = own + one.self_cpu_time_total / 1e6, there + device_time / 1e6
        self._profile = None
        self._began += time.monotonic() - lost  # what the profiler itself takes to end is no stage's
        self._processor += time.process_time() - cost

    def profiled(self) -> dict[str, Any]:
        own, there = (sum(pair[index] for pair in self._operations.values()) for index in (0, 1))
        return {"networks": round(own / max(self._part, 1e-9), 2),
                "gpu": round(there / max(self._part, 1e-9), 2) if self._gpu else None,
                "most": ", ".join(_most({name: pair[0] for name, pair in self._operations.items()}))}  # fmt: skip


def _most(operations: dict[str, float]) -> list[str]:
    whole = sum(operations.values())
    most = sorted(operations.items(), key=lambda item: -item[1])[:NAMED]
    return [f"{name} {seconds / whole:.0%}" for name, seconds in most if whole and seconds > 0]
