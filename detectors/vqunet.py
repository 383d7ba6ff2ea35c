"""VQU-Net: frame prediction through a U-Net whose latent is quantised by a learned codebook.

Source: Szymanowicz, Charles, Cipolla, "Discrete neural representations for explainable anomaly detection"
(``szymanowicz2022discrete``), sections 3.1 to 3.3; the base network is MNAD's (``park2020learning``).
What the paper leaves open is settled in ``docs/decisions/0002-vqunet-choices.md``.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, DetectorEntry, Losses, Stage
from core.errors import InputError
from core.records import Prediction, Window
from detectors._blocks import adam, at_clip_size, check_patch, convolution, cosine, double, error_score, upward

BETA = 0.25
GAMMA = 0.01
MARGIN = 1.0


class Codebook(nn.Module):
    """Nearest-neighbour quantiser with K codes of D dimensions (section 3.1, equation 1).

    The commitment follows van den Oord et al. (``oord2017neural``); the separatedness is hinged, or it would have
    no lower bound.
    """

    def __init__(self, codes: int, dimensions: int) -> None:
        super().__init__()
        self.codes = nn.Parameter(torch.empty(codes, dimensions).uniform_(-1 / codes, 1 / codes))

    def nearest(self, z: Tensor, count: int = 1) -> Tensor:
        """Return the indices (N, count) of the codes nearest to each of the vectors (N, D), nearest first."""
        codes = self.codes.float()
        distance = codes.square().sum(1) - 2.0 * (z.float() @ codes.t())
        return distance.topk(count, dim=1, largest=False).indices

    def forward(self, z: Tensor) -> tuple[Tensor, Losses]:
        """Quantise (B, D, h, w) with a straight-through gradient.

        Returns:
            The quantised map, same shape, and (in training mode) the embedding, commitment and separatedness losses.
        """
        b, d, h, w = z.shape
        with torch.autocast(z.device.type, enabled=False):
            flat = z.float().permute(0, 2, 3, 1).reshape(-1, d)
            ranked = self.nearest(flat.detach(), 2 if self.training else 1)
            quantised = self.codes[ranked[:, 0]]
            losses = self._losses(flat, quantised, ranked) if self.training else {}
            passed = flat + (quantised - flat).detach()
        return passed.reshape(b, h, w, d).permute(0, 3, 1, 2), losses

    def _losses(self, flat: Tensor, quantised: Tensor, ranked: Tensor) -> Losses:
        fixed = flat.detach()
        positive = (fixed - quantised).square().mean(1)
        negative = (fixed - self.codes[ranked[:, 1]]).square().mean(1)
        return {
            "embedding": positive.mean(),
            "commitment": BETA * functional.mse_loss(flat, quantised.detach()),
            "separatedness": GAMMA * functional.relu(positive - negative + MARGIN).mean(),
        }


class VQUNet(Detector):
    """Predicts the frame that follows ``inputs`` frames, or reconstructs one frame, through an optional codebook.

    Args:
        inputs: number of input frames; 0 reconstructs the frame itself, without skip connections.
        step: distance between input frames, and from the last of them to the predicted one. The benchmarks that the
            paper uses have 10 frames a second; footage at 25 wants 2 or 3, or nothing moves between two frames.
        codes: size K of the codebook; 0 for the plain U-Net.
        base: channels of the first stage (64 in the paper); the latent has 8 times as many.
        height, width: input size in pixels, multiples of 8 (256×256 in the paper).
        channels: 3 for RGB, 1 for grey.
        patch: see :func:`detectors._blocks.error_score`; 0 is the paper's PSNR of the frame.
        epochs, batch, rate: training; the paper's are 60 epochs and 2e-4 (2e-5 for reconstruction).
    """

    def __init__(
        self, inputs: int, step: int, codes: int, base: int, height: int, width: int, channels: int, patch: int,
        epochs: int, batch: int, rate: float,
    ) -> None:  # fmt: skip
        super().__init__()
        if height % 8 or width % 8 or min(height, width) < 8:
            raise InputError(f"height and width must be multiples of 8, got {height}×{width}")
        if codes == 1:
            raise InputError("codes must be 2 or more, or 0 for no codebook, got 1")
        check_patch(patch, height, width)
        self.window = Window(max(inputs, 1), step, inputs * step, height, width, channels)
        self.skips = inputs > 0
        self.patch, self.epochs, self.batch, self.rate = patch, epochs, batch, rate
        c1, c2, c3, c4 = (base * 2**i for i in range(4))
        self.encoder = nn.ModuleList([double(self.window.inputs * channels, c1), double(c1, c2), double(c2, c3)])
        self.latent = nn.Sequential(*convolution(c3, c4), nn.Conv2d(c4, c4, 3, padding=1))
        self.codebook = Codebook(codes, c4) if codes else None
        self.bottom = double(c4, c4)
        wide = ((c4, c3), (c3, c2), (c2, c1)) if self.skips else ((c4, c4), (c3, c3), (c2, c2))
        self.up = nn.ModuleList([upward(i, o) for i, o in wide])
        joined = [o * 2 if self.skips else o for _, o in wide]
        self.decoder = nn.ModuleList([double(joined[0], c3), double(joined[1], c2), double(joined[2], c1)])
        self.head = nn.Conv2d(c1, channels, 3, padding=1)

    def forward(self, windows: Tensor) -> tuple[Tensor, Losses]:
        """Return the expected frame (B, C, h, w) in [−1, 1] for (B, span, C, h, w), and the codebook's losses."""
        w = self.window
        x = windows[:, : w.inputs * w.step : w.step].flatten(1, 2).contiguous(memory_format=torch.channels_last)
        kept: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            kept.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.latent(x)
        losses: Losses = {}
        if self.codebook is not None:
            x, losses = self.codebook(x)
        x = self.bottom(x)
        for up, stage in zip(self.up, self.decoder, strict=True):
            x = up(x)
            x = stage(torch.cat([x, kept.pop()], 1) if self.skips else x)
        return torch.tanh(self.head(x).float()), losses

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score by squared error between the expected and the seen frame (section 3.3)."""
        expected, _ = self(windows)
        seen = windows[:, self.window.target]
        error = ((expected - seen) * 0.5).square().mean(1)
        shown = ((expected + 1.0) * 0.5).clamp(0.0, 1.0)
        return Prediction(error_score(error, self.patch), at_clip_size(error, size), shown)

    def loss(self, windows: Tensor) -> Losses:
        """Return the terms of section 3.2, each mean-reduced: prediction, embedding, commitment, separatedness."""
        expected, losses = self(windows)
        return {"prediction": functional.mse_loss(expected, windows[:, self.window.target]), **losses}

    def stages(self) -> tuple[Stage, ...]:
        """One stage: Adam, the learning rate annealed by a cosine over all steps, as in MNAD."""
        own = tuple(self.parameters())
        return (Stage("vqunet", self.epochs, self.batch, own, self.loss, adam(self.rate), cosine),)


_PAPER: dict[str, Any] = {
    "inputs": 5, "step": 1, "codes": 256, "base": 64, "height": 256, "width": 256, "channels": 3, "patch": 0,
    "epochs": 60, "batch": 4, "rate": 2e-4,
}  # fmt: skip
_KEY = "szymanowicz2022discrete"

_SMALL = {"base": 4, "height": 32, "width": 48}


def _entry(about: str, **differs: Any) -> DetectorEntry:
    return DetectorEntry(VQUNet, {**_PAPER, **differs}, _KEY, about, _SMALL)


DETECTORS = {
    "vqunet-prediction": _entry("predicts the next frame through a codebook"),
    "unet-prediction": _entry("predicts the next frame, no codebook", codes=0),
    "vqunet-reconstruction": _entry("reconstructs the frame through a codebook", inputs=0, rate=2e-5),
    "unet-reconstruction": _entry("reconstructs the frame, no codebook", inputs=0, rate=2e-5, codes=0),
}
