"""Detectors that reconstruct single frames; the reconstruction error is the score."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, Losses, Plateau, Stage
from core.errors import InputError
from core.records import Prediction, Window
from detectors._blocks import adam, at_clip_size, check_patch, constant, error_score
from detectors._ssim import WINDOW_PIXELS, ssim_map
from detectors.ravi2021._layers import PLATEAU
from detectors.ravi2021._networks import NETWORKS

LOSSES: dict[str, tuple[float, float]] = {"mse": (1.0, 0.0), "ssim": (0.0, 1.0), "mse+ssim": (0.5, 0.5)}
"""Weights of the squared error and of 1 − SSIM (equation 3.10 with η = 0.5)."""
DECAY, SVDD_DECAY = 1e-5, 1e-7


class Sphere(nn.Module):
    """Soft-boundary SVDD (``ruff2018deep``, equation 3; section 3.6.2 of the thesis) in so many ``dimensions``.

    A share ``nu`` of the embeddings, in (0, 1], may lie outside.
    """

    centre: Tensor
    radius: Tensor

    def __init__(self, dimensions: int, nu: float) -> None:
        super().__init__()
        self.nu = nu
        self.register_buffer("centre", torch.zeros(dimensions))
        self.register_buffer("radius", torch.zeros(()))

    @torch.no_grad()
    def centre_on(self, embeddings: Iterable[Tensor]) -> None:
        """Put the centre on the mean of all embeddings, in batches of (B, …), and the radius to 0."""
        total, count = torch.zeros_like(self.centre, dtype=torch.float64), 0
        for batch in embeddings:
            total += batch.flatten(1).double().sum(0)
            count += len(batch)
        self.centre.copy_(total / max(1, count))
        self.radius.zero_()

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return R² + mean(max(0, d² − R²)) / ν of embeddings (B, …) at distances d from the centre.

        In training mode the radius becomes the (1 − ν) quantile of the batch's distances, for the next batch.
        """
        squares = (embeddings.flatten(1).float() - self.centre).square().sum(1)
        reach = self.radius.square()
        loss = reach + functional.relu(squares - reach).mean() / self.nu
        if self.training:
            self.radius = torch.quantile(squares.detach().sqrt(), 1.0 - self.nu)
        return loss


class FrameAutoEncoder(Detector):
    """Reconstructs single frames (chapters 3 and 4 of ``ravi2021class``).

    Args:
        network: key of :data:`detectors.ravi2021._networks.NETWORKS`.
        base: channels of the first layer (64 in the thesis); the others follow in proportion.
        height, width: input size in pixels (128×128 in the thesis); which sizes fit depends on the network.
        channels: 3 for RGB, 1 for grey.
        loss: ``mse``, ``ssim`` or ``mse+ssim``, for training and for the score (section 3.4.2).
        patch: see :func:`detectors._blocks.error_score`; 0 is the thesis' error of the whole frame.
        epochs, batch, rate: training; Adam with a weight decay of 1e-5.
        svdd: True fine-tunes the encoder with a soft-boundary SVDD afterwards (section 3.6.2). The score stays the
            reconstruction's, as in the thesis.
        svdd_epochs, svdd_batch, svdd_rate, nu: of that fine-tuning.
    """

    def __init__(
        self, network: str, base: int, height: int, width: int, channels: int, loss: str, patch: int, epochs: int,
        batch: int, rate: float, svdd: bool, svdd_epochs: int, svdd_batch: int, svdd_rate: float, nu: float,
    ) -> None:  # fmt: skip
        super().__init__()
        kind = NETWORKS[network]
        numbers = kind.grid(height) * kind.grid(width)
        _check(loss, base, nu)
        check_patch(patch, height, width)
        self.window = Window(1, 1, 0, height, width, channels, 0.0, 1.0)
        self.weights, self.patch = LOSSES[loss], patch
        self.epochs, self.batch, self.rate = epochs, batch, rate
        self.svdd_epochs, self.svdd_batch, self.svdd_rate = svdd_epochs, svdd_batch, svdd_rate
        parts = kind.build(channels, base)
        self.attention, self.encoder, self.decoder = parts.attention, parts.encoder, parts.decoder
        self.sphere = Sphere(parts.latents * numbers, nu) if svdd else None

    def embed(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return the latent, (N, latents, grid h, grid w), and what the encoder saw, for frames (N, C, h, w)."""
        seen = frames.contiguous(memory_format=torch.channels_last)
        if self.attention is not None:
            seen = self.attention(seen)
        return self.encoder(seen), seen

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return reconstructions (N, C, h, w) in [0, 1], and the penalty of the attention, for frames (N, C, h, w)."""
        latent, seen = self.embed(frames)
        penalty = seen.new_zeros(()) if self.attention is None else self.attention.penalty * seen.float().norm()
        return torch.sigmoid(self.decoder(latent).float()), penalty

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score by the error of the reconstruction, in decibels; see :meth:`_errors`."""
        frames = windows[:, 0]
        expected, _ = self(frames)
        errors = self._errors(expected, frames)
        return Prediction(error_score(errors, self.patch), at_clip_size(errors, size), expected)

    def _errors(self, expected: Tensor, seen: Tensor) -> Tensor:
        """Return what training minimises, for each pixel: (N, h, w), non-negative.

        The map of 1 − SSIM is smaller than the frame by a window; its edges are repeated outwards.
        """
        for_squares, for_structure = self.weights
        errors = for_squares * (expected - seen).square().mean(1)
        if for_structure:
            unlike = (1.0 - ssim_map(expected, seen)).mean(1, keepdim=True).clamp_min(0.0)
            errors = errors + for_structure * functional.pad(unlike, (WINDOW_PIXELS // 2,) * 4, "replicate").squeeze(1)
        return errors

    def loss(self, windows: Tensor) -> Losses:
        """Return the terms of equation 3.10 that count, and the penalty of equation 3.11 where there is one."""
        frames = windows[:, 0]
        expected, penalty = self(frames)
        for_squares, for_structure = self.weights
        terms: Losses = {}
        if for_squares:
            terms["mse"] = for_squares * functional.mse_loss(expected, frames)
        if for_structure:
            terms["ssim"] = for_structure * (1.0 - ssim_map(expected, frames).mean())
        if self.attention is not None and self.attention.penalty:
            terms["attention"] = penalty
        return terms

    def stages(self) -> tuple[Stage, ...]:
        """Train the auto-encoder, then, where ``svdd`` is set, its encoder alone."""
        own, make = tuple(self.parameters()), adam(self.rate, DECAY)
        whole = Stage("auto-encoder", self.epochs, self.batch, own, self.loss, make, constant, plateau=PLATEAU)
        return (whole,) if self.sphere is None else (whole, self._fine_tuning(self.sphere))

    def _fine_tuning(self, sphere: Sphere) -> Stage:
        parts = (self.encoder,) if self.attention is None else (self.attention, self.encoder)
        tuned = tuple(p for part in parts for p in part.parameters())

        def begin(batches: Iterable[Tensor]) -> None:
            sphere.centre_on(self.embed(windows[:, 0])[0] for windows in batches)

        def loss(windows: Tensor) -> Losses:
            return {"svdd": sphere(self.embed(windows[:, 0])[0])}

        make, falls = adam(self.svdd_rate, SVDD_DECAY), Plateau(0.1, 0.5, 4)
        return Stage("svdd", self.svdd_epochs, self.svdd_batch, tuned, loss, make, constant, begin=begin, plateau=falls)


def _check(loss: str, base: int, nu: float) -> None:
    if loss not in LOSSES:
        raise InputError(f"unknown loss {loss!r}; known: {', '.join(LOSSES)}")
    if base % 4 or base < 4:
        raise InputError(f"base must be a multiple of 4, got {base}")
    if not 0.0 < nu <= 1.0:
        raise InputError(f"nu must lie in (0, 1], got {nu}")
