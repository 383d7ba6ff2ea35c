"""Transposed convolutions, with a processor's slow cases taken another way.

A processor's library sums the gradient of a bias in several times the time of all other gradients together, adds the
bias in ten times that of the convolution where an axis is no multiple of its stride, and convolves to one channel, and
volumes to three, at a twentieth of its speed. Parameters and answers are PyTorch's.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.overrides import has_torch_function

from detectors._grey import Steps, one_channel, spread

FEW = 4
"""Up to so many channels of a volume come from one matrix product that gives what every weight of the kernel adds."""
FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


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
        # Who watches the functions of a network, such as relevance propagation, must see this one.
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
        if x.device.type == "cpu" and weight.shape[1] <= FEW and _doubles(weight, stride, padding, more):
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
    """Tell whether an axis comes out at no multiple of its stride."""
    axes = zip(weight.shape[2:], stride, padding, more, strict=True)
    return any((kernel - 2 * pad + extra) % step for kernel, step, pad, extra in axes)


def _doubles(weight: Tensor, stride: Steps, padding: Steps, more: Steps) -> bool:
    """Tell whether a kernel of three keeps each axis or doubles it, and nothing else."""
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
