"""How fast a detector trains on this machine, measured on its first batches."""

import copy
import time

import torch

from core.contracts import Detector, Stage
from core.device import Runtime
from core.errors import InputError

STEPS = 3
ENOUGH_SECONDS = 20.0


def measure_throughput(detector: Detector, runtime: Runtime) -> list[float]:
    """Train a copy of a detector for a few batches of noise, and return the seconds that a window takes in each stage.

    Raises:
        InputError: a batch does not fit into memory.
    """
    trial = copy.deepcopy(detector).train()
    with torch.random.fork_rng():
        return [_seconds(trial, stage, runtime) for stage in trial.stages()]


def _seconds(detector: Detector, stage: Stage, runtime: Runtime) -> float:
    """Return the middle time of a few steps, the first of which only warms up."""
    w, optimiser = detector.window, stage.optimiser(stage.parameters)
    shape = (stage.batch, max(stage.span, w.span), w.channels, w.height, w.width)
    taken: list[float] = []
    began = time.monotonic()
    try:
        while len(taken) < STEPS + 1 and time.monotonic() - began < ENOUGH_SECONDS:
            noise = torch.randint(0, 256, shape, dtype=torch.uint8)
            start = time.monotonic()
            with runtime.autocast():
                loss = torch.stack(tuple(stage.loss(detector.prepare(noise.to(runtime.device))).values())).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            taken.append(float(time.monotonic() - start + 0.0 * loss.item()))
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError) or "memory" in str(error):
            raise InputError(
                f"a batch of {stage.batch} windows of {w.width}×{w.height} does not fit into memory; choose a smaller "
                "batch, height and width (--set batch=…)"
            ) from error
        raise
    return sorted(taken[1:] or taken)[len(taken[1:]) // 2] / stage.batch
