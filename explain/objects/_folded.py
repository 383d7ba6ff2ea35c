"""A convolution with its normalisation and ReLU6 in one step, padded as TensorFlow pads, for a network that answers.

oneDNN takes the activation along where it writes the convolution's answer, which PyTorch's own call does not ask for.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad, relu6

JOINS = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
"""Whether PyTorch was built with oneDNN."""


class Folded(nn.Module):
    """A 2-D convolution with a bias, and perhaps ReLU6.

    Args:
        weight: (O, I / groups, k, k), k odd.
        bias: (O,).
        stride: 1, or 2, where sides that are even get more at the end, as in TensorFlow.
        groups: of channels.
        act: whether ReLU6 follows.
    """

    def __init__(self, weight: Tensor, bias: Tensor, stride: int, groups: int, act: bool) -> None:
        super().__init__()
        self.around = weight.shape[-1] // 2
        # A kernel that begins with zeros, padded alike on all sides, reads where TensorFlow's reads.
        self.late = stride == 2
        whole = pad(weight, (1, 0, 1, 0)) if self.late else weight
        self.weight = nn.Parameter(whole.contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self.stride, self.groups, self.act = stride, groups, act
        self._low: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, I, H, W); the answer is (B, O, ⌈H / stride⌉, ⌈W / stride⌉)."""
        if self.late and (x.shape[-2] % 2 or x.shape[-1] % 2):
            return self._activated(conv2d(*self._odd(x), stride=self.stride, groups=self.groups))
        if x.device.type == "cpu" and JOINS and not torch.is_grad_enabled():
            return self._joined(x)
        y = conv2d(x, self.weight, self.bias, self.stride, self.around, groups=self.groups)
        return self._activated(y)

    def _joined(self, x: Tensor) -> Tensor:
        if torch.is_autocast_enabled("cpu"):
            x = x.to(torch.get_autocast_dtype("cpu"))
        weight, bias = self._cast(x.dtype)
        activation, bounds = ("hardtanh", [0.0, 6.0]) if self.act else ("none", [])
        around, stride = [self.around] * 2, [self.stride] * 2
        y: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, bias, around, stride, [1, 1], self.groups, activation, bounds, ""
        )
        return y

    def _cast(self, precision: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return weight and bias in another precision, which are kept."""
        if self._low is None or self._low[0].dtype != precision:
            self._low = self.weight.to(precision), self.bias.to(precision)
        return self._low

    def _odd(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return a picture with an odd side padded as TensorFlow does, the kernel without its zeros, and the bias."""
        size = self.weight.shape[-1] - 1
        (top, bottom), (left, right) = (self._missing(side, size) for side in x.shape[-2:])
        return pad(x, (left, right, top, bottom)), self.weight[..., 1:, 1:], self.bias

    def _missing(self, side: int, size: int) -> tuple[int, int]:
        missing = max(0, (-(-side // self.stride) - 1) * self.stride + size - side)
        return missing // 2, missing - missing // 2

    def _activated(self, y: Tensor) -> Tensor:
        return relu6(y, inplace=True) if self.act else y
