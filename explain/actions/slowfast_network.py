"""What the SlowFast backends share: the builder, the input's value range, its two pathways, and checks."""

import warnings

import numpy as np
import torch
from torch import Tensor, nn

from core.arrays import Bools, Floats, Images
from core.device import Runtime
from core.errors import expect

with warnings.catch_warnings():
    # pytorchvideo scripts a function on import, which newer releases of PyTorch call deprecated.
    warnings.simplefilter("ignore")
    from pytorchvideo.models.slowfast import create_slowfast_with_roi_head

__all__ = ["MEAN", "STD", "check", "create_slowfast_with_roi_head", "inside", "normalise", "place"]

MEAN, STD = 0.45, 0.225
"""Of every channel, in [0, 1]: the values that pytorchvideo's models were trained with."""


def normalise(images: Tensor) -> Tensor:
    """Bring uint8 or float values of 0 to 255 to zero mean and unit variance, as float32."""
    return images.float().sub_(255 * MEAN).div_(255 * STD)


def place(network: nn.Module, runtime: Runtime) -> nn.Module:
    """Move a network to the runtime in eval mode, its 3-D convolutions in channels-last order."""
    placed: nn.Module = runtime.place(network.eval()).to(memory_format=torch.channels_last_3d)
    return placed


def check(images: Images, boxes: Floats, span: int) -> None:
    """Raise a ``ValueError`` unless ``images`` is (span, H, W, 3) uint8 and ``boxes`` (N, 4)."""
    shape = images.shape
    good = images.ndim == 4 and shape[0] == span and shape[3] == 3 and min(shape[1:3]) > 0 and images.dtype == np.uint8
    expect(good, "images", f"({span}, H, W, 3) uint8", (shape, images.dtype))
    expect(boxes.ndim == 2 and boxes.shape[1] == 4, "boxes", "(N, 4)", boxes.shape)


def inside(boxes: Floats, size: tuple[int, int]) -> tuple[Floats, Bools]:
    """Clip (N, 4) boxes, in pixels, to a frame of (H, W) pixels.

    Returns:
        The clipped boxes, and which of them have an area in the frame, (N,) bool.
    """
    limits = np.array([size[1], size[0], size[1], size[0]], np.float32)
    clipped = np.clip(boxes.astype(np.float32), 0, limits)
    return clipped, (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
