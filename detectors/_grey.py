"""Convolutions to one channel, which a processor's library computes as if there were sixteen.

A network that is only asked takes one matrix product instead, that gives what every weight of the kernel adds, and sums
these where they belong. Parameters are PyTorch's, and so are answers, up to rounding.
"""

import torch
from torch import Tensor, nn
from torch.overrides import has_torch_function

Steps = tuple[int, ...]


class Conv2d(nn.Conv2d):
    """``nn.Conv2d`` without strides, dilation and groups, quick on a processor where it ends in one channel."""

    def forward(self, input: Tensor) -> Tensor:
        """Convolve (B, C, h, w)."""
        cut = tuple(side - 1 - int(self.padding[i]) for i, side in enumerate(self.kernel_size))
        if min(cut) < 0 or not one_channel(input, self.out_channels):
            return super().forward(input)
        return spread(input, self.weight.flip(2, 3).transpose(0, 1), self.bias, (1, 1), cut, (0, 0))


def one_channel(x: Tensor, channels: int) -> bool:
    """Tell whether a processor is asked for one channel, by nobody who differentiates or watches the layer."""
    return channels == 1 and x.device.type == "cpu" and not torch.is_grad_enabled() and not has_torch_function((x,))


def spread(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Steps, padding: Steps, more: Steps) -> Tensor:
    """Convolve (B, C, h, w), transposed, with a (C, 1, k, l) kernel, in the precision of the surroundings.

    Args:
        x: the input.
        weight: the kernel.
        bias: (1,) or None.
        stride: of the answer's pixels for one of the input.
        padding: what is cut off around the answer.
        more: what the answer has at the end of an axis beyond that.

    Returns:
        (B, 1, H, W).
    """
    if torch.is_autocast_enabled("cpu"):
        x = x.to(torch.get_autocast_dtype("cpu"))
    (high, wide), (h, w) = weight.shape[2:], x.shape[2:]
    added = (x.movedim(1, -1) @ weight.to(x.dtype).flatten(1)).view(len(x), h, w, high, wide)
    sizes = [(n - 1) * s + k + m for n, s, k, m in zip((h, w), stride, (high, wide), more, strict=True)]
    total = added.new_zeros(len(x), *sizes, dtype=torch.promote_types(x.dtype, torch.float32))
    if bias is not None:
        total += bias
    for i in range(high):
        for j in range(wide):
            total[:, i : i + h * stride[0] : stride[0], j : j + w * stride[1] : stride[1]] += added[..., i, j]
    (top, left), (bottom, right) = padding, (size - pad for size, pad in zip(sizes, padding, strict=True))
    return total[:, top:bottom, left:right].to(x.dtype).unsqueeze(1)
