"""What explaining a frame costs in processor time, and what asking in batches gains, as ratios of one run."""

import json
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import _child
from benchmarks.speed import SYSTEM_ALLOCATOR
from core.device import Runtime
from explain.attribution import attribute
from explain.scorer import Scorer
from pipeline.explaining.attributions import FrameExplainer
from pipeline.explaining.budgets import default_budget
from pipeline.explaining.plan import methods

ROUNDS, WINDOWS, SIDE = 4, 24, 1024


def measure(explained: FrameExplainer) -> dict[str, Any]:
    """Time every method on one frame with the default budget, and evaluations alone and in batches.

    Returns:
        ``methods`` (name to seconds of processor time), ``evaluation_ms`` of one in a batch, ``batching`` (how much
        longer one evaluation at a time takes), ``float32`` (one at a time in float32), ``scripts`` (one at a time as
        papers' scripts ask, by the clock: see :func:`benchmarks.detectors.one_window`), ``peak`` (floating point
        operations of a batch by those of a matrix product in the same time and precision), and ``peak_alone``, one at
        a time. Times are the smallest of several.
    """
    detector, runtime, question = explained.detector, explained.runtime, explained.question
    keep = torch.rand(WINDOWS, *question.heat.shape, generator=torch.Generator().manual_seed(0)) > 0.5

    def ask(batch: int, runtime: Runtime) -> float:
        asker = Scorer(detector, explained.scale, runtime)
        asker.batch = batch or asker.batch
        return _least(lambda: asker.masked(question, keep)) / WINDOWS

    together, alone = ask(0, runtime), ask(1, runtime)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        detector.predict_windows(question.window[None].to(runtime.device), question.heat.shape)
    left = torch.randn(SIDE, SIDE, dtype=runtime.precision, device=runtime.device)
    best = 2 * SIDE**3 / _least(lambda: left @ left)
    seconds = {}
    for name, entry in methods().items():
        entry.ready()
        began = time.process_time()
        attribute(name, entry, question, explained.asker(default_budget(explained.camera)))
        seconds[name] = round(time.process_time() - began, 2)
    return {
        "methods": seconds,
        "evaluation_ms": round(1e3 * together, 2),
        "batching": round(alone / together, 2),
        "float32": round(ask(1, Runtime(runtime.device, torch.float32)) / together, 2),
        "scripts": round(_over_scripts(explained, keep), 2),
        "peak": round(counter.get_total_flops() / together / best, 2),
        "peak_alone": round(counter.get_total_flops() / alone / best, 2),
    }


def _over_scripts(explained: FrameExplainer, keep: Tensor) -> float:
    """Return how much longer the same network takes where it is asked as papers' scripts ask, by the clock."""
    asker = Scorer(explained.detector, explained.scale, explained.runtime)
    together = _least(lambda: asker.masked(explained.question, keep), time.perf_counter) / len(keep)
    camera, device = explained.camera, explained.runtime.device.type
    asked = camera.detector, device, json.dumps(dict(camera.settings))
    rate = float(_child.run("detectors", "one_window", *asked, environment=SYSTEM_ALLOCATOR))
    return 1.0 / rate / together


def _least(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    work()
    times = []
    for _ in range(ROUNDS):
        began = clock()
        work()
        times.append(clock() - began)
    return min(times)
