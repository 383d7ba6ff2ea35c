"""The terms of the loss while an epoch runs, read from the device only now and then: each reading waits for it."""

import time
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.device import Runtime

LOOK_SECONDS = 0.5
"""Seconds between two readings from a GPU; a CPU has nothing to wait for, and is read at each batch."""


class NotFinite(Exception):
    """A batch's loss became NaN or infinite.

    Attributes:
        batch: its number, from 0.
        total: the loss.
    """

    def __init__(self, batch: int, total: float) -> None:
        super().__init__(f"{total} in batch {batch}")
        self.batch, self.total = batch, total


class RunningLosses:
    """Adds up the terms of each batch's loss.

    Args:
        runtime: whose device computes them.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._pause = 0.0 if runtime.device.type == "cpu" else LOOK_SECONDS
        self._pending: list[tuple[Tensor, int]] = []
        self._names: tuple[str, ...] = ()
        self._sums = np.zeros(0)
        self._batches = self._windows = 0
        self._looked = time.monotonic()

    def add(self, terms: Mapping[str, Tensor], windows: int) -> None:
        """Take in a batch's terms, each a scalar averaged over so many windows; nothing waits for the device."""
        self._names = tuple(terms)
        self._pending.append((torch.stack([term.detach().float() for term in terms.values()]), windows))

    @property
    def due(self) -> bool:
        """Whether it is time to read them."""
        return time.monotonic() - self._looked >= self._pause

    def look(self) -> float:
        """Read what was added since the last time, and return the loss of the last batch.

        Raises:
            NotFinite: that of a batch is no number.
        """
        values = torch.stack([terms for terms, _ in self._pending]).cpu().double().numpy()
        totals = values.sum(1)
        if len(wrong := np.flatnonzero(~np.isfinite(totals))):
            raise NotFinite(self._batches + int(wrong[0]), float(totals[wrong[0]]))
        counts = np.array([windows for _, windows in self._pending])
        self._sums = (values * counts[:, None]).sum(0) + (self._sums if len(self._sums) else 0.0)
        self._windows, self._batches = self._windows + int(counts.sum()), self._batches + len(counts)
        self._pending, self._looked = [], time.monotonic()
        return float(totals[-1])

    def means(self) -> dict[str, float]:
        """Return each term averaged over all windows; raises as :meth:`look`."""
        if self._pending:
            self.look()
        return dict(zip(self._names, (self._sums / self._windows).tolist(), strict=True))
