"""The 54 recurrent networks of the thesis: one class, variants as data."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, Losses, Stage
from core.errors import InputError
from core.records import Prediction, Window
from detectors._blocks import adam, at_clip_size, check_patch, constant, error_score
from detectors._cpu_conv import Conv2d, ConvTranspose2d
from detectors.ravi2021._cells import CELLS, Bidirectional, Cell, Distributed, Layer
from detectors.ravi2021._layers import PLATEAU

SLOPE = 0.01
DECAY = 1e-5
STRIDES = (2, 2, 2, 2, 1)


@dataclass(frozen=True)
class Shape:
    """What tells the recurrent networks apart (Table 4.10).

    Attributes:
        cell: key of :data:`detectors.ravi2021._cells.CELLS`.
        bidirectional: True for cells that go both ways.
        predicts: True for seq2seq, which predicts the frames after its input; False reconstructs the input.
        layers: how many of the encoder's last layers are recurrent (L_R).
        upsampling: True for transposed convolutions in the decoder alone (DUT = Y); False makes as many of its first
            layers recurrent.
    """

    cell: str
    bidirectional: bool
    predicts: bool
    layers: int
    upsampling: bool


class RecurrentAutoEncoder(Detector):
    """Reconstructs or predicts frames from what it remembers of several (section 3.7 of ``ravi2021class``).

    Args:
        shape: which of the networks.
        base: channels of the first layer (64 in the thesis); the others follow in proportion.
        height, width: input size in pixels, multiples of 16 from 64 on (128×128 in the thesis).
        channels: 3 for RGB, 1 for grey.
        inputs: frames that it sees (8 in the thesis).
        future: frames that seq2seq predicts after them, of which the last is answered for (4 in the thesis).
        noise: standard deviation of the noise that training adds to half of all input values.
        patch: see :func:`detectors._blocks.error_score`; 0 is the thesis' error of the whole frame.
        epochs, batch, rate: training; Adam with a weight decay of 1e-5.
    """

    def __init__(
        self, shape: Shape, base: int, height: int, width: int, channels: int, inputs: int, noise: float, patch: int,
        epochs: int, batch: int, rate: float, future: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        _check(base, height, width, inputs, patch, future if shape.predicts else 1)
        last = inputs // 2 if shape.bidirectional else inputs - 1
        self.window = Window(inputs, 1, inputs + future - 1 if shape.predicts else last, height, width, channels, 0.0)
        self.shape, self.future, self.noise, self.patch = shape, future, noise, patch
        self.epochs, self.batch, self.rate = epochs, batch, rate
        widths = (channels, base, base, base, base * 3 // 2, base * 3 // 2)
        plain = len(STRIDES) - shape.layers
        steps = list(zip(widths, widths[1:], STRIDES, strict=False))
        self.near = nn.Sequential(*(_block(nn.Conv2d(i, o, 3, s)) for i, o, s in steps[:plain]))
        self.memory = nn.ModuleList([_remember(shape, i, o, s, False) for i, o, s in steps[plain:]])
        back: list[Layer] = []
        for place, (o, i, s) in enumerate(steps[:0:-1]):
            plain_here = shape.upsampling or place >= shape.layers
            block = Distributed(_block(ConvTranspose2d(i, o, 3, s))) if plain_here else _remember(shape, i, o, s, True)
            back.append(block)
        self.first, self.rest = back[0], nn.ModuleList(back[1:])
        self.head = _head(base, channels, shape.predicts)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the expected frames, time first: (T, B, C, h, w) in [0, 1].

        Args:
            windows: (B, span, C, h, w); the T frames are the inputs, or the frames after them.
        """
        frames = self._expect(windows, None)
        return frames.view(-1, len(windows), *frames.shape[1:])

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score by the squared error between the expected and the seen frame, in decibels."""
        target = self.window.target
        expected = self._expect(windows, target - self.window.inputs if self.shape.predicts else target)
        error = (expected - windows[:, target]).square().mean(1)
        return Prediction(error_score(error, self.patch), at_clip_size(error, size), expected)

    def loss(self, windows: Tensor) -> Losses:
        """Return the mean squared error of all reconstructed, or of all predicted frames."""
        inputs = self.window.inputs
        wanted = windows[:, inputs:] if self.shape.predicts else windows[:, :inputs]
        return {"mse": functional.mse_loss(self(windows), wanted.transpose(0, 1))}

    def stages(self) -> tuple[Stage, ...]:
        """One stage: Adam at a rate that falls when held-out windows gain no more."""
        own = tuple(self.parameters())
        make = adam(self.rate, DECAY)
        return (Stage("recurrent", self.epochs, self.batch, own, self.loss, make, constant, plateau=PLATEAU),)

    def _expect(self, windows: Tensor, only: int | None) -> Tensor:
        """Return all T expected frames, (T·B, C, h, w), or those of one step, (B, C, h, w)."""
        steps = self.window.inputs
        x = self._features(windows[:, :steps])
        for layer in self.memory:
            x, _ = layer(x, steps)
        back = [*self.rest] if self.shape.predicts else [self.first, *self.rest]
        if self.shape.predicts:
            x, steps = self._roll_out(x.chunk(steps)[-1]), self.future
        for layer in back:
            if only is not None and isinstance(layer, Distributed):
                x, steps, only = x.chunk(steps)[only], 1, 0
            x, _ = layer(x, steps)
        if only is not None:
            x = x.chunk(steps)[only]
        return torch.sigmoid(self.head(x).float())

    def _roll_out(self, latent: Tensor) -> Tensor:
        """Let the decoder's first layer go on from the latent, fed back its own output (3×3 means bring it to size)."""
        outputs, state = [], None
        for _ in range(self.future):
            out, state = self.first(latent, 1, state)
            outputs.append(out)
            latent = functional.avg_pool2d(out, 3, 1)
        return torch.cat(outputs)

    def _features(self, windows: Tensor) -> Tensor:
        """Return what the layers without memory make of (B, T, C, h, w), time first, each frame looked at once.

        Overlapping windows of a stream are a view in which the next window begins one frame further.
        """
        b, steps = windows.shape[:2]
        if not self.training and windows.stride(0) == windows.stride(1) and b > 1:
            frames = windows.as_strided((b + steps - 1, *windows.shape[2:]), windows.stride()[1:])
            features = self.near(frames.contiguous(memory_format=torch.channels_last))
            return torch.cat([features[t : t + b] for t in range(steps)])
        x = windows.transpose(0, 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        if self.training and self.noise:
            x = x + self.noise * torch.randn_like(x) * torch.randint_like(x, 2)
        near: Tensor = self.near(x)
        return near


def _block(layer: nn.Conv2d | nn.ConvTranspose2d) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels), nn.LeakyReLU(SLOPE, inplace=True))


def _remember(shape: Shape, channels_in: int, channels_out: int, stride: int, transposed: bool) -> Layer:
    make: Callable[[], Cell] = lambda: CELLS[shape.cell](channels_in, channels_out, stride, transposed)  # noqa: E731
    return Bidirectional(make(), make()) if shape.bidirectional else make()


def _head(base: int, channels: int, predicts: bool) -> nn.Sequential:
    """Bring the last map to the frame's size: by one transposed convolution, in seq2seq by one and a convolution."""
    if predicts:
        last: list[nn.Module] = [*_block(ConvTranspose2d(base, base, 6, 2)), Conv2d(base, channels, 3)]
    else:
        last = [ConvTranspose2d(base, channels, 4, 2)]
    return nn.Sequential(*last, nn.BatchNorm2d(channels))


def _check(base: int, height: int, width: int, inputs: int, patch: int, future: int) -> None:
    if height % 16 or width % 16 or min(height, width) < 64:
        raise InputError(f"height and width must be multiples of 16 from 64 on, got {height}×{width}")
    check_patch(patch, height, width)
    if base % 2 or base < 2:
        raise InputError(f"base must be an even number from 2 on, got {base}")
    if inputs < 2 or future < 1:
        raise InputError(f"inputs must be 2 or more and future 1 or more, got {inputs} and {future}")
