"""A training of so many minutes: AdamW under a cosine over them, stopped and resumed at any step."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core import files
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

    def run(self, checkpoint: Path, loss: Callable[[int], Tensor], *, resume: bool, say: Callable[[str], None]) -> None:
        """Train until the minutes are over.

        Args:
            checkpoint: file that is kept every two minutes of training and when it is stopped.
            loss: gives the loss of a step, counted from 0.
            resume: go on from ``checkpoint``.
            say: told a line every fifty steps.

        Raises:
            InputError: there is no checkpoint of these settings to resume.
            StorageError: the checkpoint cannot be written.
        """
        if resume:
            self._restore(checkpoint)
        self.network.train()
        try:
            self._loop(checkpoint, loss, say)
        finally:
            self._save(checkpoint)

    def _loop(self, checkpoint: Path, loss: Callable[[int], Tensor], say: Callable[[str], None]) -> None:
        saved, total = self.spent, 0.0
        while self.spent < 60 * self.minutes:
            began = time.monotonic()
            total += self._one(loss)
            self.spent += time.monotonic() - began
            if self.step % SAID == 0:
                minutes = f"{self.spent / 60:.1f} of {self.minutes:g} min"
                say(f"street: step {self.step}, {minutes}, loss {total / SAID:.3f}")
                total = 0.0
            if self.spent - saved > SAVED:
                self._save(checkpoint)
                saved = self.spent

    def _one(self, loss: Callable[[int], Tensor]) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.highest * rate(self.spent / (60 * self.minutes))
        self.optimiser.zero_grad(set_to_none=True)
        value = loss(self.step)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP_NORM)
        self.optimiser.step()
        self.step += 1
        return value.item()

    def _save(self, path: Path) -> None:
        kept = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}
        with files.write_whole(path) as handle:
            torch.save(kept | {"step": self.step, "spent": self.spent, "settings": self.settings}, handle)

    def _restore(self, path: Path) -> None:
        if not path.exists():
            raise InputError(f"there is nothing to resume: {path} does not exist; leave --resume out to begin anew")
        kept = torch.load(path, weights_only=True, map_location="cpu")
        if kept["settings"] != self.settings:
            raise InputError(f"{path} belongs to another seed, recipe or data; leave --resume out to begin anew")
        self.network.load_state_dict(kept["network"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.step, self.spent = kept["step"], kept["spent"]
