"""Speed and memory as ratios: the whole analysis against the network alone, the object model, an hour of video.

A clip streams, so an hour must take the memory that a minute does.
"""

import dataclasses
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import plaza
from benchmarks import _child
from core import device, video
from core.contracts import ObjectModel
from core.errors import WeightsUnavailable
from explain import objects
from pipeline import camera
from pipeline.analyse import analyse
from pipeline.events import EventRule

DEMO = camera.SHIPPED.parent / "demo" / "plaza.mp4"
BATCH = 32
SECONDS = 6.0
NORMAL_FRAMES = 3000
"""Two minutes of ordinary footage. They hold a false event: two people who cross close to the camera."""
SYSTEM_ALLOCATOR = {"MALLOC_MMAP_MAX_": "65536", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_TOP_PAD_": "131072"}


OBJECT_FRAMES, MAX_OBJECT_MILLISECONDS = 8, 80.0
"""Frames in one call of the object model, and the most milliseconds that one may take on two cores."""
FPS, MINUTES = 2.0, (1, 60)
"""Frame rate and lengths of the clips that memory is measured on."""
UNREACHED_SCORE = 1e6


def rate(work: Callable[[], int]) -> float:
    """Return units of work per second, after one call that is not counted."""
    work()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        done += work()
    return done / (time.perf_counter() - began)


def network(device_name: str, precision: str = "auto", *, compiled: bool = False) -> float:
    """Return frames per second of the plaza camera's network alone, on prepared windows; ``compiled``: by PyTorch."""
    runtime = device.choose(device_name, precision)
    detector = camera.load("plaza").build(runtime)
    w = detector.window
    windows = torch.rand(BATCH, w.span, w.channels, w.height, w.width, device=runtime.device) * 2 - 1
    predict = torch.compile(detector.predict_windows, dynamic=False) if compiled else detector.predict_windows

    def once() -> int:
        with runtime.autocast():
            answer = predict(windows, (w.height, w.width))
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


def measure_objects(device_name: str) -> list[dict[str, Any]]:
    """Measure the compact object model on people at 640×360, against float32 and YOLOX-nano in ONNX Runtime."""
    people = plaza.render(seed=79, frames=OBJECT_FRAMES, anomalies=(), walkers=16)
    images = np.stack([frame.image for frame in people])

    def milliseconds(model: ObjectModel) -> float:
        return 1000 / rate(lambda: len(model.detect(images)))

    best = milliseconds(objects.choose("compact", device.choose(device_name)))
    exact = milliseconds(objects.choose("compact", device.choose(device_name, "float32")))
    at = "compact object model at 640×360: over 80 ms a frame"
    rows = [
        _row(at, best, MAX_OBJECT_MILLISECONDS, "<= 1", "ms"),
        _row("compact object model: best precision over float32", best, exact, "< 1", "ms"),
    ]
    name = "compact object model over YOLOX-nano in ONNX Runtime"
    try:
        peer = milliseconds(objects.choose("yolox", device.choose("cpu")))
    except WeightsUnavailable as error:
        return [*rows, {"figure": name, "ratio": None, "aim": "", "measured": f"not run: {error}"}]
    return [*rows, _row(name, best, peer, "", "ms")]


def _row(name: str, value: float, base: float, aim: str, unit: str = "frames/s") -> dict[str, Any]:
    return {"figure": name, "ratio": round(value / base, 2), "aim": aim, "measured": f"{value:.1f} / {base:.1f} {unit}"}


def peak_of(clip: str, folder: str, device_name: str, floor: str) -> dict[str, float]:
    """Analyse a clip in this process, explaining the frames that score above ``floor``.

    Returns:
        ``peak``: the process's peak memory in KiB; ``high``: the score that 2 % of the frames exceed.
    """
    threshold = float(floor) / EventRule().low
    shown = dataclasses.replace(camera.load("plaza"), floor=float(floor), fps=FPS)  # or the clip would be too slow
    result = analyse(Path(clip), shown, Path(folder), threshold=threshold, runtime=device.choose(device_name))
    return {"peak": process_peak(), "high": float(np.nanquantile(result.scores, 0.98))}


def process_peak() -> int:
    """Return this process's peak memory in KiB.

    Linux lets ``ru_maxrss`` begin at the parent's: a small child of a large process would look large. VmHWM does not.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def measure_memory(device_name: str) -> list[dict[str, Any]]:
    """Measure a minute and an hour at a low frame rate, each in a process of its own.

    The plaza moves in leaps there, and scores high throughout; a first run finds the score of its oddest 2 % of frames,
    and those are explained in the runs that count.
    """
    with tempfile.TemporaryDirectory() as folder:
        minute = [frame.image for frame in plaza.render(seed=78, frames=round(60 * FPS), anomalies=())]
        peaks: list[float] = []
        floor = UNREACHED_SCORE
        for minutes in (MINUTES[0], *MINUTES):
            clip = Path(folder) / f"{minutes}.mp4"
            video.encode(clip, itertools.chain.from_iterable(itertools.repeat(minute, minutes)), FPS)
            run = f"{folder}/run{len(peaks)}"
            measured = _child.run("speed", "peak_of", str(clip), run, device_name, str(floor))
            peaks.append(measured["peak"])
            floor = measured["high"]
    return [
        {
            "figure": f"peak memory, {MINUTES[1]}-minute clip over {MINUTES[0]}-minute clip ({FPS:g} frames/s)",
            "ratio": round(peaks[2] / peaks[1], 3),
            "aim": "<= 1.1",
            "measured": f"{peaks[2] / 1024:.0f} / {peaks[1] / 1024:.0f} MiB",
        }
    ]
