"""A Faster R-CNN that also says what its boxes look like: by the mean of its backbone's features over each box."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import roi_align

from core.arrays import Floats, Images
from core.records import Detections
from explain.objects.rcnn import RcnnModel, check

SAMPLES = 4
"""Points along each side of a box at which the map of features is read."""


@dataclass
class DescribingRcnn(RcnnModel):
    """A Faster R-CNN whose backbone is listened to.

    Attributes:
        described: the part of the network whose answer, (B, D, h, w), describes the boxes.
        stride: pixels of the network's input for one of that answer's.
    """

    described: nn.Module = field(default_factory=nn.Identity)
    stride: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        self._heard: Tensor | None = None
        self.described.register_forward_hook(self._hear)

    @torch.inference_mode()
    def describe(self, images: Images, first: int = 0) -> tuple[list[Detections], list[Floats]]:
        """Label the boxes of N frames, (N, H, W, 3) uint8, and describe each by (D,) float32 of unit length."""
        check(images)
        found, features = list[Detections](), list[Floats]()
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            here = self._look(part, first + start)
            found += here
            features += self._features(here, (part.shape[1], part.shape[2]))
        self._heard = None
        return found, features

    def _features(self, found: list[Detections], size: tuple[int, int]) -> list[Floats]:
        assert self._heard is not None
        answer, scale = self._heard.float(), self.scale(size)
        forth = [max(1, round(side * scale)) / side for side in size[::-1]] * 2
        boxes = [torch.from_numpy(one.boxes * np.array(forth, np.float32)).to(answer.device) for one in found]
        means = roi_align(answer, boxes, 1, 1 / self.stride, SAMPLES, aligned=True).flatten(1)
        unit: Floats = nn.functional.normalize(means, dim=1).cpu().numpy()
        return np.split(unit, np.cumsum([len(one) for one in found])[:-1])

    def _hear(self, module: nn.Module, inputs: Any, answer: Tensor) -> None:
        self._heard = answer
