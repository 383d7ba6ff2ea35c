"""Asks a detector about many altered windows, in batches and in its best precision, and keeps count."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from core.arrays import Floats
from core.contracts import Detector
from core.device import Runtime
from core.errors import Cancelled, expect
from explain.attribution import AttributionInput, Budget, Scale

BATCH_BYTES = {"cpu": 1 << 22, "cuda": 1 << 28}
"""Most bytes of altered windows in a batch: a processor is slower where a batch of large windows leaves its caches."""
MAX_BATCH_WINDOWS = {"cpu": 6, "cuda": 128}
"""Most windows in a batch: on a processor more are slower."""
GRADIENT_COST = 3.0
"""Evaluations that one with its gradient is worth."""
TIMED_EVALUATIONS = 4
"""Evaluations that are timed to foresee how many a limit of seconds allows."""


class Scorer:
    """The scalar of any windows; see :mod:`explain.attribution`.

    Args:
        detector: built, placed, in eval mode; its parameters are set not to want gradients.
        scale: brings raw scores to the scalar.
        runtime: device and precision.
        budget: of the method that asks.
        progress: called with the forward passes done, after each batch.
        cancelled: asked before each batch.

    Attributes:
        evaluations: windows asked about so far.
        passes: the same in forward passes, of which one with its gradient is worth :data:`GRADIENT_COST`.
        seconds: that the detector took for them.
    """

    def __init__(
        self, detector: Detector, scale: Scale, runtime: Runtime, budget: Budget | None = None,
        progress: Callable[[float], None] | None = None, cancelled: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        self.detector, self.scale, self.runtime = detector.requires_grad_(False), scale, runtime
        self.budget = budget or Budget()
        self.evaluations, self.passes = 0, 0.0
        self._began = time.monotonic()
        self.seconds = 0.0
        self._progress, self._cancelled = progress, cancelled
        w = detector.window
        self._size = (w.height, w.width)
        bytes_each = 4 * w.span * w.channels * w.height * w.width
        self.batch = max(1, min(MAX_BATCH_WINDOWS[runtime.device.type], BATCH_BYTES[runtime.device.type] // bytes_each))

    def __call__(self, windows: Tensor) -> Floats:
        """Return the scalars (N,) float32 of prepared windows (N, span, C, h, w).

        Raises:
            Cancelled: the user asked to stop.
        """
        return self._answers(torch.split(windows, self.batch))

    def masked(self, question: AttributionInput, keep: Tensor) -> Floats:
        """Return the scalars of the question's window with parts replaced by its background in all frames.

        Args:
            question: whose window is altered.
            keep: (N, h, w), 1 where the window is as it was, 0 where it is replaced; bool or float.

        Returns:
            (N,) float32.

        Raises:
            Cancelled: the user asked to stop.
        """
        expect(keep.ndim == 3, "keep", "(N, h, w)", tuple(keep.shape))
        return self._answers(_blended(question, part) for part in torch.split(keep, self.batch))

    def scores_and_errors(self, question: AttributionInput, keep: Tensor) -> tuple[Floats, Floats]:
        """Return scalars (N,) and error maps (N, h, w) of the window with background where ``keep`` (N, h, w) is 0."""
        with self._counted(len(keep)), torch.no_grad(), self.runtime.autocast():
            windows = _blended(question, keep).to(self.runtime.device)
            answer = self.detector.predict_windows(windows, self._size)
            scalars: Floats = self.scale.of(answer.score.float().cpu()).numpy()
        return scalars, answer.saliency.float().cpu().numpy()

    def score_target_replaced(self, question: AttributionInput, keep: Tensor) -> Floats:
        """Return the scalars of the window with the target as expected where ``keep`` (N, h, w) is 0."""

        def replaced() -> Iterator[Tensor]:
            for part in torch.split(keep, self.batch):
                windows = question.window.expand(len(part), *question.window.shape).clone()
                share = part.float()[:, None]
                seen = question.window[question.target]
                windows[:, question.target] = seen * share + question.expected * (1.0 - share)
                yield windows

        return self._answers(replaced())

    def differentiable(self, windows: Tensor) -> Tensor:
        """Return the scalars (N,) of windows that want gradients, for one batch; counted as evaluations.

        Raises:
            Cancelled: the user asked to stop.
        """
        with self._counted(len(windows), GRADIENT_COST), torch.enable_grad(), self.runtime.autocast():
            score = self.detector.predict_windows(windows.to(self.runtime.device), self._size).score
        scalar: Tensor = self.scale.of(score.float())
        return scalar

    def allowance(self, question: AttributionInput, wanted: int, passes: float = 1.0, least: int = 2) -> int:
        """Return how many evaluations a method may plan: ``wanted``, or what is left of the budget.

        As many as the window has frames are kept back, for what tells which of them mattered. Where seconds are
        limited, a few evaluations of the window itself are timed first.

        Args:
            question: whose window is timed.
            wanted: what the method would like.
            passes: how many forward passes one of its evaluations is worth, and counts for.
            least: fewer make no sense; so many are granted in any case.
        """
        left = (self.budget.evaluations - self.evaluations - len(question.window)) / passes
        if math.isfinite(self.budget.seconds):
            if not self.evaluations:
                self(question.window.expand(min(TIMED_EVALUATIONS, self.batch), *question.window.shape))
            each = self.seconds / self.evaluations * passes
            left = min(left, (self.budget.seconds - (time.monotonic() - self._began)) / max(each, 1e-9))
        return int(max(least, min(wanted, left)))

    def _answers(self, batches: Iterable[Tensor]) -> Floats:
        found = []
        # Not inference mode: what a detector keeps between calls must stay fit for gradients.
        with torch.no_grad(), self.runtime.autocast():
            for batch in batches:
                with self._counted(len(batch)):
                    score = self.detector.predict_windows(batch.to(self.runtime.device), self._size).score
                    found.append(self.scale.of(score.float().cpu()).numpy())
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    @contextmanager
    def _counted(self, windows: int, passes: float = 1.0) -> Iterator[None]:
        """Count the windows that are asked about, unless it was cancelled before."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled(f"cancelled after {self.evaluations} evaluations; the maps that were finished are kept")
        began = time.monotonic()
        yield
        self.evaluations += windows
        self.passes += windows * passes
        self.seconds += time.monotonic() - began
        if self._progress is not None:
            self._progress(self.passes)


def _blended(question: AttributionInput, keep: Tensor) -> Tensor:
    share = keep.float()[:, None, None]
    return question.window * share + question.fill * (1.0 - share)
