"""Blocks of the frame auto-encoders: plain, asymmetric, with attention to channels or to the whole map."""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Plateau
from detectors._cpu_conv import Conv2d, ConvTranspose2d, transposed

PLATEAU = Plateau(held_out=0.1, factor=0.75, patience=4, stop=8)
"""Section 4.2 of ``ravi2021class``: a quarter less after four epochs without gain, the end after eight."""


class AsymmetricBlock(nn.Module):
    """Kernel strengthening: a square, a row and a column kernel, summed (section 3.3; ACBs are ``ding2019acnet``'s).

    Each branch has its own batch normalisation. In training mode the branches run one by one; in evaluation mode
    they are fused into one k×k kernel, with the same output up to rounding.

    Args:
        channels_in: of the input.
        channels_out: of the output.
        side: of the square kernel, odd.
        stride: of all three kernels.
        transposed: False for the convolution (ACB), zero-padded by ``side // 2``; True for the transposed
            convolution (ADB), whose output is never cropped.
        normalised: False leaves batch normalisation out and adds one bias.
    """

    def __init__(
        self, channels_in: int, channels_out: int, side: int, stride: int, *, transposed: bool = False,
        normalised: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stride, self.side, self.transposed = stride, side, transposed
        kernels = ((side, side), (1, side), (side, 1))
        layer = nn.ConvTranspose2d if transposed else nn.Conv2d
        self.kernels = nn.ParameterList([layer(channels_in, channels_out, k).weight for k in kernels])
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels_out) for _ in kernels] if normalised else [])
        self.bias = None if normalised else nn.Parameter(torch.zeros(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels out, h′, w′), before the activation."""
        if not self.training:
            return self._convolve(x, *self.fused())
        grown = [self._convolve(x, kernel, None) for kernel in self.kernels]
        if self.bias is not None:
            return grown[0] + grown[1] + grown[2] + self.bias.view(1, -1, 1, 1)
        first, second, third = (norm(branch) for norm, branch in zip(self.norms, grown, strict=True))
        return cast(Tensor, first + second + third)

    def fused(self) -> tuple[Tensor, Tensor]:
        """Return kernel and bias of the one convolution that does what the three do in evaluation mode."""
        kernels = [self._square(kernel) for kernel in self.kernels]
        if self.bias is not None:
            return kernels[0] + kernels[1] + kernels[2], self.bias
        shape = (1, -1, 1, 1) if self.transposed else (-1, 1, 1, 1)
        weight, bias = torch.zeros_like(kernels[0]), kernels[0].new_zeros(())
        for kernel, norm in zip(kernels, cast(Iterable[nn.BatchNorm2d], self.norms), strict=True):
            scale = norm.weight * (cast(Tensor, norm.running_var) + norm.eps).rsqrt()
            weight = weight + kernel * scale.view(shape)
            bias = bias + norm.bias - cast(Tensor, norm.running_mean) * scale
        return weight, bias

    def merged(self) -> nn.Module:
        """Return the one convolution of :meth:`fused` as a layer, in evaluation mode."""
        weight, bias = (nn.Parameter(tensor.detach().clone()) for tensor in self.fused())
        one, other = weight.shape[:2]
        make, padding = (ConvTranspose2d, 0) if self.transposed else (nn.Conv2d, self.side // 2)
        into, out = (one, other) if self.transposed else (other, one)
        layer = make(into, out, self.side, self.stride, padding).eval()
        layer.weight, layer.bias = weight, bias
        return layer

    def _square(self, kernel: Tensor) -> Tensor:
        """Lay a row or column kernel into the middle of a square of zeros."""
        down, right = ((self.side - n) // 2 for n in kernel.shape[-2:])
        return functional.pad(kernel, (right, right, down, down))

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve so that the middle of any of the three kernels lies at the same place."""
        rows, columns = weight.shape[-2:]
        if not self.transposed:
            return functional.conv2d(x, weight, bias, self.stride, (rows // 2, columns // 2))
        down, right = (self.side - rows) // 2, (self.side - columns) // 2
        grown = transposed(x, weight, bias, (self.stride, self.stride), (0, 0), (0, 0))
        return functional.pad(grown, (right, right, down, down))


class Excitation(nn.Module):
    """Squeeze and excitation (``hu2018squeeze``): each channel times a weight learnt from all channels' means."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w) for (B, C, h, w)."""
        weights: Tensor = self.weigh(x)
        return x * weights[..., None, None]


class AugmentedConvolution(nn.Module):
    """Convolution 3×3 of stride 2 beside one head of self-attention (``bello2019attention``), concatenated.

    As in the thesis' runs: keys as deep as an eighth of the output, one channel of values, no relative positions.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.out_channels = channels_out
        self.keys = max(1, channels_out // 8)
        self.local = nn.Conv2d(channels_in, channels_out - 1, 3, 2, 1)
        self.queries = nn.Conv2d(channels_in, 2 * self.keys + 1, 3, 2, 1)
        self.out = nn.Conv2d(1, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels out, h / 2, w / 2)."""
        local = self.local(x)
        asked = self.queries(x).flatten(2).transpose(1, 2)
        query, key, value = asked.split((self.keys, self.keys, 1), 2)
        # The fused kernel wants values as deep as keys, and without it the (h·w)² weights would be kept for all frames.
        value = functional.pad(value, (0, self.keys - 1))
        seen = functional.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])
        seen = seen[:, 0, :, :1].transpose(1, 2).reshape(len(x), 1, *local.shape[-2:])
        return torch.cat([local, self.out(seen)], 1)


class SoftAttention(nn.Module):
    """Input soft attention of SA CAE (section 3.5.3): σ(BN(x ⊙ conv 5×5(conv 3×3(x)))) stands for the input.

    Equation 3.11 as printed normalises the convolutions alone and multiplies by x afterwards; the thesis' own runs, and
    so its figures, had this form.
    """

    penalty = 1e-6

    def __init__(self, channels: int, projected: int) -> None:
        super().__init__()
        self.look = _looking(channels, projected)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w) in [0, 1] for (B, C, h, w)."""
        return torch.sigmoid(self.norm(x * self.look(x)).float())


class SoftmaxAttention(nn.Module):
    """Input soft attention of SSA CAE (equation 3.12), without the rescaling to 0.3–1 that the best runs did not have.

    It runs in float32 always: sums over rows and columns are large, and a softmax of such forgives no rounding.
    """

    penalty = 0.0

    def __init__(self, channels: int, projected: int) -> None:
        super().__init__()
        self.look = nn.Sequential(*_looking(channels, projected), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w): x times the outer product of the softmaxes over rows and over columns."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            looked = self.look(x)
            across, down = looked.sum(2, keepdim=True), looked.sum(3, keepdim=True)
            return x * (torch.softmax(down, 2) * torch.softmax(across, 3))


def _looking(channels: int, projected: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, projected, 3, padding=1), Conv2d(projected, channels, 5, padding=2))
