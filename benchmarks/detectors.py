"""Every detector's frames per second, memory, and share of the machine's matrix products, with untrained weights.

Each detector is measured in a process of its own, at its default settings. Its figures and the matrix products are
taken in turn, several times over, and the best of each counts: what else runs on the machine makes times longer only.
"""

import contextlib
import functools
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import _child
from benchmarks._frames import chunks
from benchmarks.speed import SYSTEM_ALLOCATOR, process_peak
from core import device
from core.contracts import Detector
from core.device import Runtime
from core.records import Frames
from core.registry import pick
from detectors.lntra import TARGET, NormalReconstruction
from pipeline import frame_difference
from pipeline.camera import detector_entries, make_detector

REPRESENTATIVES = (
    "bcae1", "ks-cae", "sa-cae", "convgru-ae-l1-y", "seq2seq-convgru-l2-n", "vqunet-prediction", "decoupled-conv3d",
    "decoupled-convlstm", "itae", "itae-flow", "lntra-baseline",
)  # fmt: skip
CHUNK = 8
"""Windows of a batch and frames of a chunk, as in an analysis on a processor."""
MAX_ROUNDS, MAX_SECONDS = 6, 12.0
"""At most so many rounds of measurements, and no new one after so many seconds."""
MATRIX_SIDE = 2048
TARGET_2D, TARGET_3D = 0.6, 0.35
DIFFERENCE_SIZE = (256, 256)
"""Height and width of the frames whose plain difference is measured, the size of most detectors."""
Rates = dict[str, float]


def measure(device_name: str, names: Sequence[str] = (), everything: bool = False) -> list[dict[str, Any]]:
    """Measure the detectors ``names``, or one of each kind, or all.

    Returns:
        A row for the plain difference of two frames and one for each, as ``docs/interfaces.md`` says.

    Raises:
        UnknownNameError: a name that is not registered.
    """
    known = detector_entries()
    chosen = names or (tuple(known) if everything else REPRESENTATIVES)
    for name in chosen:
        pick("detector", name, known)
    rows = [{"detector": frame_difference.NAME, **difference()}]
    for name in chosen:
        rows.append(row(name, device_name))
        print(f"{name}: {rows[-1]['stream']['best']} frames/s", file=sys.stderr, flush=True)
    return rows


def row(name: str, device_name: str) -> dict[str, Any]:
    """Measure one detector in its own process, and in the manner of the papers' evaluators in another."""
    found: dict[str, Any] = _child.run("detectors", "one", name, device_name)
    plain = _child.run("detectors", "one_window", name, device_name, environment=SYSTEM_ALLOCATOR)
    best = max(found["batch"]["best"], found["stream"]["best"])
    return {"detector": name, **found, "one_window": _short(plain), "gain": _short(best / plain)}


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Set rows as a table's: figures of float32 and of the best precision side by side."""

    def both(figures: Mapping[str, float] | None) -> str:
        return f"{figures['float32']:g} / {figures['best']:g}" if figures else ""

    return [
        {
            "detector": row["detector"], "parameters": f"{row['parameters']:,}", "MiB": row["mebibytes"],
            "GFLOP/frame": row["gflop"], "batch f/s": both(row["batch"]), "stream f/s": both(row["stream"]),
            "share of peak": both(row["share"]), "aim": f">= {row['aim']}" if row["aim"] else "",
            "one window f/s": row["one_window"], "gain": row["gain"],
        }
        for row in rows
    ]  # fmt: skip


def difference() -> dict[str, Any]:
    """Measure the plain difference of two frames, which every detector has to beat: it has no network."""
    found = _chunks(1, *DIFFERENCE_SIZE)

    def run() -> float:
        began = time.perf_counter()
        frames = sum(len(chunk) for chunk in frame_difference.compared(found, []))
        return frames / (time.perf_counter() - began)

    rate = _short(_rates({"": run})[""])
    none = dict.fromkeys(("mebibytes", "gflop", "batch", "share", "aim", "one_window", "gain"))
    return {"parameters": 0, "precision": "float32", "stream": {"float32": rate, "best": rate}, **none}


def one(name: str, device_name: str, settings: str = "{}") -> dict[str, Any]:
    """Measure one detector in this process, float32 and the best precision in turn."""
    torch.manual_seed(0)
    best, exact = device.choose(device_name), device.choose(device_name, "float32")
    before = _memory(best, reset=True)
    detector = make_detector(name, json.loads(settings))
    parameters = sum(p.numel() for p in detector.parameters())
    detector = best.to_inference(detector)
    w = detector.window
    windows = torch.rand(CHUNK, w.span, w.channels, w.height, w.width, device=best.device) * (w.high - w.low) + w.low
    chunks = _chunks(w.span, w.height, w.width)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        _judged(detector, windows, best)
    _streamed(detector, chunks, best)
    memory = _memory(best) - before
    runs: dict[str, Callable[[], float]] = {}
    for label, runtime in (("best", best), ("float32", exact)):
        runs[f"peak {label}"] = functools.partial(_product, runtime)
        runs[f"batch {label}"] = functools.partial(_judged, detector, windows, runtime)
        runs[f"stream {label}"] = functools.partial(_streamed, detector, chunks, runtime)
    rates, work = _rates(runs), counter.get_total_flops() / CHUNK
    both = {kind: {label: rates[f"{kind} {label}"] for label in ("float32", "best")} for kind in ("batch", "stream")}
    return {
        "parameters": parameters,
        "mebibytes": round(memory / 2**20),
        "gflop": _short(work / 1e9),
        "precision": str(best.precision).removeprefix("torch."),
        **{kind: {label: _short(value) for label, value in of.items()} for kind, of in both.items()},
        "share": {label: round(value * work / rates[f"peak {label}"], 2) for label, value in both["batch"].items()},
        "aim": TARGET_3D if any(isinstance(part, nn.Conv3d) for part in detector.modules()) else TARGET_2D,
    }


def one_window(name: str, device_name: str, settings: str = "{}") -> float:
    """Return frames per second of the same network as the papers' published evaluators run theirs.

    One window at a time, float32, PyTorch's own layers and memory format, every frame of the window answered for.
    """
    torch.manual_seed(0)
    runtime = device.choose(device_name, "float32")
    detector = make_detector(name, json.loads(settings)).eval().to(runtime.device)
    for part in detector.modules():
        if type(part).__module__ == "detectors._cpu_conv":
            part.forward = functools.partial(getattr(nn, type(part).__name__).forward, part)
    if isinstance(detector, NormalReconstruction):
        detector.middle = lambda windows: detector(windows)[:, TARGET]  # type: ignore[method-assign]
    w = detector.window
    windows = torch.rand(1, w.span, w.channels, w.height, w.width, device=runtime.device)
    return _rates({"": functools.partial(_judged, detector, windows, runtime)})[""]


def _rates(runs: Mapping[str, Callable[[], float]]) -> Rates:
    """Return the best rate of each over all rounds; all are called in turn."""
    rates, began, rounds = dict.fromkeys(runs, 0.0), time.perf_counter(), 0
    while not rounds or (rounds < MAX_ROUNDS and time.perf_counter() - began < MAX_SECONDS):
        for name, run in runs.items():
            rates[name] = max(rates[name], run())
        rounds += 1
    return rates


def _judged(detector: Detector, windows: Tensor, runtime: Runtime) -> float:
    w, began = detector.window, time.perf_counter()
    with torch.no_grad(), runtime.autocast():
        float(detector.predict_windows(windows, (w.height, w.width)).score.sum())
    return len(windows) / (time.perf_counter() - began)


def _streamed(detector: Detector, chunks: Sequence[Frames], runtime: Runtime) -> float:
    """Return frames per second behind the first answer, when every window is under way."""
    with runtime.autocast():
        answers = detector.stream(chunks)
        float(next(answers).score.sum())
        began, count = time.perf_counter(), 0
        for answer in answers:
            float(answer.score.sum())
            count += len(answer.score)
    return count / (time.perf_counter() - began)


def _product(runtime: Runtime) -> float:
    """Return multiplications and additions per second of a matrix product."""
    a = torch.ones(MATRIX_SIDE, MATRIX_SIDE, device=runtime.device, dtype=runtime.precision)
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        float((a @ a)[0, 0])
        best = max(best, 2 * MATRIX_SIDE**3 / (time.perf_counter() - began))
    return best


def _chunks(span: int, height: int, width: int) -> list[Frames]:
    images = np.random.default_rng(0).integers(0, 256, (span - 1 + 2 * CHUNK, height, width, 3), dtype=np.uint8)
    return list(chunks(images, 25.0, CHUNK))


def _memory(runtime: Runtime, reset: bool = False) -> int:
    """Return the peak in bytes, of the GPU or of this process, since the last reset where the system offers one."""
    if runtime.device.type == "cuda":
        if reset:
            torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.max_memory_allocated())
    if reset:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return process_peak() * 1024


def _short(value: float) -> float:
    return float(f"{value:.3g}")
