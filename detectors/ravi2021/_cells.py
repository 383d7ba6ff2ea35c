"""Convolutional recurrent layers, over sequences kept as (T·B, C, h, w), all first frames before all second ones.

Source: section 3.7.2 of ``ravi2021class``; the ConvLSTM is ``shi2015convolutional``'s without peepholes. No layer has
biases, every sequence begins with zeros. All gates of a cell come from one convolution of the input, for all frames
at once, and one of the state, frame by frame.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]


class Layer(nn.Module, ABC):
    """A layer over sequences."""

    @abstractmethod
    def forward(self, x: Tensor, steps: int, state: State | None = None) -> tuple[Tensor, State | None]:
        """Go through (steps·B, C, h, w); ``state`` is what an earlier call left, None to begin."""


class Distributed(Layer):
    """The same block for every frame."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor, steps: int, state: State | None = None) -> tuple[Tensor, State | None]:
        """Return (steps·B, C′, h′, w′), and no state."""
        return self.block(x), None


class Cell(Layer):
    """What the three cells share: kernels 3×3, one of them strided or transposed.

    Args:
        channels_in: of the input.
        channels_out: of the output and of each state.
        stride: of the convolution over the input, which is not padded.
        transposed: True for a cell of a decoder.
    """

    gates: int
    states: int = 1

    def __init__(self, channels_in: int, channels_out: int, stride: int, transposed: bool) -> None:
        super().__init__()
        layer = nn.ConvTranspose2d if transposed else nn.Conv2d
        self.channels = channels_out
        self.seen = layer(channels_in, self.gates * channels_out, 3, stride, bias=False)
        self.kept = nn.Conv2d(channels_out, self.gates * channels_out, 3, padding=1, bias=False)

    def forward(self, x: Tensor, steps: int, state: State | None = None) -> tuple[Tensor, State | None]:
        """Return the outputs, (steps·B, C′, h′, w′), and the states after the last frame, (B, C′, h′, w′) each."""
        hidden = []
        for seen in self.seen(x).chunk(steps):
            if state is None:
                state = (torch.zeros_like(seen[:, : self.channels]),) * self.states
                kept = torch.zeros_like(seen)
            else:
                kept = self.kept(state[0])
            state = self.step(seen, kept, state)
            hidden.append(state[0])
        return self.show(torch.cat(hidden)), state

    @abstractmethod
    def step(self, seen: Tensor, kept: Tensor, state: State) -> State:
        """Return the next states, the hidden one first, from what each gate gets of the input and of the hidden."""

    def show(self, hidden: Tensor) -> Tensor:
        """Return the outputs for the hidden states (N, C, h, w)."""
        return hidden


class ConvRNN(Cell):
    """H = tanh(Wx ∗ X + Wh ∗ H), O = σ(Wo ∗ H) (equation 3.15)."""

    gates = 1

    def __init__(self, channels_in: int, channels_out: int, stride: int, transposed: bool) -> None:
        super().__init__(channels_in, channels_out, stride, transposed)
        self.shown = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)

    def step(self, seen: Tensor, kept: Tensor, state: State) -> State:
        """See :meth:`Cell.step`."""
        return (torch.tanh(seen + kept),)

    def show(self, hidden: Tensor) -> Tensor:
        """See :meth:`Cell.show`."""
        return torch.sigmoid(self.shown(hidden))


class ConvLSTM(Cell):
    """Input, forget and output gates around a cell state (equation 3.16 without its peepholes)."""

    gates, states = 4, 2

    def step(self, seen: Tensor, kept: Tensor, state: State) -> State:
        """See :meth:`Cell.step`."""
        enter, forget, new, leave = (seen + kept).chunk(4, 1)
        inner = torch.sigmoid(forget) * state[1] + torch.sigmoid(enter) * torch.tanh(new)
        return torch.sigmoid(leave) * torch.tanh(inner), inner


class ConvGRU(Cell):
    """Update gate u and reset gate r: a = tanh(r ⊙ (Wh ∗ H) + Wx ∗ X), H = (1 − u) ⊙ a + u ⊙ H (equation 3.17)."""

    gates = 3

    def step(self, seen: Tensor, kept: Tensor, state: State) -> State:
        """See :meth:`Cell.step`."""
        (seen_u, seen_r, seen_a), (kept_u, kept_r, kept_a) = seen.chunk(3, 1), kept.chunk(3, 1)
        update, reset = torch.sigmoid(seen_u + kept_u), torch.sigmoid(seen_r + kept_r)
        active = torch.tanh(reset * kept_a + seen_a)
        return (torch.lerp(active, state[0], update),)


class Bidirectional(Layer):
    """The mean of a cell that goes through the frames in order and one that goes backwards (section 3.7.4)."""

    def __init__(self, onwards: Cell, backwards: Cell) -> None:
        super().__init__()
        self.onwards, self.backwards = onwards, backwards

    def forward(self, x: Tensor, steps: int, state: State | None = None) -> tuple[Tensor, State | None]:
        """Return (steps·B, C′, h′, w′), and no state."""
        one, _ = self.onwards(x, steps)
        other, _ = self.backwards(torch.cat(x.chunk(steps)[::-1]), steps)
        return (one + torch.cat(other.chunk(steps)[::-1])) / 2, None


CELLS: dict[str, type[Cell]] = {"convrnn": ConvRNN, "convlstm": ConvLSTM, "convgru": ConvGRU}
