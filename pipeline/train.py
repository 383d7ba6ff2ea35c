"""One plain training loop for every detector: stages from the detector, a checkpoint every epoch, resume."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import files, weights
from core.contracts import Detector, Footage, Stage
from core.device import Runtime
from core.errors import InputError, WeightsError
from pipeline.cache import Cache

CLIP_NORM = 1.0


@dataclass(frozen=True)
class Step:
    """Where a training stands: shown while it runs."""

    stage: str
    epoch: int
    epochs: int
    done: float
    loss: float
    windows_per_second: float


@dataclass
class Progress:
    """What a training has behind it; kept in the checkpoint and on the camera's card."""

    stage: int = 0
    epoch: int = 0
    seconds: float = 0.0
    losses: list[dict[str, float]] = field(default_factory=list)


def fit(
    detector: Detector,
    footage: Sequence[Footage],
    work: Path,
    runtime: Runtime,
    *,
    seed: int = 0,
    resume: bool = False,
    report: Callable[[Step], None] | None = None,
) -> Progress:
    """Train all stages of a detector; the last epoch's weights stay in it.

    Epoch ``e`` of stage ``s`` draws its windows in an order that depends on ``(seed, s, e)`` alone, so that a training
    that was killed and resumed takes the same steps as one that was not.

    Args:
        detector: placed on the runtime's device here; keep it in eval mode afterwards.
        footage: normal clips.
        work: folder for the frame cache and ``checkpoint.pt``; made when missing.
        runtime: device and precision.
        seed: of the order of windows and of PyTorch. Seed PyTorch before building the detector too.
        resume: go on from ``checkpoint.pt`` where there is one.
        report: called after every batch.

    Raises:
        DataError: the footage holds no window.
        InputError: the loss became NaN or infinite; the last good checkpoint is kept.
        WeightsError: the checkpoint is not one of this detector.
    """
    files.folder(work)
    runtime.place(detector)
    cache = Cache(work / "frames.u8", detector, footage)
    progress, kept = Progress(), None
    if resume and (work / "checkpoint.pt").exists():
        progress, kept = _restore(detector, work / "checkpoint.pt")
    torch.manual_seed(seed)
    for number, stage in enumerate(detector.stages()):
        if number >= progress.stage:
            _run_stage(detector, stage, number, cache, work, runtime, seed, progress, kept, report)
            kept = None
    detector.eval()
    (work / "frames.u8").unlink()
    return progress


def _run_stage(
    detector: Detector, stage: Stage, number: int, cache: Cache, work: Path, runtime: Runtime, seed: int,
    progress: Progress, kept: dict[str, Any] | None, report: Callable[[Step], None] | None,
) -> None:  # fmt: skip
    optimiser = stage.optimiser(stage.parameters)
    per_epoch = -(-len(cache.starts) // stage.batch)
    schedule = stage.schedule(optimiser, per_epoch * stage.epochs)
    if kept is not None:
        optimiser.load_state_dict(kept["optimiser"])
        schedule.load_state_dict(kept["schedule"])
    if stage.begin is not None and progress.epoch == 0:
        _begin(detector, stage.begin, cache.batches(stage.batch, np.random.default_rng(seed)), runtime)
    while progress.epoch < stage.epochs:
        started = time.monotonic()
        rng = np.random.default_rng((seed, number, progress.epoch))
        torch.manual_seed(int(rng.integers(2**31)))
        batches = cache.batches(stage.batch, rng, stage.span)
        sums = _run_epoch(detector, stage, batches, per_epoch, optimiser, schedule, runtime,
                          lambda done, loss, rate: report and report(
                              Step(stage.name, progress.epoch, stage.epochs, done, loss, rate)))  # fmt: skip
        progress.losses.append({name: value / len(cache.starts) for name, value in sums.items()})
        progress.seconds += time.monotonic() - started
        progress.epoch += 1
        _checkpoint(detector, optimiser, schedule, progress, work / "checkpoint.pt")
    progress.stage, progress.epoch = number + 1, 0


@torch.no_grad()
def _begin(
    detector: Detector, begin: Callable[[Iterable[Tensor]], None], batches: Iterable[Tensor], runtime: Runtime
) -> None:
    detector.eval()
    with runtime.autocast():
        begin(detector.prepare(shrunk.to(runtime.device)) for shrunk in batches)


def _run_epoch(
    detector: Detector, stage: Stage, batches: Any, count: int, optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler, runtime: Runtime, report: Callable[[float, float, float], Any],
) -> dict[str, float]:  # fmt: skip
    detector.train()
    sums: dict[str, float] = {}
    started, seen = time.monotonic(), 0
    for index, shrunk in enumerate(batches):
        windows = detector.prepare(shrunk.to(runtime.device))
        with runtime.autocast():
            terms = stage.loss(windows)
        loss = torch.stack(tuple(terms.values())).sum()
        if not torch.isfinite(loss):
            raise InputError(
                f"the loss of stage {stage.name} became {loss.item()} in batch {index}; the last good checkpoint is "
                "kept, a lower learning rate (--set rate=…) would be right"
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(stage.parameters, CLIP_NORM)
        optimiser.step()
        schedule.step()
        seen += len(windows)
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + term.item() * len(windows)
        report((index + 1) / count, loss.item(), seen / (time.monotonic() - started))
    return sums


def _checkpoint(
    detector: Detector, optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler,
    progress: Progress, path: Path,
) -> None:  # fmt: skip
    state = {
        "detector": detector.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "progress": vars(progress),
    }
    with files.write_whole(path) as handle:
        torch.save(state, handle)


def _restore(detector: Detector, path: Path) -> tuple[Progress, dict[str, Any]]:
    state = weights.load_torch(path)
    try:
        weights.apply(detector, state["detector"])
        return Progress(**state["progress"]), {name: state[name] for name in ("optimiser", "schedule")}
    except (KeyError, TypeError) as error:
        raise WeightsError(f"{path.name} is not a training checkpoint of Whycam; train without --resume") from error
