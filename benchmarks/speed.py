"""Frames per second: the whole analysis against the network alone, bfloat16 against float32, the allocator's gain."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import plaza
from benchmarks import _child
from core import device, video
from pipeline import camera
from pipeline.analyse import analyse

DEMO = camera.SHIPPED.parent / "demo" / "plaza.mp4"
BATCH = 32
SECONDS = 6.0
NORMAL_FRAMES = 3000
"""Two minutes of ordinary footage. They hold a false event: two people who cross close to the camera."""
SYSTEM_ALLOCATOR = {"MALLOC_MMAP_MAX_": "65536", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_TOP_PAD_": "131072"}


def rate(work: Callable[[], int], seconds: float = SECONDS) -> float:
    """Return units of work per second, after one call that is not counted."""
    work()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        done += work()
    return done / (time.perf_counter() - began)


def network(device_name: str, precision: str = "auto") -> float:
    """Return frames per second of the plaza camera's network alone, on prepared windows."""
    runtime = device.choose(device_name, precision)
    detector = camera.load("plaza").build(runtime)
    w = detector.window
    windows = torch.rand(BATCH, w.span, w.channels, w.height, w.width, device=runtime.device) * 2 - 1

    def once() -> int:
        with runtime.autocast():
            answer = detector.predict_windows(windows, (w.height, w.width))
        float(answer.score.sum())
        return BATCH

    with torch.inference_mode():
        return rate(once)


def matrix_product(device_name: str) -> float:
    """Return the machine's matrix-product rate in multiplications and additions per second, best precision."""
    runtime, n = device.choose(device_name), 2048
    a, b = (torch.rand(n, n, device=runtime.device, dtype=runtime.precision) for _ in range(2))

    def once() -> int:
        float((a @ b)[0, 0])
        return 2 * n**3

    return rate(once)


def work_per_frame() -> int:
    """Return the multiplications and additions that the plaza camera's network does for one frame."""
    from torch.utils.flop_counter import FlopCounterMode

    detector = camera.load("plaza").build(device.choose("cpu", "float32"))
    w = detector.window
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        detector.predict_windows(torch.zeros(1, w.span, w.channels, w.height, w.width), (w.height, w.width))
    return int(counter.get_total_flops())


def whole(clip: Path, device_name: str) -> float:
    """Return frames per second of the whole analysis of a clip, loading its models and writing its report included."""
    shown, runtime = camera.load("plaza"), device.choose(device_name)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = analyse(clip, shown, Path(folder) / "run", runtime=runtime)
        return len(result.scores) / (time.perf_counter() - began)


def measure(device_name: str) -> list[dict[str, Any]]:
    """Measure everything here, as rows of one table."""
    alone = network(device_name)
    with tempfile.TemporaryDirectory() as folder:
        quiet = Path(folder) / "quiet.mp4"
        video.encode(quiet, (frame.image for frame in plaza.render(seed=77, frames=NORMAL_FRAMES, anomalies=())), 25)
        whole(DEMO, device_name)  # not counted: it imports, and compiles the networks' kernels
        rates = {"two quiet minutes": whole(quiet, device_name), "the demo, six events": whole(DEMO, device_name)}
    system = float(_child.run("speed", "network", device_name, environment=SYSTEM_ALLOCATOR))
    kept = float(_child.run("speed", "network", device_name))
    exact, peak, work = network(device_name, "float32"), matrix_product(device_name), work_per_frame()
    return [
        *(_row(f"whole analysis over network alone, {name}", value, alone, ">= 0.8") for name, value in rates.items()),
        _row("network: best precision over float32", alone, exact, ""),
        _row("network: allocator set over system's", kept, system, ""),
        _row("network over the machine's matrix products", alone * work / 1e9, peak / 1e9, "", "GFLOP/s"),
    ]


def _row(name: str, value: float, base: float, aim: str, unit: str = "frames/s") -> dict[str, Any]:
    return {"figure": name, "ratio": round(value / base, 2), "aim": aim, "measured": f"{value:.1f} / {base:.1f} {unit}"}
