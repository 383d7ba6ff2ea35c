"""The implicit two-path auto-encoder of ``cho2022unsupervised``: few frames with many channels, many with few."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from detectors._blocks import leaky
from detectors._cpu_conv import ConvTranspose3d

SLOPE = 0.2
RATE = 4


class TwoPaths(nn.Module):
    """Encodes every fourth frame for appearance and all frames for motion, and reconstructs all from both (table 1).

    Args:
        base: channels of the first appearance layer (96); 8 times as many as of the first motion layer.
        channels: of the frames.
        motion: whether there is a motion path; its features enter the appearance path before each of its layers but
            the first, through convolutions over time alone.
        coarse: whether latent maps are an eighth of the frames' height and width; a quarter otherwise (UCSD).
    """

    def __init__(self, base: int, channels: int, motion: bool, coarse: bool) -> None:
        super().__init__()
        wide = [base, base * 4 // 3, base * 8 // 3, base * 8 // 3]
        thin = [size // 8 for size in wide]
        side = [2 * size if motion else 0 for size in thin]
        strides = [2, 2, 2 if coarse else 1, 1]
        self.appearance = _path([channels, *wide], [0, *side[:3]], (1, 1, 3, 3), strides)
        self.motion = _path([channels, *thin], [0] * 4, (5, 3, 3, 3), strides) if motion else None
        self.lateral = nn.ModuleList(
            [nn.Conv3d(size, 2 * size, (5, 1, 1), (RATE, 1, 1), (2, 0, 0), bias=False) for size in thin if motion]
        )
        latent = wide[3] + side[3]
        self.decoder = nn.Sequential(
            *_up(latent, latent, (1, 1)), *_up(latent, wide[1], (2, 2)), *_up(wide[1], wide[0], (2, 2)),
            *_up(wide[0], channels, (1, 2 if coarse else 1))[:1],
        )  # fmt: skip

    def encode(self, windows: Tensor) -> tuple[Tensor, Tensor | None]:
        """Encode (B, 16, C, h, w) as appearance (B, 8/3·base, 4, h', w') and motion (B, 2/3·base, 4, h', w')."""
        x = windows.movedim(2, 1)
        slow = x[:, :, ::RATE].contiguous(memory_format=torch.channels_last_3d)
        if self.motion is None:
            return self.appearance[3](self.appearance[2](self.appearance[1](self.appearance[0](slow)))), None
        fast = x.contiguous(memory_format=torch.channels_last_3d)
        side: Tensor | None = None
        for appear, move, lateral in zip(self.appearance, self.motion, self.lateral, strict=True):
            slow = appear(slow if side is None else torch.cat([slow, side], 1))
            fast = move(fast)
            side = lateral(fast)
        return slow, side

    def decode(self, appearance: Tensor, motion: Tensor | None) -> Tensor:
        """Return the frames (B, 16, C, h, w)."""
        x = appearance if motion is None else torch.cat([appearance, motion], 1)
        return torch.as_tensor(self.decoder(x)).float().movedim(2, 1)


def _path(sizes: Sequence[int], extra: Sequence[int], times: Sequence[int], strides: Sequence[int]) -> nn.ModuleList:
    layers = [
        nn.Conv3d(i + more, o, (time, 3, 3), (1, stride, stride), (time // 2, 1, 1), bias=False)
        for (i, o), more, time, stride in zip(pairwise(sizes), extra, times, strides, strict=True)
    ]
    return nn.ModuleList([nn.Sequential(*leaky(layer, SLOPE)) for layer in layers])


def _up(channels_in: int, channels_out: int, stride: tuple[int, int]) -> list[nn.Module]:
    time, space = stride
    more = (time - 1, space - 1, space - 1)
    return leaky(ConvTranspose3d(channels_in, channels_out, 3, (time, space, space), 1, more), SLOPE)
