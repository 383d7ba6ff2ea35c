"""Layers and scores that several detectors share."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import InputError
from detectors._cpu_conv import ConvTranspose2d

FLOOR = 1e-8


def convolution(channels_in: int, channels_out: int) -> list[nn.Module]:
    """Return conv 3×3, batch normalisation, ReLU, to be spread into an ``nn.Sequential``."""
    return [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]


def double(channels_in: int, channels_out: int) -> nn.Sequential:
    """Return (conv 3×3, batch normalisation, ReLU) twice."""
    return nn.Sequential(*convolution(channels_in, channels_out), *convolution(channels_out, channels_out))


def upward(channels_in: int, channels_out: int) -> nn.Sequential:
    """Return a transposed convolution that doubles height and width, batch normalisation, ReLU."""
    return nn.Sequential(
        ConvTranspose2d(channels_in, channels_out, 3, stride=2, padding=1, output_padding=1),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


def error_score(error: Tensor, patch: int) -> Tensor:
    """Turn per-pixel squared errors into −PSNR in dB, of the frame alone or averaged with that of its worst patch.

    Args:
        error: (B, h, w) squared error of values in [0, 1], so that the PSNR's peak is 1.
        patch: side in pixels of the square whose mean error counts half, slid by a quarter of its side; 0 for the
            frame alone. A small object is lost in a frame's mean; the mean over its own patch is not.

    Returns:
        (B,) float32, 10·log10(mean squared error): grows with the error, 0 dB at an error of 1.
    """
    whole = _decibels(error.flatten(1).mean(1))
    if not patch:
        return whole
    pooled = functional.avg_pool2d(error.unsqueeze(1), patch, stride=max(1, patch // 4))
    return 0.5 * (whole + _decibels(pooled.flatten(1).amax(1)))


def check_patch(patch: int, height: int, width: int) -> None:
    """Refuse a patch that is larger than the frame by an ``InputError``."""
    if not 0 <= patch <= min(height, width):
        raise InputError(f"patch must lie between 0 and the shorter side {min(height, width)}, got {patch}")


def _decibels(error: Tensor) -> Tensor:
    return 10.0 * torch.log10(error.float().clamp_min(FLOOR))


def gradient_difference(one: Tensor, other: Tensor) -> Tensor:
    """Compare the sharpness of (…, h, w) pictures: mean ||∂a| − |∂b||, both axes (``mathieu2016deep``, α = 1)."""
    terms = [(one.diff(dim=axis).abs() - other.diff(dim=axis).abs()).abs().mean() for axis in (-2, -1)]
    return torch.stack(terms).sum()


def leaky(layer: nn.Conv3d | nn.ConvTranspose3d, slope: float) -> list[nn.Module]:
    """Return a layer over volumes, batch normalisation, leaky ReLU, to be spread into an ``nn.Sequential``."""
    return [layer, nn.BatchNorm3d(layer.out_channels), nn.LeakyReLU(slope, inplace=True)]


def adam(rate: float, decay: float = 0.0) -> Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]:
    """Return what makes Adam of a rate and a weight decay: a :class:`core.contracts.Stage`'s optimiser."""
    return lambda parameters: torch.optim.Adam(parameters, rate, weight_decay=decay)


def constant(optimiser: torch.optim.Optimizer, _: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Keep the learning rate as it is: a :class:`core.contracts.Stage`'s schedule."""
    return torch.optim.lr_scheduler.ConstantLR(optimiser, 1.0)


def cosine(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Anneal the learning rate by a cosine over all steps: a :class:`core.contracts.Stage`'s schedule."""
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))


def at_clip_size(error: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring (B, h, w) errors to the clip's (H, W), bilinear; non-negative in, non-negative out."""
    if error.shape[-2:] == size:
        return error
    return functional.interpolate(error.unsqueeze(1), size, mode="bilinear").squeeze(1)
