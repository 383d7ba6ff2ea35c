"""The loop that trains the compact action model: AdamW under a one-cycle schedule, a checkpoint after every epoch."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from core import files
from core.errors import InputError

CLIP_NORM = 5.0


class Recipe(Protocol):
    """What every recipe says: ``steps`` batches of ``batch`` samples are an epoch; ``rate`` is the highest."""

    @property
    def epochs(self) -> int:
        """How many epochs."""
        ...

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        ...

    @property
    def batch(self) -> int:
        """Samples in a batch."""
        ...

    @property
    def rate(self) -> float:
        """Highest learning rate."""
        ...


class OneCycle:
    """A training and its checkpoint (``smith2018disciplined``).

    Args:
        network: placed.
        recipe: a dataclass; a checkpoint of another recipe is not resumed.
        decay: weight decay.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, decay: float) -> None:
        self.network, self.recipe, self.epoch = network, recipe, 0
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=decay)
        total = recipe.epochs * recipe.steps
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, recipe.rate, total_steps=total)

    def run(
        self, checkpoint: Path, losses: Callable[[np.random.Generator], Iterator[Tensor]], *, seed: int, resume: bool,
        say: Callable[[str], None], what: str, unit: str,
    ) -> None:  # fmt: skip
        """Train to the last epoch.

        Args:
            checkpoint: file that each epoch leaves.
            losses: gives the loss of each batch of an epoch, drawn with the generator it gets.
            seed: with the epoch's number it decides what is drawn.
            resume: go on from ``checkpoint``.
            say: told one line an epoch.
            what: name of the model in that line.
            unit: what a batch is made of, in that line.

        Raises:
            InputError: there is no checkpoint of this recipe and seed to resume.
            StorageError: the checkpoint cannot be written.
        """
        if resume:
            self._restore(checkpoint, seed)
        steps, batch, epochs = self.recipe.steps, self.recipe.batch, self.recipe.epochs
        while self.epoch < epochs:
            torch.manual_seed(seed * 1000 + self.epoch)
            started = time.monotonic()
            mean = self._run_epoch(losses(np.random.default_rng([seed, self.epoch])))
            self.epoch += 1
            self._save(checkpoint, seed)
            seconds = time.monotonic() - started
            speed = f"{steps * batch / seconds:.1f} {unit}/s, {seconds:.0f} s"
            say(f"{what}: epoch {self.epoch} of {epochs}, loss {mean:.3f}, {speed}")

    def _run_epoch(self, losses: Iterator[Tensor]) -> float:
        self.network.train()
        total = 0.0
        for loss in losses:
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP_NORM)
            self.optimiser.step()
            self.schedule.step()
            total += loss.item()
        return total / self.recipe.steps

    def _parts(self) -> dict[str, Any]:
        return {"network": self.network, "optimiser": self.optimiser, "schedule": self.schedule}

    def _save(self, path: Path, seed: int) -> None:
        kept = {name: part.state_dict() for name, part in self._parts().items()}
        with files.write_whole(path) as handle:
            torch.save(kept | {"epoch": self.epoch, "seed": seed, "recipe": _as_dict(self.recipe)}, handle)

    def _restore(self, path: Path, seed: int) -> None:
        if not path.exists():
            raise InputError(f"there is nothing to resume: {path} does not exist; leave --resume out to begin anew")
        kept = torch.load(path, weights_only=True, map_location="cpu")
        if kept["seed"] != seed or kept["recipe"] != _as_dict(self.recipe):
            raise InputError(f"{path} belongs to another seed or recipe; leave --resume out to begin anew")
        for name, part in self._parts().items():
            part.load_state_dict(kept[name])
        self.epoch = kept["epoch"]


def _as_dict(recipe: Recipe) -> dict[str, Any]:
    return asdict(recipe)  # type: ignore[call-overload,no-any-return]
