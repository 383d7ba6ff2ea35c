"""One plain training loop for every detector: stages from the detector, a checkpoint every epoch, resume."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from core import files, weights
from core.arrays import Ints
from core.contracts import Detector, Footage, Stage
from core.device import Runtime
from core.errors import InputError, WeightsError
from pipeline.training import losses as kept_losses
from pipeline.training.cache import Cache
from pipeline.training.running_losses import NotFinite, RunningLosses

CLIP_NORM = 1.0
Read = TypeVar("Read")


@dataclass(frozen=True)
class Step:
    """Where a training stands: shown while it runs.

    Attributes:
        stage, epoch, epochs: name of the stage, its present epoch from 0, and how many it has.
        done: share of the epoch that is done.
        loss: of the last batch; None at the beginning of a stage.
        behind, windows: windows of all stages that are done, and that there are; those of a stage whose windows take
            longer count for more.
    """

    stage: str
    epoch: int
    epochs: int
    done: float
    loss: float | None
    behind: float = 0.0
    windows: float = 0.0


@dataclass
class TrainingProgress:
    """What a training has behind it; kept in the checkpoint and on the camera's card.

    Attributes:
        stage, epoch: where it stands.
        seconds: spent in epochs.
        losses: one entry for each epoch, its terms averaged over windows; ``held out`` is their sum on held-out
            windows, where a stage has any.
        stages: name of the stage of each entry; empty where a checkpoint of version 0.1 does not tell.
        best, stale: of the present stage: the lowest loss on held-out windows, and the epochs since.
    """

    stage: int = 0
    epoch: int = 0
    seconds: float = 0.0
    losses: list[dict[str, float]] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    best: float = float("inf")
    stale: int = 0


@dataclass(frozen=True)
class FitOptions:
    """How a detector is fitted, but for what it says itself.

    Attributes:
        seed: of the order of windows and of PyTorch. Seed PyTorch before building the detector too.
        resume: go on from ``checkpoint.pt`` where there is one.
        windows: how many windows an epoch draws at most; 0 for all.
        costs: seconds that a window takes in each stage, or only their ratios; alike when empty.
        reading: called with the number of frames decoded before the training begins.
        report: called at the beginning of every stage, with no loss yet, and after every batch; on a GPU, which is not
            kept waiting, twice a second.
        each_epoch: called after every epoch, the detector in evaluation mode; what it does is not counted as training
            time, and must leave PyTorch's own random numbers alone.
    """

    seed: int = 0
    resume: bool = False
    windows: int = 0
    costs: tuple[float, ...] = ()
    reading: Callable[[int], None] | None = None
    report: Callable[[Step], None] | None = None
    each_epoch: Callable[[Detector, TrainingProgress], None] | None = None


def fit(
    detector: Detector, footage: Sequence[Footage], work: Path, runtime: Runtime, how: FitOptions | None = None
) -> TrainingProgress:
    """Train all stages of a detector; the last epoch's weights stay in it.

    Epoch ``e`` of stage ``s`` draws its windows in an order that depends on ``(seed, s, e)`` alone, so that a training
    that was killed and resumed takes the same steps as one that was not.

    Args:
        detector: placed on the runtime's device here; keep it in eval mode afterwards.
        footage: normal clips.
        work: folder for the frame cache and ``checkpoint.pt``; made when missing.
        runtime: device and precision.
        how: seed, resume, and who watches.

    Raises:
        DataError: the footage holds no window, or too few to hold some out.
        InputError: the loss became NaN or infinite; the last good checkpoint is kept.
        WeightsError: the checkpoint is not one of this detector.
    """
    how = how or FitOptions()
    files.folder(work)
    runtime.place(detector)
    cache = Cache(work / "frames.u8", detector, footage, how.reading)
    cache.move(runtime.device)
    progress, kept = TrainingProgress(), None
    if how.resume and (work / "checkpoint.pt").exists():
        progress, kept = _restore(detector, work / "checkpoint.pt")
    torch.manual_seed(how.seed)
    stages = [_Stage(detector, stage, i, cache, work, runtime, how) for i, stage in enumerate(detector.stages())]
    for i, stage in enumerate(stages):
        stage.before, stage.whole = sum(one.work for one in stages[:i]), sum(one.work for one in stages)
    for stage in stages[progress.stage :]:
        stage.run(progress, kept)
        kept = None
    if progress.losses:  # one that was stopped after its last checkpoint may lack them
        kept_losses.write(work, progress.stages, progress.losses)
    detector.eval()
    (work / "frames.u8").unlink()
    return progress


class _Stage:
    """One stage while it is trained."""

    def __init__(
        self, detector: Detector, stage: Stage, number: int, cache: Cache, work: Path, runtime: Runtime, how: FitOptions
    ) -> None:
        self.detector, self.stage, self.number, self.cache = detector, stage, number, cache
        self.kept, self.runtime, self.how = work / "checkpoint.pt", runtime, how
        self.starts, self.held_out = cache.split(stage.plateau.held_out if stage.plateau else 0.0)
        self.windows = min(len(self.starts), how.windows or len(self.starts))
        self.per_epoch = -(-self.windows // stage.batch)
        self.work = self.windows * stage.epochs * (how.costs[number] / how.costs[0] if how.costs else 1.0)
        self.before, self.whole = 0.0, self.work
        self.optimiser = stage.optimiser(stage.parameters)
        self.rate = float(self.optimiser.param_groups[0]["lr"])
        self.schedule: LRScheduler | ReduceLROnPlateau = (
            ReduceLROnPlateau(self.optimiser, factor=stage.plateau.factor, patience=stage.plateau.patience)
            if stage.plateau
            else stage.schedule(self.optimiser, self.per_epoch * stage.epochs)
        )

    def run(self, progress: TrainingProgress, kept: dict[str, Any] | None) -> None:
        """Train from where ``progress`` stands, with the optimiser's state ``kept``, to the stage's end."""
        stage, plateau = self.stage, self.stage.plateau
        if kept is not None:
            self._go_on(kept)
        if progress.epoch < stage.epochs:
            self._report(progress.epoch, 0.0, None)
        if stage.begin is not None and progress.epoch == 0:
            self._begin(stage.begin)
        while progress.epoch < stage.epochs and not (plateau and 0 < plateau.stop <= progress.stale):
            self._epoch(progress)
            self._keep(progress)
            if self.how.each_epoch:
                self.how.each_epoch(self.detector.eval(), progress)
        progress.stage, progress.epoch, progress.best, progress.stale = self.number + 1, 0, float("inf"), 0

    def _go_on(self, kept: Mapping[str, Any]) -> None:
        """Take up the optimiser and the schedule, at a rate that is lower or higher where it was set anew since."""
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        if self.rate != kept["rate"]:
            for group in self.optimiser.param_groups:
                group["lr"] *= self.rate / kept["rate"]
            if not isinstance(self.schedule, ReduceLROnPlateau):
                self.schedule.base_lrs = [rate * self.rate / kept["rate"] for rate in self.schedule.base_lrs]

    def _epoch(self, progress: TrainingProgress) -> None:
        began, seed = time.monotonic(), self.how.seed
        rng = np.random.default_rng((seed, self.number, progress.epoch))
        torch.manual_seed(int(rng.integers(2**31)))
        losses = self._train(rng.permutation(self.starts)[: self.windows], progress.epoch)
        if isinstance(self.schedule, ReduceLROnPlateau):
            losses["held out"] = held_out = self._measure()
            self.schedule.step(held_out)
            gained = held_out < progress.best
            progress.best, progress.stale = (held_out, 0) if gained else (progress.best, progress.stale + 1)
        progress.losses.append(losses)
        progress.stages.append(self.stage.name)
        progress.seconds += time.monotonic() - began
        progress.epoch += 1

    def _train(self, order: Ints, epoch: int) -> dict[str, float]:
        """Take one step for each batch and return the terms of the loss, averaged over windows."""
        stage = self.stage
        self.detector.train()
        running = RunningLosses(self.runtime)
        for index, windows in enumerate(self._prepared(order, stage.span)):
            terms = self._loss(windows)
            self.optimiser.zero_grad(set_to_none=True)
            torch.stack(tuple(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
            running.add(terms, len(windows))
            if running.due:
                self._report(epoch, (index + 1) / self.per_epoch, self._finite(running.look))
            torch.nn.utils.clip_grad_norm_(stage.parameters, CLIP_NORM)
            self.optimiser.step()
            if not isinstance(self.schedule, ReduceLROnPlateau):
                self.schedule.step()
        return self._finite(running.means)

    def _report(self, epoch: int, done: float, loss: float | None) -> None:
        if self.how.report:
            stage, behind = self.stage, self.before + self.work * (epoch + done) / self.stage.epochs
            self.how.report(Step(stage.name, epoch, stage.epochs, done, loss, behind, self.whole))

    @torch.no_grad()
    def _measure(self) -> float:
        """Return the loss of the held-out windows, averaged over them."""
        self.detector.eval()
        running = RunningLosses(self.runtime)
        for windows in self._prepared(self.held_out, self.stage.span):
            running.add(self._loss(windows), len(windows))
        return sum(self._finite(running.means).values())

    def _prepared(self, order: Ints, span: int = 0) -> Iterator[Tensor]:
        for shrunk in self.cache.batches(self.stage.batch, order, span):
            yield self.detector.prepare(shrunk.to(self.runtime.device, non_blocking=True))

    def _loss(self, windows: Tensor) -> dict[str, Tensor]:
        with self.runtime.autocast():
            return self.stage.loss(windows)

    def _finite(self, read: Callable[[], Read]) -> Read:
        """Return what is read of the losses; a sentence where one of them is no number."""
        try:
            return read()
        except NotFinite as error:
            kept = "the last good epoch is kept: --resume with" if self.kept.exists() else "begin again with"
            raise InputError(
                f"the loss of stage {self.stage.name} became {error.total} in batch {error.batch}; {kept} a lower "
                "learning rate (--set rate=…) would be right"
            ) from error

    def _keep(self, progress: TrainingProgress) -> None:
        state = {
            "detector": self.detector.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "rate": self.rate,
            "progress": vars(progress),
        }
        weights.save_torch(state, self.kept)
        kept_losses.write(self.kept.parent, progress.stages, progress.losses)

    @torch.no_grad()
    def _begin(self, begin: Callable[[Iterable[Tensor]], None]) -> None:
        self.detector.eval()
        order = np.random.default_rng(self.how.seed).permutation(self.cache.starts)
        with self.runtime.autocast():
            begin(self._prepared(order))


def _restore(detector: Detector, path: Path) -> tuple[TrainingProgress, dict[str, Any]]:
    state = weights.load_torch(path)
    try:
        weights.apply(detector, state["detector"])
        progress = TrainingProgress(**state["progress"])
        progress.stages = [""] * (len(progress.losses) - len(progress.stages)) + progress.stages
        return progress, {name: state[name] for name in ("optimiser", "schedule", "rate")}
    except (KeyError, TypeError) as error:
        raise WeightsError(f"{path.name} is not a training checkpoint of Whycam; train without --resume") from error
