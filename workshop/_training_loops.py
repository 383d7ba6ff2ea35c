"""The training loops of the compact models: AdamW for a number of minutes or of epochs, with a checkpoint."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.errors import InputError

CLIP_NORM = 5.0
WARM_UP_FRACTION, FINAL_RATE_FRACTION = 0.03, 0.01
"""Share of the time over which the rate rises, and share of the highest that it ends with."""
SAVED, SAID = 120.0, 50
"""Seconds of training between checkpoints, and steps between lines."""


def rate(done: float) -> float:
    """Return the share of the highest rate when a share of the time is done (``loshchilov2017sgdr``).

    >>> [round(rate(x), 2) for x in (0.0, 0.03, 0.5, 1.0)]
    [0.0, 1.0, 0.53, 0.01]
    """
    if done < WARM_UP_FRACTION:
        return done / WARM_UP_FRACTION
    along = (min(done, 1.0) - WARM_UP_FRACTION) / (1 - WARM_UP_FRACTION)
    return FINAL_RATE_FRACTION + (1 - FINAL_RATE_FRACTION) * (1 + math.cos(math.pi * along)) / 2


@dataclass
class ByClock:
    """A training and its checkpoint.

    Attributes:
        network: placed; what does not require gradients stays as it is.
        minutes: of training, those before a stop among them.
        highest: learning rate.
        decay: weight decay.
        settings: what is trained; a checkpoint of other settings is not resumed.
        step, spent: steps and seconds so far.
    """

    network: nn.Module
    minutes: float
    highest: float
    decay: float
    settings: dict[str, Any]
    step: int = 0
    spent: float = 0.0

    def __post_init__(self) -> None:
        learning = [part for part in self.network.parameters() if part.requires_grad]
        self.optimiser = torch.optim.AdamW(learning, lr=self.highest, weight_decay=self.decay)
        self.parts = {"network": self.network, "optimiser": self.optimiser}

    def run(self, checkpoint: Path, loss: Callable[[int], Tensor], *, resume: bool, say: Callable[[str], None]) -> None:
        """Train until the minutes are over.

        Args:
            checkpoint: file that is kept every two minutes of training and when it is stopped.
            loss: gives the loss of a step, counted from 0.
            resume: go on from ``checkpoint``.
            say: receives a line every fifty steps.

        Raises:
            InputError: there is no checkpoint of these settings to resume.
            StorageError: the checkpoint cannot be written.
        """
        if resume:
            kept = _restore(checkpoint, self.parts, {"settings": self.settings}, "seed, recipe or data")
            self.step, self.spent = kept["step"], kept["spent"]
        self.network.train()
        try:
            self._loop(checkpoint, loss, say)
        finally:
            self._save(checkpoint)

    def _loop(self, checkpoint: Path, loss: Callable[[int], Tensor], say: Callable[[str], None]) -> None:
        saved, total = self.spent, 0.0
        while self.spent < 60 * self.minutes:
            began = time.monotonic()
            for group in self.optimiser.param_groups:
                group["lr"] = self.highest * rate(self.spent / (60 * self.minutes))
            total += _step(self.network, self.optimiser, loss(self.step))
            self.step += 1
            self.spent += time.monotonic() - began
            if self.step % SAID == 0:
                minutes = f"{self.spent / 60:.1f} of {self.minutes:g} min"
                say(f"street: step {self.step}, {minutes}, loss {total / SAID:.3f}")
                total = 0.0
            if self.spent - saved > SAVED:
                self._save(checkpoint)
                saved = self.spent

    def _save(self, path: Path) -> None:
        _save(path, self.parts, {"step": self.step, "spent": self.spent, "settings": self.settings})


class OneCycle:
    """A training under a one-cycle schedule, with a checkpoint after every epoch (``smith2018disciplined``).

    Args:
        network: placed.
        recipe: ``epochs`` of ``steps`` batches of ``batch`` samples, ``rate`` the highest learning rate, and whatever
            else must be the same for a checkpoint to be resumed.
        decay: weight decay.
    """

    def __init__(self, network: nn.Module, recipe: Mapping[str, Any], decay: float) -> None:
        self.network, self.recipe, self.epoch = network, dict(recipe), 0
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=recipe["rate"], weight_decay=decay)
        total = recipe["epochs"] * recipe["steps"]
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, recipe["rate"], total_steps=total)
        self.parts = {"network": network, "optimiser": self.optimiser, "schedule": self.schedule}

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
            say: receives one line an epoch.
            what: name of the model in that line.
            unit: what a batch is made of, in that line.

        Raises:
            InputError: there is no checkpoint of this recipe and seed to resume.
            StorageError: the checkpoint cannot be written.
        """
        same = {"seed": seed, "recipe": self.recipe}
        if resume:
            self.epoch = _restore(checkpoint, self.parts, same, "seed or recipe")["epoch"]
        steps, batch, epochs = (self.recipe[name] for name in ("steps", "batch", "epochs"))
        while self.epoch < epochs:
            torch.manual_seed(seed * 1000 + self.epoch)
            started = time.monotonic()
            mean = self._run_epoch(losses(np.random.default_rng([seed, self.epoch])))
            self.epoch += 1
            _save(checkpoint, self.parts, {"epoch": self.epoch} | same)
            seconds = time.monotonic() - started
            speed = f"{steps * batch / seconds:.1f} {unit}/s, {seconds:.0f} s"
            say(f"{what}: epoch {self.epoch} of {epochs}, loss {mean:.3f}, {speed}")

    def _run_epoch(self, losses: Iterator[Tensor]) -> float:
        self.network.train()
        total = 0.0
        for loss in losses:
            total += _step(self.network, self.optimiser, loss)
            self.schedule.step()
        return float(total / self.recipe["steps"])


def _step(network: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor) -> float:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
    optimiser.step()
    return loss.item()


def _save(path: Path, parts: Mapping[str, Any], facts: dict[str, Any]) -> None:
    weights.save_torch({name: part.state_dict() for name, part in parts.items()} | facts, path)


def _restore(path: Path, parts: Mapping[str, Any], same: Mapping[str, Any], what: str) -> dict[str, Any]:
    if not path.exists():
        raise InputError(f"there is nothing to resume: {path} does not exist; leave --resume out to begin anew")
    kept: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    if any(kept[name] != value for name, value in same.items()):
        raise InputError(f"{path} belongs to another {what}; leave --resume out to begin anew")
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return kept
