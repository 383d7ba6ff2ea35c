"""Implicit two-path auto-encoder, and normalising flows on its appearance and motion maps.

Source: Cho, Kim, Kim, Cho, Lee, "Unsupervised Video Anomaly Detection via Normalizing Flows with Implicit Latent
Features" (``cho2022unsupervised``); what the paper leaves open follows the authors' evaluation code.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, DetectorEntry, Losses, Stage
from core.errors import InputError
from core.records import Prediction, Window
from core.registry import pick
from detectors._blocks import adam, at_clip_size, check_patch, cosine, gradient_difference, leaky
from detectors._cpu_conv import ConvTranspose3d
from detectors._glow import Glow, pooled
from detectors._ssim import MIN_SIDE_PIXELS, multiscale_ssim

SLOPE = 0.2
RATE = 4
FRAMES = 16
TARGET = 8
FLOWS = {"none": (False, False), "appearance": (True, False), "motion": (False, True), "both": (True, True)}
EXTRAS = ("none", "intensity", "error")
CERTAIN = 1e-6
QUANTILES = (0.01, 0.99)
MAX_WINDOWS = 4
"""Windows that go through the auto-encoder at a time where no gradients are taken: 16 frames each need memory."""


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


class TwoPathDensity(Detector):
    """Reconstructs 16 frames from appearance and motion, and asks flows how likely the two maps are.

    The score of a window is said of its ninth frame. With flows it has two terms, the reconstruction's and λ times
    the likelihoods' (equations 8 and 9). Where the paper brings each term to [0, 1] by its own smallest and largest
    value in a clip, which a stream does not know, these are the 1st and 99th percentile on the normal footage.

    Args:
        motion: whether there is a motion path; without it the network is the paper's one-path auto-encoder.
        flows: ``none``, or on which maps there are flows: ``appearance``, ``motion``, ``both``.
        extra: what the appearance flow is given beside the map: ``none``, ``intensity`` (the frame) or ``error``.
        share: λ, weight of the likelihoods (0.1 on Ped2, 0.5 on Avenue, 1 on ShanghaiTech).
        steps, levels, hidden: of Glow: K, L (1 on UCSD) and channels of the couplings.
        base: channels of the first appearance layer (96), a multiple of 24.
        coarse: whether maps are an eighth of the frame; a quarter otherwise (UCSD).
        height, width: input size, multiples of 8 (4 where not ``coarse``), with flows also of 2^``levels`` times that.
        channels: 3 for RGB, 1 for grey.
        structure: weight of 1 − multi-scale SSIM in the loss (UCSD; the paper does not print it), 0 for none.
        patch: side of the tiles of which a frame's worst counts (32 on UCSD); 0 for the frame's mean.
        epochs, batch, rate: training of the auto-encoder.
        flow_epochs, flow_batch, flow_rate: training of the flows, the auto-encoder unchanged.
    """

    decibels = False
    ranges: Tensor
    floor: Tensor
    width: Tensor

    def __init__(
        self, motion: bool, flows: str, extra: str, share: float, steps: int, levels: int, hidden: int, base: int,
        coarse: bool, height: int, width: int, channels: int, structure: float, patch: int, epochs: int, batch: int,
        rate: float, flow_epochs: int, flow_batch: int, flow_rate: float,
    ) -> None:  # fmt: skip
        super().__init__()
        of_appearance, of_motion = pick("choice of flows", flows, FLOWS)
        if structure and min(height, width) < MIN_SIDE_PIXELS:
            raise InputError(f"structure needs frames of {MIN_SIDE_PIXELS} pixels a side or more, got {height}×{width}")
        pick("additional information", extra, dict.fromkeys(EXTRAS))
        _check(
            height, width, 8 if coarse else 4, levels if flows != "none" else 0, base, patch, motion or not of_motion
        )
        self.window = Window(FRAMES, 1, TARGET, height, width, channels)
        self.extra, self.share, self.structure, self.patch = extra, share, structure, patch
        self.training_settings = (epochs, batch, rate), (flow_epochs, flow_batch, flow_rate)
        self.network = TwoPaths(base, channels, motion, coarse)
        size = (height // (8 if coarse else 4), width // (8 if coarse else 4))
        self.flows = nn.ModuleDict()
        if of_appearance:
            self.flows["appearance"] = Glow(2 if extra == "none" else 3, *size, steps, levels, hidden)
        if of_motion:
            self.flows["motion"] = Glow(2, *size, steps, levels, hidden)
        self.register_buffer("ranges", torch.ones(len(self.flows)))
        self.register_buffer("floor", torch.zeros(2))
        self.register_buffer("width", torch.ones(2))

    def forward(self, windows: Tensor) -> Tensor:
        """Reconstruct (B, 16, C, h, w), same shape."""
        return self.network.decode(*self.network.encode(windows))

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score windows: without flows −10·log₁₀(1 − mean |error|), with them the sum of both terms."""
        measured = [self._measure(part) for part in _parts(windows)]
        expected = torch.cat([part[0][:, TARGET] for part in measured])
        rough = torch.cat([part[1] for part in measured])
        dense = self._likelihoods(_joined([part[2] for part in measured]), len(windows))
        score = rough
        if self.flows:
            terms = (torch.stack([rough, self._fused(dense)], 1) - self.floor) / self.width
            score = terms[:, 0] + self.share * terms[:, 1]
        error = ((expected - windows[:, TARGET]) * 0.5).square().mean(1)
        shown = ((expected + 1.0) * 0.5).clamp(0.0, 1.0)
        return Prediction(score, at_clip_size(error, size), shown)

    def _measure(self, windows: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        appearance, motion = self.network.encode(windows)
        expected = self.network.decode(appearance, motion)
        return expected, self.roughness(expected, windows), self._maps(windows, expected, appearance, motion)

    def roughness(self, expected: Tensor, windows: Tensor) -> Tensor:
        """Return equation 7 in tenths of a bel, (B,), of the mean error of values brought to [0, 1].

        With ``patch`` a frame's error is that of its worst tile.
        """
        error = ((expected - windows) * 0.5).abs().mean(2)
        if self.patch:
            error = functional.avg_pool2d(error, self.patch).flatten(2).amax(2)
        return -10.0 * torch.log10((1.0 - error.flatten(1).mean(1)).clamp_min(CERTAIN))

    def _maps(self, windows: Tensor, expected: Tensor, appearance: Tensor, motion: Tensor | None) -> dict[str, Tensor]:
        found = {}
        for name in self.flows:
            features = appearance if name == "appearance" or motion is None else motion
            maps = pooled(features.movedim(2, 1).flatten(0, 1).float())
            if name == "appearance" and self.extra != "none":
                maps = torch.cat([maps, self._additional(windows, expected, (maps.shape[2], maps.shape[3]))], 1)
            found[name] = maps
        return found

    def _likelihoods(self, maps: Mapping[str, Tensor], windows: int) -> Tensor:
        """Return (windows, flows) bits per dimension, the mean of a window's four time slots."""
        answers = [self.flows[name](given).view(windows, -1).mean(1) for name, given in maps.items()]
        return torch.stack(answers, 1) if answers else self.ranges.new_zeros(windows, 0)

    def _additional(self, windows: Tensor, expected: Tensor, size: tuple[int, int]) -> Tensor:
        seen = windows[:, ::RATE].flatten(0, 1)
        if self.extra == "error":
            seen = (expected[:, ::RATE].flatten(0, 1) - seen).abs()
        return functional.interpolate(seen.mean(1, keepdim=True), size, mode="bilinear", antialias=True)

    def _fused(self, likelihoods: Tensor) -> Tensor:
        return (likelihoods * self.ranges).sum(1) / self.ranges.sum()

    def loss(self, windows: Tensor) -> Losses:
        """Return equation 4's terms: squared error, and the difference of gradients against blur; and structure."""
        expected = self(windows)
        losses = {
            "reconstruction": functional.mse_loss(expected, windows),
            "gradient": gradient_difference(expected, windows),
        }
        if self.structure:
            one, other = ((x.flatten(0, 1) + 1.0) * 0.5 for x in (expected, windows))
            losses["structure"] = self.structure * (1.0 - multiscale_ssim(one, other).mean())
        return losses

    def flow_loss(self, windows: Tensor) -> Losses:
        """Return the negative log-likelihood of each map in bits per dimension (equation 5), the maps fixed."""
        self.network.eval()
        with torch.no_grad():
            parts = [self._fixed_maps(part) for part in _parts(windows)]
        answers = self._likelihoods(_joined(parts), len(windows))
        return {name: answers[:, i].mean() for i, name in enumerate(self.flows)}

    def _fixed_maps(self, windows: Tensor) -> dict[str, Tensor]:
        appearance, motion = self.network.encode(windows)
        expected = self.network.decode(appearance, motion) if self.extra == "error" else windows
        return self._maps(windows, expected, appearance, motion)

    def learn_ranges(self, batches: Iterable[Tensor]) -> None:
        """Take, from normal footage, the ranges by which equations 8 and 9 weigh the terms."""
        measured = []
        for part in (part for windows in batches for part in _parts(windows)):
            _, rough, maps = self._measure(part)
            measured.append((rough, self._likelihoods(maps, len(part))))
        rough, dense = (torch.cat(column).float() for column in zip(*measured, strict=True))
        at = torch.tensor(QUANTILES, device=rough.device)
        low, high = dense.quantile(at, 0)
        self.ranges.copy_((high - low).clamp_min(CERTAIN))
        low, high = torch.stack([rough, self._fused(dense)], 1).quantile(at, 0)
        self.floor.copy_(low)
        self.width.copy_((high - low).clamp_min(CERTAIN))

    def stages(self) -> tuple[Stage, ...]:
        """The auto-encoder; then the flows; then no epoch, but a look at the normal footage's scores."""
        (epochs, batch, rate), (flow_epochs, flow_batch, flow_rate) = self.training_settings
        own, others = tuple(self.network.parameters()), tuple(self.flows.parameters())
        first = Stage("auto-encoder", epochs, batch, own, self.loss, adam(rate), cosine)
        if not others:
            return (first,)
        then = Stage("flows", flow_epochs, flow_batch, others, self.flow_loss, adam(flow_rate), cosine)
        last = Stage("ranges", 0, flow_batch, others, self.flow_loss, adam(flow_rate), cosine, begin=self.learn_ranges)
        return first, then, last


def _parts(windows: Tensor) -> list[Tensor]:
    return [windows[first : first + MAX_WINDOWS] for first in range(0, len(windows), MAX_WINDOWS)]


def _joined(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _check(height: int, width: int, cell: int, levels: int, base: int, patch: int, moving: bool) -> None:
    side = cell * 2**levels
    if height % side or width % side or min(height, width) < side:
        raise InputError(f"height and width must be multiples of {side}, got {height}×{width}")
    if base < 24 or base % 24:
        raise InputError(f"base must be a multiple of 24, got {base}")
    check_patch(patch, height, width)
    if not moving:
        raise InputError("a flow on motion maps needs the motion path (motion=true)")


_PAPER: dict[str, Any] = {
    "motion": True, "flows": "none", "extra": "intensity", "share": 0.5, "steps": 32, "levels": 3, "hidden": 512,
    "base": 96, "coarse": True, "height": 256, "width": 256, "channels": 3, "structure": 0.0, "patch": 0,
    "epochs": 60, "batch": 4, "rate": 1e-3, "flow_epochs": 20, "flow_batch": 32, "flow_rate": 5e-4,
}  # fmt: skip
_SMALL = {"base": 24, "height": 32, "width": 48, "steps": 2, "levels": 1, "hidden": 8}


def _entry(about: str, **differs: Any) -> DetectorEntry:
    return DetectorEntry(TwoPathDensity, {**_PAPER, **differs}, "cho2022unsupervised", about, _SMALL)


DETECTORS = {
    "itae-appearance": _entry("reconstructs 16 frames from their appearance", motion=False),
    "itae": _entry("reconstructs 16 frames from appearance and motion"),
    "itae-flow-appearance": _entry("itae with the likelihood of appearance", flows="appearance"),
    "itae-flow-motion": _entry("itae with the likelihood of motion", flows="motion"),
    "itae-flow": _entry("itae with the likelihoods of appearance and motion", flows="both"),
}
