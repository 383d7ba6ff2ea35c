"""What an attribution method is asked, with what it may answer, and the scalar that all of them explain.

The scalar is the frame's residual error, normalised by the largest that the camera knows (``ravi2021class``, section
3.8.5): 0 is no error, 1 the camera's maximum. It is the detector's own score, out of decibels where it is in decibels,
so that the camera's threshold is a number on the same scale.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.arrays import Bools, Floats, Ints
from core.errors import InputError, expect

if TYPE_CHECKING:
    from explain.scorer import Scorer


@dataclass(frozen=True)
class Scale:
    """Brings raw scores to the scalar.

    Attributes:
        highest: the raw score that becomes 1: the camera's maximum.
        lowest: the raw score that becomes 0 where scores are not decibels of an error; there it is −∞.
        decibels: whether a raw score is 10·log₁₀ of an error.
    """

    highest: float
    lowest: float = float("-inf")
    decibels: bool = True

    def of(self, score: Any) -> Any:
        """Return the scalar of raw scores: tensors, arrays or numbers; differentiable."""
        if self.decibels:
            return 10.0 ** ((score - self.highest) / 10.0)
        return (score - self.lowest) / max(self.highest - self.lowest, 1e-6)

    def raw(self, scalar: float) -> float:
        """Return the raw score of a scalar.

        >>> round(Scale(12.0).raw(0.1), 6), Scale(3.0, 1.0, decibels=False).raw(0.5)
        (2.0, 2.0)
        """
        if self.decibels:
            return self.highest + 10.0 * math.log10(max(scalar, 1e-30))
        return self.lowest + scalar * max(self.highest - self.lowest, 1e-6)


@dataclass(frozen=True)
class Budget:
    """What one method may spend; both limits hold.

    Attributes:
        evaluations: windows that the detector is asked about, at most.
        seconds: of work, at most, as far as it can be foreseen from the first evaluations.
    """

    evaluations: int = 320
    seconds: float = float("inf")

    def __post_init__(self) -> None:
        if self.evaluations < 1 or not self.seconds > 0:
            raise InputError(
                f"a budget must allow at least one evaluation and some time, got {self.evaluations} evaluations and "
                f"{self.seconds:g} seconds"
            )


@dataclass(frozen=True)
class AttributionInput:
    """One frame's score, and all that a method needs to explain it; pictures are at the network's size.

    Attributes:
        window: (span, C, h, w) float32, prepared as the detector wants it.
        target: index in the window of the frame that the score is of.
        fill: (C, h, w) float32, prepared: the camera's picture without anybody, which stands for what is removed.
        expected: (C, h, w) float32, prepared: what the detector expected in the target's place.
        heat: (h, w) float32, the detector's squared error.
        segments: (h, w) int64, numbers of the regions from 0 on, none left out.
        size: (H, W) of the clip.
        value: the scalar of the window as it is.
        threshold: the scalar above which a frame is unusual.
        seed: of everything drawn by chance.
    """

    window: Tensor
    target: int
    fill: Tensor
    expected: Tensor
    heat: Floats
    segments: Ints
    size: tuple[int, int]
    value: float
    threshold: float
    seed: int = 0

    def __post_init__(self) -> None:
        shape = tuple(self.window.shape)
        expect(len(shape) == 4, "window", "(span, C, h, w)", shape)
        for name, got in (("fill", self.fill), ("expected", self.expected)):
            expect(tuple(got.shape) == shape[1:], name, f"{shape[1:]}", tuple(got.shape))
        for name, array in (("heat", self.heat), ("segments", self.segments)):
            expect(array.shape == shape[2:], name, f"{shape[2:]}", array.shape)

    @property
    def regions(self) -> int:
        """How many segments there are."""
        return int(self.segments.max()) + 1

    @property
    def empty(self) -> Tensor:
        """Window of the mere background, (1, span, C, h, w)."""
        return self.fill.expand_as(self.window)[None].contiguous()


@dataclass(frozen=True)
class RawAttribution:
    """What a method gives.

    Attributes:
        values: (h, w), at the network's size; positive where a pixel raised the score.
        frames: (span,), how much of that each frame of the window has; None where the method cannot tell.
        note: one sentence that the reader must know; empty for none.
        total: the sum of what the method gave out, where its theory says what that must be.
        owed: what it must be.
    """

    values: Floats
    frames: Floats | None = None
    note: str = ""
    total: float | None = None
    owed: float | None = None


@dataclass(frozen=True)
class Attribution:
    """A method's answer at the clip's size.

    Attributes:
        method: its name.
        map: (H, W) float32; its sum is that of the raw values.
        frames: (span,) float32: how much each frame of the window mattered; they show a strip.
        evaluations, seconds: what it took.
        raw: the answer at the network's size, with its note and sums.
    """

    method: str
    map: Floats
    frames: Floats
    evaluations: int
    seconds: float
    raw: RawAttribution


@dataclass(frozen=True)
class MethodEntry:
    """What a method's file registers under its name.

    Attributes:
        run: the method.
        about: one line for pickers and tables.
        paper: key in ``docs/bibliography.bib``; empty where the method is ours.
        cost: (evaluations allowed) -> forward passes that it will take, roughly; one with its gradient counts three.
        ready: loads the method's library, which may take seconds once and is not counted as the method's time.
    """

    run: "Callable[[AttributionInput, Scorer], RawAttribution]"
    about: str
    paper: str
    cost: Callable[[int], float]
    ready: Callable[[], object] = object


def attribute(name: str, entry: MethodEntry, question: AttributionInput, scorer: "Scorer") -> Attribution:
    """Explain one frame by one method, with a fresh scorer that has the method's budget.

    Returns:
        Its map; of zeros, with a note, where the frame has no error at all.

    Raises:
        Cancelled: the user asked to stop.
    """
    entry.ready()
    began = time.monotonic()
    if not question.heat.any() or question.value <= 0.0:
        nothing = np.zeros(question.size, np.float32), np.zeros(len(question.window), np.float32)
        raw = RawAttribution(question.heat, note="This frame has no error at all: there is nothing to explain.")
        return Attribution(name, *nothing, 0, 0.0, raw)
    answer = entry.run(question, scorer)
    told = answer.frames
    frames = frame_importance(answer, question, scorer) if told is None else np.asarray(told, np.float32)
    seconds = time.monotonic() - began
    shown = enlarged(answer.values, question.size)
    return Attribution(name, shown, frames, scorer.evaluations, seconds, answer)


def enlarged(values: Floats, size: tuple[int, int]) -> Floats:
    """Bring (h, w) values to (H, W), bilinear, keeping their sum but for the edges."""
    small = torch.from_numpy(np.ascontiguousarray(values, np.float32))[None, None]
    large = functional.interpolate(small, size, mode="bilinear")[0, 0].numpy()
    return np.asarray(large * (values.size / (size[0] * size[1])), np.float32)


def reduced(values: Floats, size: tuple[int, int]) -> Floats:
    """Bring an (H, W) map back to the network's (h, w) by the mean over each pixel's area."""
    large = torch.from_numpy(np.ascontiguousarray(values, np.float32))[None, None]
    return np.asarray(functional.interpolate(large, size, mode="area")[0, 0].numpy(), np.float32)


def strongest(values: Floats, share: float) -> Bools:
    """Mark the share of pixels with the largest positive values, at least one where any is positive."""
    count = max(1, round(values.size * share))
    least = max(float(np.partition(values.ravel(), -count)[-count]), 1e-38)
    return np.asarray(values >= least)


def frame_importance(answer: RawAttribution, question: AttributionInput, scorer: "Scorer") -> Floats:
    """Measure how much each frame of the window mattered where a map points, for a method that gives no such figure.

    Returns:
        (span,) float32: by how much the scalar falls when the tenth of the picture with the largest values is filled
        from the background in that frame alone; negative where it grows.
    """
    region = torch.from_numpy(strongest(answer.values, 0.1))
    windows = question.window.expand(len(question.window), *question.window.shape).clone()
    for frame in range(len(windows)):
        windows[frame, frame] = torch.where(region, question.fill, question.window[frame])
    return np.asarray(question.value - scorer(windows), np.float32)
