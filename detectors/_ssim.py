"""Structural similarity as a map, which losses and scores take from there."""

import torch
from torch import Tensor
from torch.nn import functional

WINDOW_PIXELS = 11
SIGMA = 1.5
K1 = 0.01
K2 = 0.03
FLOOR = 1e-4
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of multi-scale SSIM, finest scale first (``wang2003multiscale``, section 3.2)."""
MIN_SIDE_PIXELS = WINDOW_PIXELS * 2 ** (len(SCALES) - 1)


def ssim_map(one: Tensor, other: Tensor, peak: float = 1.0) -> Tensor:
    """Compare pictures window by window (``wang2004image``, equation 13: Gaussian windows 11×11, σ = 1.5).

    The mean of the map is scikit-image's ``structural_similarity`` with Gaussian weights and population covariance.

    Args:
        one: (B, C, h, w), at least 11×11.
        other: of the same shape.
        peak: distance between the smallest and the largest value that a pixel can have.

    Returns:
        (B, C, h − 10, w − 10) float32 in [−1, 1]: 1 where the window's pixels are equal. Each value stands for the
        pixel in the middle of its window.
    """
    light, rest = _terms(one, other, peak)
    return light * rest


def multiscale_ssim(one: Tensor, other: Tensor, peak: float = 1.0) -> Tensor:
    """Compare (B, C, h, w) at five scales (``wang2003multiscale``, equation 7): contrast, structure, and light last.

    Returns:
        (B,) float32, 1 where the pictures are equal; the mean over channels.
    """
    answer = torch.ones(one.shape[:2], device=one.device)
    one, other = one.float(), other.float()
    for scale, weight in enumerate(SCALES):
        if scale:
            one, other = functional.avg_pool2d(one, 2), functional.avg_pool2d(other, 2)
        light, rest = _terms(one, other, peak)
        alike = light * rest if scale == len(SCALES) - 1 else rest
        answer = answer * alike.mean((2, 3)).clamp_min(FLOOR) ** weight
    return answer.mean(1)


def _terms(one: Tensor, other: Tensor, peak: float) -> tuple[Tensor, Tensor]:
    with torch.autocast(one.device.type, enabled=False):
        x, y = one.float(), other.float()
        mean_x, mean_y, xx, yy, xy = _blur(torch.cat([x, y, x * x, y * y, x * y], 1)).chunk(5, 1)
        c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
        both, squares = mean_x * mean_y, mean_x.square() + mean_y.square()
        return (2 * both + c1) / (squares + c1), (2 * (xy - both) + c2) / (xx + yy - squares + c2)


def _blur(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    offsets = torch.arange(WINDOW_PIXELS, device=x.device, dtype=x.dtype) - WINDOW_PIXELS // 2
    weights = torch.softmax(-offsets.square() / (2 * SIGMA**2), 0)
    rows = functional.conv2d(x.reshape(b * c, 1, h, w), weights.view(1, 1, 1, WINDOW_PIXELS))
    return functional.conv2d(rows, weights.view(1, 1, WINDOW_PIXELS, 1)).view(
        b, c, h - WINDOW_PIXELS + 1, w - WINDOW_PIXELS + 1
    )
