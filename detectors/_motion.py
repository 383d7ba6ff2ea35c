"""Networks that tell the next latent code from those before it: the motion models of ``li2021decoupled``."""

from collections.abc import Callable
from math import ceil, log2

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.3
"""Of the leaky ReLU: that of Keras, in which the authors' network was written."""


class _Convolutions(nn.Sequential):
    """Blocks of a 3-D convolution, batch normalisation and activation, one for each halving of ``inputs``."""

    def __init__(
        self, convolution: Callable[[int, int], nn.Module], channels: int, inputs: int, kernel: int, last: nn.Module
    ) -> None:
        layers: list[nn.Module] = []
        count = _layers(inputs)
        for i in range(count):
            layers += [convolution(channels, kernel), nn.BatchNorm3d(channels), _activation(i, count, last)]
        super().__init__(*layers)

    def every(self, codes: Tensor) -> Tensor:
        """Apply the blocks to (B, k, C, h, w): a prediction from each step on, (B, steps, C, h, w)."""
        x = codes.movedim(2, 1).contiguous(memory_format=torch.channels_last_3d)
        for layer in self:
            x = layer(x)
        return x.movedim(2, 1)


class Conv3dMotion(_Convolutions):
    """⌈log₂ k⌉ blocks of conv 3-D with stride 2 in time, batch normalisation, leaky ReLU (section 3.2).

    Args:
        channels: of the latent code, unchanged by every block.
        inputs: number k of codes.
        kernel: extent in time: 3 as in the paper, or 2 as in the authors' code.
        last: activation of the last block.
    """

    def __init__(self, channels: int, inputs: int, kernel: int, last: nn.Module) -> None:
        super().__init__(_Halving, channels, inputs, kernel, last)

    def forward(self, codes: Tensor) -> Tensor:
        """Predict (B, C, h, w) from (B, k, C, h, w)."""
        return self.every(codes)[:, 0]


class _Halving(nn.Conv3d):
    """Halves the number of time steps, rounding up."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__(channels, channels, (kernel, 3, 3), (2, 1, 1), (kernel // 3, 1, 1))

    def forward(self, input: Tensor) -> Tensor:
        if self.kernel_size[0] == 2 and input.shape[2] % 2:
            input = functional.pad(input, (0, 0, 0, 0, 0, 1))
        return super().forward(input)


class ConvLSTMMotion(nn.Module):
    """As many ConvLSTM layers (``shi2015convolutional``, without peepholes) as :class:`Conv3dMotion` has blocks.

    Each is followed by batch normalisation and activation; the last hidden state is the prediction.
    """

    def __init__(self, channels: int, inputs: int, kernel: int, last: nn.Module) -> None:
        super().__init__()
        count = _layers(inputs)
        self.gates = nn.ModuleList([nn.Conv2d(2 * channels, 4 * channels, 3, padding=1) for _ in range(count)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels) for _ in range(count)])
        self.activations = nn.ModuleList([_activation(i, count, last) for i in range(count)])

    def forward(self, codes: Tensor) -> Tensor:
        """Predict (B, C, h, w) from (B, k, C, h, w)."""
        steps = list(codes.unbind(1))
        for gates, norm, activation in zip(self.gates, self.norms, self.activations, strict=True):
            hidden = cell = torch.zeros_like(steps[0])
            outputs = []
            for step in steps:
                i, f, o, g = gates(torch.cat([step, hidden], 1)).chunk(4, 1)
                cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
                hidden = torch.sigmoid(o) * torch.tanh(cell)
                outputs.append(hidden)
            asked = [hidden] if gates is self.gates[-1] else outputs
            steps = list(activation(norm(torch.cat(asked))).chunk(len(asked)))
        return steps[0]


class AutoregressiveMotion(_Convolutions):
    """Convolutions that are causal in time, so that every step predicts from itself and those before it alone.

    After Latent Space Autoregression (``abati2019latent``): the density of the sequence of codes is the product of
    each code's given the earlier ones; here each is a Gaussian of unit variance around the prediction, whose negative
    log-likelihood is the squared error that the score z-MSE measures.
    """

    def __init__(self, channels: int, inputs: int, kernel: int, last: nn.Module) -> None:
        super().__init__(_Causal, channels, inputs, kernel, last)

    def forward(self, codes: Tensor) -> Tensor:
        """Predict (B, C, h, w) from (B, k, C, h, w)."""
        return self.every(codes)[:, -1]


class _Causal(nn.Conv3d):
    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__(channels, channels, (kernel, 3, 3), padding=(0, 1, 1))

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(functional.pad(input, (0, 0, 0, 0, self.kernel_size[0] - 1, 0)))


MOTIONS: dict[str, Callable[[int, int, int, nn.Module], nn.Module]] = {
    "conv3d": Conv3dMotion,
    "convlstm": ConvLSTMMotion,
    "autoregressive": AutoregressiveMotion,
}


def _layers(inputs: int) -> int:
    return max(1, ceil(log2(inputs)))


def _activation(index: int, count: int, last: nn.Module) -> nn.Module:
    return last if index == count - 1 else nn.LeakyReLU(SLOPE, True)
