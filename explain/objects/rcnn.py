"""What the Faster R-CNN backends share: COCO's names, and the way from a network's answer to records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, FasterRCNN_ResNet50_FPN_Weights

from core.arrays import Bools, Floats, Images
from core.device import Runtime
from core.errors import expect
from core.records import Detections

UNUSED, BACKGROUND = "N/A", "__background__"
CATEGORIES: tuple[str, ...] = tuple(FasterRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"])
"""COCO's 91 category ids in order, the background first; ids that COCO never used are called ``N/A``."""

COCO: tuple[str, ...] = tuple(name for name in CATEGORIES[1:] if name != UNUSED)
"""The 80 names of COCO, in COCO's order (``lin2014microsoft``)."""


def to_detections(
    answers: Sequence[tuple[Tensor, Tensor, Tensor]], names: Sequence[str], size: tuple[int, int], first: int
) -> list[Detections]:
    """Make a record of each frame, boxes clipped to the frame; what has no area in it or no name is left out.

    All frames are copied from the device at once, which waits for it once.

    Args:
        answers: of each frame (N, 4) boxes in its pixels, any float type; (N,) integers into ``names``; and (N,)
            confidences in [0, 1]; all on one device.
        names: name of each id; ids called ``N/A`` or ``__background__`` are dropped.
        size: (H, W) of the frames.
        first: index of the first one in the clip.
    """
    whole = [torch.cat([box.float(), ids[:, None].float(), sure[:, None].float()], 1) for box, ids, sure in answers]
    found: Floats = torch.cat(whole).cpu().numpy()
    parts = np.split(found, np.cumsum([len(one) for one in whole])[:-1])
    known = np.array([name not in (UNUSED, BACKGROUND) for name in names])
    return [_record(part, names, known, size, first + i) for i, part in enumerate(parts)]


def _record(found: Floats, names: Sequence[str], known: Bools, size: tuple[int, int], frame: int) -> Detections:
    """Make the record of one frame of (N, 6) boxes, ids and confidences."""
    limits = np.array([size[1], size[0], size[1], size[0]], dtype=np.float32)
    at, which, sure = np.clip(found[:, :4], 0, limits), found[:, 4].astype(np.int64), found[:, 5]
    good = (at[:, 2] > at[:, 0]) & (at[:, 3] > at[:, 1]) & np.isfinite(at).all(1) & known[which]
    labels = tuple(names[i] for i in which[good])
    return Detections(frame, at[good], labels, np.clip(sure[good], 0, 1), "COCO")


def exact(network: FasterRCNN) -> FasterRCNN:
    """Have a torchvision network turn its heads' answers into boxes in float32 whatever the precision; returns it.

    torchvision decodes boxes in the precision of the heads, and bfloat16 knows only every second pixel beyond 256.
    """
    network.rpn.head.register_forward_hook(_widen)
    network.roi_heads.box_predictor.register_forward_hook(_widen)
    return network


def _widen(module: nn.Module, inputs: Any, outputs: Any) -> Any:
    if isinstance(outputs, Tensor):
        return outputs.float()
    return type(outputs)(_widen(module, inputs, part) for part in outputs)


@dataclass
class RcnnModel:
    """A torchvision Faster R-CNN in eval mode, as an object model.

    Attributes:
        name: who answers.
        network: pictures, a list of (3, H, W) float32 in [0, 1], to dicts of boxes, labels, scores.
        names: name of each class id, the background first.
        runtime: where it runs.
        batch: frames in one pass.
        limits: short and long side in pixels; larger frames are first brought into them without aliasing.
        enlarged: factor by which frames smaller than the limits are enlarged at most.
    """

    name: str
    network: nn.Module
    names: tuple[str, ...]
    runtime: Runtime
    batch: int
    limits: tuple[int, int] | None = None
    enlarged: float = 1.0

    def __post_init__(self) -> None:
        self.labels = tuple(name for name in self.names[1:] if name != UNUSED)
        self.network = self.runtime.place(self.network.eval())

    @torch.inference_mode()
    def detect(self, images: Images, first: int = 0) -> list[Detections]:
        """Label the boxes of N frames, (N, H, W, 3) uint8; entry i is said to be of frame ``first + i``."""
        return in_batches(images, first, self.batch, self._look)

    def scale(self, size: tuple[int, int]) -> float:
        """Return the factor by which frames of (H, W) pixels are scaled for the network."""
        short, long = self.limits or (min(size), max(size))
        return min(self.enlarged, short / min(size), long / max(size))

    def _look(self, images: Images, first: int) -> list[Detections]:
        stack = torch.from_numpy(np.require(images, requirements=["C", "W"])).to(self.runtime.device)
        pictures = stack.permute(0, 3, 1, 2).float().div_(255)
        size = (images.shape[1], images.shape[2])
        inputs, back = resized(pictures, self.scale(size))
        with self.runtime.autocast():
            answers: list[Mapping[str, Tensor]] = self.network(list(inputs))
        found = [(a["boxes"] * back, a["labels"], a["scores"]) for a in answers]
        return to_detections(found, self.names, size, first)


def resized(pictures: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Scale (N, 3, H, W) pictures without aliasing; also return the (4,) factors back to their size."""
    height, width = pictures.shape[-2:]
    if scale != 1:
        fitting = (max(1, round(height * scale)), max(1, round(width * scale)))
        pictures = nn.functional.interpolate(pictures, fitting, mode="bilinear", antialias=True)
    back = torch.tensor([width / pictures.shape[-1], height / pictures.shape[-2]], device=pictures.device)
    return pictures, back.repeat(2)


def in_batches(
    images: Images, first: int, size: int, detect: Callable[[Images, int], list[Detections]]
) -> list[Detections]:
    """Call ``detect`` on up to ``size`` frames at a time, with the number of the first one of each batch."""
    check(images)
    starts = range(0, len(images), size)
    return [found for start in starts for found in detect(images[start : start + size], first + start)]


def check(images: Images) -> None:
    """Raise a ``ValueError`` unless ``images`` is (N, H, W, 3) uint8 with H and W at least 1."""
    good = images.ndim == 4 and images.shape[3] == 3 and images.dtype == np.uint8 and min(images.shape[1:3]) > 0
    expect(good, "images", "(N, H, W, 3) uint8", (images.shape, images.dtype))
