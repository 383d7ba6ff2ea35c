"""Convolutions, with the cases in which a processor's library is slow computed another way.

The library sums the gradient of a transposed convolution's bias in several times the time of all other gradients
together, adds the bias in ten times that of the convolution where an axis is no multiple of its stride, and convolves
to one channel, and volumes to three, at a twentieth of its speed. A network that is only asked takes one matrix product
instead, that gives what every weight of the kernel adds, and sums these where they belong. Parameters are PyTorch's,
and so are answers, up to rounding.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import has_torch_function

Steps = tuple[int, ...]
MAX_MATRIX_CHANNELS = 4
"""Up to so many channels of a volume come from one matrix product that gives what every weight of the kernel adds."""
FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


class Conv2d(nn.Conv2d):
    """``nn.Conv2d`` without strides, dilation and groups, quick on a processor where it ends in one channel."""

    def forward(self, input: Tensor) -> Tensor:
        """Convolve (B, C, h, w)."""
        cut = tuple(side - 1 - int(self.padding[i]) for i, side in enumerate(self.kernel_size))
        if min(cut) < 0 or not one_channel(input, self.out_channels):
            return super().forward(input)
        return spread(input, self.weight.flip(2, 3).transpose(0, 1), self.bias, (1, 1), cut, (0, 0))


def one_channel(x: Tensor, channels: int) -> bool:
    """Return whether a processor is asked for one channel, without gradients or function overrides."""
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


class ConvTranspose2d(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d`` without dilation and groups."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve (B, C, h, w)."""
        padding = tuple(int(p) for p in self.padding)
        return transposed(input, self.weight, self.bias, self.stride, padding, self.output_padding)


class ConvTranspose3d(nn.ConvTranspose3d):
    """``nn.ConvTranspose3d`` without dilation and groups."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve (B, C, T, h, w)."""
        padding = tuple(int(p) for p in self.padding)
        return transposed(input, self.weight, self.bias, self.stride, padding, self.output_padding)


def transposed(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Steps, padding: Steps, more: Steps) -> Tensor:
    """Convolve (B, C, …, h, w), transposed, in the precision of the surroundings; ``more`` is the output's padding."""
    if has_torch_function((x,)):
        # Relevance propagation overrides the network's functions and must see this one.
        plain = functional.conv_transpose2d if x.ndim == 4 else functional.conv_transpose3d
        return plain(x, weight, bias, stride, padding, more)
    if x.ndim == 4 and one_channel(x, weight.shape[1]):
        return spread(x, weight, bias, stride, padding, more)
    if torch.is_autocast_enabled(x.device.type):
        x = x.to(torch.get_autocast_dtype(x.device.type))
    answer: Tensor = _Transposed.apply(x.contiguous(memory_format=FORMATS[x.ndim]), weight, bias, stride, padding, more)
    return answer


class _Transposed(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Steps, padding: Steps, more: Steps
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = stride, padding, (1,) * len(stride), True, more, 1
        w, b = weight.to(x.dtype), None if bias is None else bias.to(x.dtype)
        if (
            x.device.type == "cpu"
            and weight.shape[1] <= MAX_MATRIX_CHANNELS
            and _doubles(weight, stride, padding, more)
        ):
            return _spread(x, w, b, stride)
        if b is None or not _uneven(weight, stride, padding, more):
            return torch.convolution(x, w, b, *ctx.how)
        return _plus(torch.convolution(x, w, None, *ctx.how), b)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        seen, weighed, biased = ctx.needs_input_grad[:3]
        grad = grad.contiguous(memory_format=FORMATS[grad.ndim])
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            grad, x, weight.to(x.dtype), None, *ctx.how, (seen, weighed, False)
        )
        of_weight = of_weight.to(weight.dtype) if weighed else None
        of_bias = grad.sum((0, *range(2, grad.ndim))).to(weight.dtype) if biased else None
        return of_x, of_weight, of_bias, None, None, None


def _plus(x: Tensor, bias: Tensor) -> Tensor:
    """Add a bias in place, line by line: channel by channel takes twenty times as long where these are few."""
    lines = x.movedim(1, -1)
    if lines.is_contiguous():
        lines.flatten(-2).add_(bias.repeat(lines.shape[-2]))
    else:
        lines.add_(bias)
    return x


def _uneven(weight: Tensor, stride: Steps, padding: Steps, more: Steps) -> bool:
    """Return whether an axis comes out at no multiple of its stride."""
    axes = zip(weight.shape[2:], stride, padding, more, strict=True)
    return any((kernel - 2 * pad + extra) % step for kernel, step, pad, extra in axes)


def _doubles(weight: Tensor, stride: Steps, padding: Steps, more: Steps) -> bool:
    """Return whether a kernel of three keeps each axis or doubles it, and nothing else."""
    sizes = tuple(weight.shape[2:]) == (3, 3, 3) and tuple(padding) == (1, 1, 1)
    return sizes and all(s in (1, 2) and m == s - 1 for s, m in zip(stride, more, strict=True))


def _spread(x: Tensor, weight: Tensor, bias: Tensor | None, stride: Steps) -> Tensor:
    """Multiply by all weights of a kernel of three, and add each product where it belongs, an axis at a time.

    A window at a time, so that the products stay near the processor.
    """
    windows = []
    for window in x.movedim(1, -1):
        planes = weight.flatten(1).t() @ window.flatten(0, 2).t()
        planes = planes.view(*weight.shape[1:], *x.shape[2:])
        for axis, step in enumerate(stride, -3):
            planes = _summed(planes, axis, step)
        windows.append((planes if bias is None else planes.add_(bias.float().view(-1, 1, 1, 1))).to(x.dtype))
    return torch.stack(windows)


def _summed(planes: Tensor, axis: int, step: int) -> Tensor:
    """Sum the products of three neighbours along an axis, which is kept (step 1) or doubled (step 2)."""
    back, here, on = planes.unbind(1)
    axis += here.ndim
    count = here.shape[axis] - 1
    here = here.float()
    odd = here if step == 1 else on.float()
    odd.narrow(axis, 0, count).add_(back.narrow(axis, 1, count))
    if step == 1:
        here.narrow(axis, 1, count).add_(on.narrow(axis, 0, count))
        return here
    return torch.stack([here, odd], axis + 1).flatten(axis, axis + 1)
