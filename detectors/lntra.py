"""Learning not to reconstruct anomalies: a 3-D auto-encoder that returns normal clips even for pseudo anomalies.

Source: Astrid, Zaheer, Lee, Lee, "Learning Not to Reconstruct Anomalies" (``astrid2021learning``); the network is
MemAE's without its memory (``gong2019memorizing``), with 5,980,801 parameters for grey clips.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, DetectorEntry, Losses, Stage
from core.errors import InputError
from core.records import Prediction, Window
from core.registry import pick
from detectors._blocks import adam, at_clip_size, check_patch, constant, error_score, leaky
from detectors._cpu_conv import ConvTranspose3d, transposed
from detectors._pseudo import TECHNIQUES, draw_patches, image_folder, masks, patched, read_intruder, skipped

FRAMES = 16
TARGET = 8
SLOPE = 0.2
MAX_WINDOWS = 4
"""Windows that are judged at a time: more need more memory, and are no faster."""


class NormalReconstruction(Detector):
    """Reconstructs 16 frames through a 3-D auto-encoder, trained to return the normal clip behind a pseudo anomaly.

    Args:
        pseudo: ``none`` (the baseline), ``patch`` or ``skip`` (sections 3.3.1 and 3.3.2).
        probability: with which a training clip is made a pseudo anomaly (p).
        technique: of patching, a key of :data:`detectors._pseudo.TECHNIQUES`.
        intruders: folder of images from which patches are cut; empty for frames of the training data itself.
        alpha: largest side of a patch as a share of the frame's.
        beta: largest step of a patch between two frames in pixels (10 on Ped2, 25 elsewhere in the paper).
        strides: from which a skipping clip's stride s is drawn.
        base: channels of the first layer (96 in the paper), a multiple of 3.
        height, width: input size in pixels, multiples of 16 (256×256 in the paper).
        channels: 1 for grey (the paper's), 3 for RGB.
        patch: see :func:`detectors._blocks.error_score`; 0 is the paper's PSNR of the frame.
        epochs, batch, rate: training, with Adam at a constant rate.
    """

    def __init__(
        self, pseudo: str, probability: float, technique: str, intruders: str, alpha: float, beta: int,
        strides: Sequence[int], base: int, height: int, width: int, channels: int, patch: int, epochs: int,
        batch: int, rate: float,
    ) -> None:  # fmt: skip
        super().__init__()
        _check(height, width, base, probability, alpha, beta, strides)
        check_patch(patch, height, width)
        pick("pseudo anomaly", pseudo, {"none": 0, "patch": 0, "skip": 0})
        pick("technique", technique, TECHNIQUES)
        self.window = Window(FRAMES, 1, TARGET, height, width, channels)
        self.pseudo, self.probability, self.technique, self.folder = pseudo, probability, technique, intruders
        self.alpha, self.beta, self.strides = alpha, beta, tuple(strides)
        self.patch, self.epochs, self.batch, self.rate = patch, epochs, batch, rate
        c1, c2, c3 = base, base * 4 // 3, base * 8 // 3
        self.encoder = nn.Sequential(
            *_down(channels, c1, (1, 2, 2)), *_down(c1, c2, 2), *_down(c2, c3, 2), *_down(c3, c3, 2)
        )
        self.decoder = nn.Sequential(
            *_up(c3, c3), *_up(c3, c2), *_up(c2, c1), ConvTranspose3d(c1, channels, 3, (1, 2, 2), 1, (0, 1, 1))
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Reconstruct (B, 16, C, h, w), same shape, in [−1, 1]."""
        return torch.tanh(self.decoder(self.encoder(_volume(windows))).float()).movedim(2, 1)

    def middle(self, windows: Tensor) -> Tensor:
        """Reconstruct frame 8 alone, (B, C, h, w): equal to ``forward(windows)[:, 8]`` at half of the decoder's work.

        A stride of 2 in time leads frames i−1, i, i+1 to 2i−1, 2i, 2i+1, so that three frames are enough at each layer.
        """
        x = self.decoder[:3](self.encoder(_volume(windows)))[:, :, 1:4]
        for layer in self.decoder[3:]:
            x = _middle(layer, x) if isinstance(layer, ConvTranspose3d) else layer(x)
        return torch.tanh(x.float()).squeeze(2)

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score by the PSNR between a window's ninth frame and its reconstruction (section 3.4)."""
        expected = torch.cat([self.middle(part) for part in torch.split(windows, MAX_WINDOWS)])
        error = ((expected - windows[:, TARGET]) * 0.5).square().mean(1)
        shown = ((expected + 1.0) * 0.5).clamp(0.0, 1.0)
        return Prediction(error_score(error, self.patch), at_clip_size(error, size), shown)

    def loss(self, windows: Tensor) -> Losses:
        """Return the mean squared error to the normal clips, of which some come in as pseudo anomalies (equation 4)."""
        normal = windows[:, :FRAMES]
        return {"reconstruction": functional.mse_loss(self(self.disturb(windows)), normal)}

    def disturb(self, windows: Tensor) -> Tensor:
        """Make each of (B, ≥ 16, C, h, w) a pseudo anomaly with probability p; (B, 16, C, h, w).

        The intruder of a clip, where no folder is given, is the ninth frame of another clip of the batch.
        """
        normal = windows[:, :FRAMES]
        chosen = (torch.rand(len(windows)) < self.probability).nonzero().squeeze(1)
        if self.pseudo == "none" or not len(chosen):
            return normal
        rows = chosen.to(windows.device)
        if self.pseudo == "skip":
            return normal.index_copy(0, rows, skipped(windows[rows], self.strides, FRAMES)[0])
        size = (self.window.height, self.window.width)
        centres, sides = draw_patches(len(rows), FRAMES, size, self.alpha, self.beta)
        mask = masks(self.technique, centres.to(windows.device), sides.to(windows.device), size)
        return normal.index_copy(0, rows, patched(normal[rows], self._intruders(normal, chosen), mask))

    def _intruders(self, normal: Tensor, chosen: Tensor) -> Tensor:
        if not self.folder:
            others = (chosen + torch.randint(1, max(2, len(normal)), (len(chosen),))) % len(normal)
            return normal[others.to(normal.device), TARGET]
        paths = image_folder(Path(self.folder))
        size = (self.window.height, self.window.width)
        drawn = torch.randint(len(paths), (len(chosen),)).tolist()
        return torch.stack([read_intruder(paths[i], size, self.window.channels) for i in drawn]).to(normal)

    def stages(self) -> tuple[Stage, ...]:
        """One stage: Adam at a constant rate; a skipping clip needs frames beyond its normal one.

        Raises:
            InputError: the folder of intruders holds no image.
        """
        if self.pseudo == "patch" and self.folder:
            image_folder(Path(self.folder))
        span = (FRAMES - 1) * max(self.strides) + 1 if self.pseudo == "skip" else FRAMES
        own = tuple(self.parameters())
        return (Stage("lntra", self.epochs, self.batch, own, self.loss, adam(self.rate), constant, span),)


def _volume(windows: Tensor) -> Tensor:
    return windows.movedim(2, 1).contiguous(memory_format=torch.channels_last_3d)


def _middle(layer: ConvTranspose3d, x: Tensor) -> Tensor:
    if layer.stride[0] == 1:
        return layer.forward(x)[:, :, 1:2]
    return transposed(x, layer.weight, layer.bias, (2, 2, 2), (2, 1, 1), (0, 1, 1))


def _down(channels_in: int, channels_out: int, stride: int | tuple[int, int, int]) -> list[nn.Module]:
    return leaky(nn.Conv3d(channels_in, channels_out, 3, stride, 1), SLOPE)


def _up(channels_in: int, channels_out: int) -> list[nn.Module]:
    return leaky(ConvTranspose3d(channels_in, channels_out, 3, 2, 1, 1), SLOPE)


def _check(
    height: int, width: int, base: int, probability: float, alpha: float, beta: int, strides: Sequence[int]
) -> None:
    if height % 16 or width % 16 or min(height, width) < 16:
        raise InputError(f"height and width must be multiples of 16, got {height}×{width}")
    if base < 3 or base % 3:
        raise InputError(f"base must be a multiple of 3, got {base}")
    if not 0 <= probability <= 1 or not 0 < alpha <= 1 or beta < 0:
        raise InputError(
            f"probability must lie in [0, 1], alpha in (0, 1] and beta be 0 or more, got {probability}, {alpha}, {beta}"
        )
    if not strides or min(strides) < 2:
        raise InputError(f"strides must be 2 or more, got {list(strides)}")


_PAPER: dict[str, Any] = {
    "pseudo": "none", "probability": 0.2, "technique": "SmoothMixS", "intruders": "", "alpha": 0.5, "beta": 25,
    "strides": (2, 3, 4, 5), "base": 96, "height": 256, "width": 256, "channels": 1, "patch": 0,
    "epochs": 60, "batch": 4, "rate": 1e-4,
}  # fmt: skip
_SMALL = {"base": 6, "height": 32, "width": 48}


def _entry(about: str, **differs: Any) -> DetectorEntry:
    return DetectorEntry(NormalReconstruction, {**_PAPER, **differs}, "astrid2021learning", about, _SMALL)


DETECTORS = {
    "lntra-baseline": _entry("reconstructs 16 frames in 3-D"),
    "lntra-patch": _entry("reconstructs 16 frames in 3-D, taught to drop foreign patches", pseudo="patch"),
    "lntra-skip": _entry("reconstructs 16 frames in 3-D, taught to slow down what is too fast", pseudo="skip"),
}
