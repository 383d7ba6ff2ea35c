"""What a detector, an object model and an action model promise to the stages that use them; data sets too.

What a data set promises is in :mod:`core.datasets`, which needs no PyTorch.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from core.arrays import Floats, Images
from core.datasets import Dataset, DatasetFactory, Footage, Truth
from core.records import Detections, Frames, Prediction, Window
from core.settings import checked

__all__ = ["ActionModel", "Dataset", "DatasetFactory", "DescribingModel", "Detector", "DetectorEntry", "Footage",
           "Losses", "ObjectModel", "Plateau", "Stage", "Truth"]  # fmt: skip

Losses = dict[str, Tensor]


@dataclass(frozen=True)
class Plateau:
    """A learning rate that falls, and a training that ends, when held-out windows gain no more.

    Attributes:
        held_out: share of each clip's windows, its last ones, that is not trained on but measured after every epoch.
        factor: the rate is multiplied by it after ``patience`` epochs without gain.
        patience: epochs without gain that the rate stands.
        stop: epochs without gain after which the stage ends; 0 for never.
    """

    held_out: float
    factor: float
    patience: int
    stop: int = 0


@dataclass(frozen=True)
class Stage:
    """One stage of a detector's training.

    Attributes:
        name: shown while it runs.
        epochs: how many times the footage is gone through.
        batch: windows in a batch.
        parameters: what is trained.
        loss: (B, span, C, h, w) prepared windows -> named terms; their sum is minimised.
        optimiser: parameters -> optimiser.
        schedule: (optimiser, total steps) -> learning-rate schedule stepped after every batch.
        span: consecutive frames that ``loss`` gets for each window, where it wants more than the detector's own; a clip
            that ends before them repeats its last frame. 0 for the detector's own.
        begin: called once before the stage's first epoch, in evaluation mode and without gradients, with all windows
            of the footage in prepared batches.
        plateau: takes the place of ``schedule`` where the rate follows held-out windows.
    """

    name: str
    epochs: int
    batch: int
    parameters: Sequence[nn.Parameter]
    loss: Callable[[Tensor], Losses]
    optimiser: Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]
    schedule: Callable[[torch.optim.Optimizer, int], torch.optim.lr_scheduler.LRScheduler]
    span: int = 0
    begin: Callable[[Iterable[Tensor]], None] | None = None
    plateau: Plateau | None = None


class Detector(nn.Module, ABC):
    """Scores windows of frames; knows how it looks at them and how it is trained.

    Attributes:
        window: which frames it looks at.
        decibels: whether its scores are 10·log₁₀ of an error, so that they can be brought back to that error.
        patch: side in the network's pixels of the square whose mean error counts half in a score; 0 where the frame's
            mean alone counts.
    """

    window: Window
    decibels: bool = True
    patch: int = 0

    @abstractmethod
    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Answer for prepared windows.

        Args:
            windows: (B, span, C, h, w) float32 in ``[window.low, window.high]``.
            size: (H, W) of the clip, at which the saliency is returned.
        """

    @abstractmethod
    def stages(self) -> tuple[Stage, ...]:
        """List the training stages, in order."""

    def resize(self, images: Tensor) -> Tensor:
        """Bring frames to the network's size and channels; this is what training caches.

        Args:
            images: (T, H, W, 3) uint8 RGB.

        Returns:
            (T, C, h, w) uint8, on the device of ``images``.
        """
        w = self.window
        x = images.permute(0, 3, 1, 2)
        if x.shape[-2:] != (w.height, w.width):
            exact = x if x.device.type == "cpu" else x.float()
            exact = nn.functional.interpolate(exact, (w.height, w.width), mode="bilinear", antialias=True)
            x = exact if exact.dtype == torch.uint8 else exact.round_().clamp_(0, 255).to(torch.uint8)
        if w.channels == 1:
            luma = torch.tensor([0.299, 0.587, 0.114], device=x.device).view(1, 3, 1, 1)
            x = (x * luma).sum(1, keepdim=True).round_().to(torch.uint8)
        return x

    def prepare(self, resized: Tensor) -> Tensor:
        """Bring :meth:`resize`'s uint8 to float32 in ``[window.low, window.high]``."""
        return resized.float().mul_((self.window.high - self.window.low) / 255.0).add_(self.window.low)

    @torch.inference_mode()
    def predict(self, frames: Tensor) -> Prediction:
        """Answer for a batch of windows: (B, span, H, W, 3) uint8 RGB at the clip's resolution."""
        b, n, height, width, _ = frames.shape
        prepared = self.prepare(self.resize(frames.reshape(b * n, height, width, 3)))
        return self.predict_windows(prepared.reshape(b, n, *prepared.shape[1:]), (height, width))

    @torch.inference_mode()
    def stream(self, chunks: Iterable[Frames]) -> Iterator[Prediction]:
        """Answer for a clip that arrives in chunks, preparing each frame once.

        Yields:
            For each chunk that completes at least one window, one :class:`Prediction` of consecutive frames.
        """
        device = next(self.parameters()).device
        span, tail, start = self.window.span, None, 0
        for chunk in chunks:
            height, width = chunk.images.shape[1:3]
            fresh = self.prepare(self.resize(torch.from_numpy(chunk.images).to(device)))
            if tail is None:
                start, prepared = chunk.first, fresh
            else:
                prepared = torch.cat([tail, fresh])
            if len(prepared) >= span:
                windows = prepared.unfold(0, span, 1).movedim(-1, 1)
                answer = self.predict_windows(windows, (height, width))
                yield Prediction(answer.score, answer.saliency, answer.expected, start + self.window.target)
            keep = min(len(prepared), span - 1)
            start += len(prepared) - keep
            tail = prepared[len(prepared) - keep :]


@dataclass(frozen=True)
class DetectorEntry:
    """What a detector's file registers under its name.

    Attributes:
        build: the detector's class or factory, called with the settings.
        settings: names and default values of everything that can be chosen.
        paper: key in ``docs/bibliography.bib``.
        about: one line for pickers and tables.
        small: settings of a version that answers in milliseconds, for tests and quick measurements.
    """

    build: Callable[..., Detector]
    settings: Mapping[str, Any]
    paper: str
    about: str
    small: Mapping[str, Any]

    def make(self, **chosen: Any) -> Detector:
        """Build the detector with the default settings and those ``chosen``.

        Raises:
            UnknownNameError: a setting that this detector does not have.
            InputError: a value of another type than the default's, or one that the detector cannot work with.
        """
        return self.build(**{**self.settings, **checked(self.settings, chosen)})


class ObjectModel(Protocol):
    """Finds objects in single frames.

    Attributes:
        name: who answers, as shown in reports, such as ``torchvision Faster R-CNN (COCO)``.
        labels: the vocabulary's names that it can give.
    """

    name: str
    labels: tuple[str, ...]

    def detect(self, images: Images, first: int = 0) -> list[Detections]:
        """Label the boxes of N frames, (N, H, W, 3) uint8; entry i is said to be of frame ``first + i``."""
        ...


@runtime_checkable
class DescribingModel(ObjectModel, Protocol):
    """An object model that also says what the pixels of its boxes look like."""

    def describe(self, images: Images, first: int = 0) -> tuple[list[Detections], list[Floats]]:
        """Answer as :meth:`detect` does, and with each frame's (boxes, D) float32 features of unit length."""
        ...


class ActionModel(Protocol):
    """Names what persons do, from a span of frames around a key frame.

    Attributes:
        name: who answers, as shown in reports.
        labels: the AVA names that it can give.
        span: number of frames it wants, the key frame in the middle (index ``span // 2``).
        rate: how many of these lie in a second, whatever the clip's own rate: running is told from walking by how fast
            it is.
    """

    name: str
    labels: tuple[str, ...]
    span: int
    rate: float

    def classify(self, images: Images, boxes: Floats) -> Floats:
        """Name the actions of the persons in ``boxes`` at the key frame.

        Args:
            images: (span, H, W, 3) uint8.
            boxes: (N, 4) float32 person boxes at the key frame; N may be 0.

        Returns:
            (N, len(labels)) float32 independent probabilities.
        """
        ...
