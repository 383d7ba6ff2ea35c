"""Decoupled appearance and motion: a frame's latent code, predicted from those of earlier frames.

Source: Li, Leroux, Simoens, "Decoupled appearance and motion learning for efficient anomaly detection in surveillance
video" (``li2021decoupled``), sections 3 and 6; what the paper leaves open follows the authors' code.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.contracts import Detector, DetectorEntry, Losses, Stage
from core.errors import InputError
from core.records import Frames, Prediction, Window
from core.registry import pick
from detectors._blocks import FLOOR, adam, at_clip_size, check_patch, error_score, gradient_difference
from detectors._cpu_conv import ConvTranspose2d
from detectors._motion import MOTIONS, SLOPE, AutoregressiveMotion
from detectors._ssim import ssim_map

SCORES = {"z": "of the latent code", "p": "of the predicted frame", "r": "of the reconstructed frame"}
PIXEL = ("mse", "gdl", "ssim")
MAX_CHANNELS = 1024
DECAY = 0.0005
"""γ of equation 1, halved as the authors' framework does."""


class Decoupled(Detector):
    """Predicts the latent code of the frame that comes ``ahead`` frames after the last of ``inputs`` frames.

    Args:
        motion: ``conv3d``, ``convlstm`` or ``autoregressive`` (section 6.3).
        score: ``z``, ``p`` or ``r``: whose mean squared error is the score.
        pixel: terms of the reconstruction's loss joined by ``+``: ``mse``, ``gdl``, ``ssim`` (section 6.1).
        inputs: number k of input frames (8 on UCSD, 6 elsewhere).
        step: distance between two of them; reconstructing a frame uses the maps of the one ``step`` before.
        ahead: distance from the last input to the predicted frame, at least ``step``.
        kernel: extent in time of 3-D kernels: 3 (the paper), 2 (the authors' code); ConvLSTM has none.
        blocks: encoder blocks, at most five with more channels (4; 5 on Ped1).
        base: channels of the first block (64).
        last: activation of latent codes, ``leaky`` or ``tanh`` (the authors' on Avenue).
        height, width, channels: input; 128×192 grey on UCSD, 128×224 RGB elsewhere.
        patch: see :func:`detectors._blocks.error_score`, for the scores p and r; 0 is the paper's.
        freeze: train only the motion model in the second stage, the encoder unchanged, as the authors' code does.
        epochs: of both stages together; half of them bootstrap the auto-encoder.
        batch, rate: training; the rate falls to a tenth every ``drop`` epochs.
        drop: see ``rate``.
    """

    background: Tensor

    def __init__(
        self, motion: str, score: str, pixel: str, inputs: int, step: int, ahead: int, kernel: int, blocks: int,
        base: int, last: str, height: int, width: int, channels: int, patch: int, freeze: bool, epochs: int,
        batch: int, rate: float, drop: int,
    ) -> None:  # fmt: skip
        super().__init__()
        _check(inputs, step, ahead, kernel, blocks, height, width, pixel)
        check_patch(patch, height, width)
        pick("score", score, SCORES)
        self.window = Window(inputs, step, (inputs - 1) * step + ahead, height, width, channels, 0.0, 1.0)
        self.score, self.pixel, self.patch, self.freeze = score, pixel.split("+"), patch, freeze
        self.epochs, self.batch, self.rate, self.drop = epochs, batch, rate, drop
        self.register_buffer("background", torch.zeros(channels, height, width))
        sizes = [min(base * 2**i, MAX_CHANNELS) for i in range(blocks)]
        end = pick("activation", last, {"leaky": nn.LeakyReLU(SLOPE, True), "tanh": nn.Tanh()})
        self.encoder = nn.ModuleList(
            [_block(i, o, end if o_index == blocks - 1 else nn.LeakyReLU(SLOPE, True))
             for o_index, (i, o) in enumerate(pairwise([channels, *sizes]))]
        )  # fmt: skip
        self.up = nn.ModuleList([ConvTranspose2d(i, o, 2, 2) for o, i in reversed(list(pairwise(sizes)))])
        self.decoder = nn.ModuleList([_block(2 * o, o, nn.LeakyReLU(SLOPE, True)) for o in reversed(sizes[:-1])])
        self.head = nn.Conv2d(sizes[0], channels, 3, padding=1)
        self.motion = pick("motion model", motion, MOTIONS)(sizes[-1], inputs, kernel, end)

    @property
    def source(self) -> int:
        """Index in the window of the frame whose maps the decoder is given at inference."""
        w = self.window
        return w.target - w.step if self.score == "r" else (w.inputs - 1) * w.step

    def encode(self, frames: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the latent codes (N, D, h', w') of frames (N, C, h, w), and the maps of all blocks but the last."""
        x = (frames - self.background).contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = []
        for block in self.encoder:
            x = block(functional.max_pool2d(x, 2) if maps else x)
            maps.append(x)
        return maps.pop(), maps

    def decode(self, codes: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Return frames (N, C, h, w) from latent codes and an earlier frame's maps, the background added."""
        x = codes
        for up, block, kept in zip(self.up, self.decoder, reversed(maps), strict=True):
            x = block(torch.cat([up(x), kept], 1))
        frames: Tensor = self.head(x).float() + self.background
        return frames

    def predict_windows(self, windows: Tensor, size: tuple[int, int]) -> Prediction:
        """Score by equation 2 in decibels; the saliency is the squared error of the decoded prediction."""
        w = self.window
        seen = list(range(0, w.inputs * w.step, w.step))
        asked = sorted({*seen, self.source, w.target})
        codes, maps = self.encode(windows[:, asked].flatten(0, 1))
        codes = _by_window(codes, len(asked))
        place = asked.index(self.source)
        kept = [_by_window(m, len(asked))[:, place] for m in maps]
        return self._answer(codes[:, : w.inputs], codes[:, -1], kept, windows[:, w.target], size)

    def _answer(
        self, codes: Tensor, target: Tensor, maps: Sequence[Tensor], seen: Tensor, size: tuple[int, int]
    ) -> Prediction:
        guessed = target if self.score == "r" else self.motion(codes)
        expected = self.decode(guessed, maps)
        error = (expected - seen).square().mean(1)
        score = error_score(error, self.patch)
        if self.score == "z":
            distance = (guessed.float() - target.float()).square().flatten(1).mean(1)
            score = 10.0 * torch.log10(distance.clamp_min(FLOOR))
        return Prediction(score, at_clip_size(error, size), expected.clamp(0.0, 1.0))

    @torch.inference_mode()
    def stream(self, chunks: Iterable[Frames]) -> Iterator[Prediction]:
        """Answer for a clip that arrives in chunks; each frame is encoded once and its code kept (section 4.2)."""
        w = self.window
        kept: tuple[Tensor, Tensor, list[Tensor]] | None = None
        inputs = torch.arange(w.inputs, device=self.background.device) * w.step
        start = 0
        for chunk in chunks:
            frames = self.prepare(self.resize(torch.from_numpy(chunk.images).to(self.background.device)))
            codes, maps = self.encode(frames)
            if kept is None:
                start = chunk.first
            else:
                frames, codes = torch.cat([kept[0], frames]), torch.cat([kept[1], codes])
                maps = [torch.cat(pair) for pair in zip(kept[2], maps, strict=True)]
            count = len(frames) - w.span + 1
            if count > 0:
                first = self.source - (len(frames) - len(maps[0]))
                rows = torch.arange(count, device=codes.device).unsqueeze(1) + inputs
                answer = self._answer(
                    codes[rows], codes[w.target :], [m[first : first + count] for m in maps],
                    frames[w.target :], (chunk.images.shape[1], chunk.images.shape[2]),
                )  # fmt: skip
                yield Prediction(answer.score, answer.saliency, answer.expected, start + w.target)
            start += max(0, count)
            tail, late = w.span - 1, w.span - 1 - self.source
            kept = (frames[-tail:], codes[-tail:], [m[max(0, len(m) - late) :] for m in maps])

    def loss(self, windows: Tensor, pixels: float, latents: float) -> Losses:
        """Return equation 1's terms: sums over a frame's pixels or a code's elements, mean over frames and windows."""
        w = self.window
        seen = windows[:, : w.inputs * w.step : w.step]
        codes, maps = self.encode(torch.cat([seen, windows[:, w.target, None]], 1).flatten(0, 1))
        codes = _places(codes, w.inputs + 1)
        before = [_frames(_places(m, w.inputs + 1)[:, : w.inputs - 1]) for m in maps]
        expected = self.decode(_frames(codes[:, 1 : w.inputs]), before)
        return {
            "reconstruction": pixels * self._difference(expected, seen[:, 1:].flatten(0, 1)),
            "prediction": latents * self._surprise(codes),
            "weights": _squares(self.parameters()),
        }

    def motion_loss(self, windows: Tensor) -> Losses:
        """Return the latent term alone, with the encoder as it is: the authors' second stage."""
        w = self.window
        with torch.no_grad():
            self.encoder.eval()
            frames = torch.cat([windows[:, : w.inputs * w.step : w.step], windows[:, w.target, None]], 1)
            codes = _places(self.encode(frames.flatten(0, 1))[0], w.inputs + 1)
        return {"prediction": self._surprise(codes), "weights": _squares(self.motion.parameters())}

    def _surprise(self, codes: Tensor) -> Tensor:
        seen, target = codes[:, :-1].movedim(-1, 2), codes[:, -1].movedim(-1, 1)
        elements = target[0].numel()
        if not isinstance(self.motion, AutoregressiveMotion):
            return elements * functional.mse_loss(self.motion(seen).float(), target.float())
        guessed = self.motion.every(seen)
        lag, rest = divmod(self.window.target - (self.window.inputs - 1) * self.window.step, self.window.step)
        known = seen[:, lag:] if not rest else seen[:, :0]
        pairs = torch.cat([guessed[:, : known.shape[1]], guessed[:, -1:]], 1)
        truth = torch.cat([known, target.unsqueeze(1)], 1)
        return elements * functional.mse_loss(pairs.float(), truth.float())

    def _difference(self, expected: Tensor, seen: Tensor) -> Tensor:
        terms = {
            "mse": lambda: functional.mse_loss(expected, seen),
            "gdl": lambda: gradient_difference(expected, seen),
            "ssim": lambda: 1.0 - ssim_map(expected, seen).mean(),
        }
        return seen[0].numel() * torch.stack([terms[name]() for name in self.pixel]).sum()

    def learn_background(self, batches: Iterable[Tensor]) -> None:
        """Take the mean of the first and the last frame of all windows as background: together, every frame."""
        total, count = torch.zeros_like(self.background), 0
        for windows in batches:
            total += windows[:, [0, -1]].sum((0, 1)) / 2
            count += len(windows)
        self.background.copy_(total / count)

    def stages(self) -> tuple[Stage, ...]:
        """Two stages: the auto-encoder (λr = 1, λp = 0.001), then the motion model (0.001, 1) (section 3.3)."""
        first, make = self.epochs // 2, adam(self.rate)
        everything = tuple(self.parameters())
        then = tuple(self.motion.parameters()) if self.freeze else everything

        def bootstrap(windows: Tensor) -> Losses:
            return self.loss(windows, 1.0, 0.001)

        def tune(windows: Tensor) -> Losses:
            return self.motion_loss(windows) if self.freeze else self.loss(windows, 0.001, 1.0)

        return (
            Stage("appearance", first, self.batch, everything, bootstrap, make, self._fall(0, first),
                  begin=self.learn_background),
            Stage("motion", self.epochs - first, self.batch, then, tune, make, self._fall(first, self.epochs - first)),
        )  # fmt: skip

    def _fall(self, done: int, epochs: int) -> Any:
        def schedule(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
            def factor(step: int) -> float:
                return float(0.1 ** ((done + step * epochs // max(1, steps)) // self.drop))

            return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)

        return schedule


def _block(channels_in: int, channels_out: int, last: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.LeakyReLU(SLOPE, True),
        nn.Conv2d(channels_out, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), last,
    )  # fmt: skip


def _by_window(x: Tensor, frames: int) -> Tensor:
    return x.view(-1, frames, *x.shape[1:])


def _places(x: Tensor, frames: int) -> Tensor:
    """Split (N, C, h, w) by windows into (B, frames, h, w, C): of these a slice's gradient has its channels last."""
    places = x.movedim(1, -1)
    return places.view(-1, frames, *places.shape[1:])


def _frames(places: Tensor) -> Tensor:
    return places.flatten(0, 1).movedim(-1, 1)


def _squares(parameters: Iterable[nn.Parameter]) -> Tensor:
    return DECAY * torch.stack([p.float().square().sum() for p in parameters if p.ndim > 1]).sum()


def _check(inputs: int, step: int, ahead: int, kernel: int, blocks: int, height: int, width: int, pixel: str) -> None:
    side = 2 ** (blocks - 1)
    if inputs < 2 or step < 1 or ahead < step:
        raise InputError(f"inputs must be 2 or more, ahead no less than step, got {inputs}, {ahead} and {step}")
    if blocks < 2 or height % side or width % side:
        raise InputError(f"height and width must be multiples of {side} for {blocks} blocks, got {height}×{width}")
    if kernel not in (2, 3):
        raise InputError(f"kernel must be 2 or 3, got {kernel}")
    for name in pixel.split("+"):
        pick("pixel loss", name, dict.fromkeys(PIXEL))


_PAPER: dict[str, Any] = {
    "motion": "conv3d", "score": "z", "pixel": "mse", "inputs": 8, "step": 2, "ahead": 6, "kernel": 3, "blocks": 4,
    "base": 64, "last": "leaky", "height": 128, "width": 192, "channels": 1, "patch": 0, "freeze": False,
    "epochs": 50, "batch": 10, "rate": 1e-4, "drop": 20,
}  # fmt: skip
_SMALL = {"base": 4, "blocks": 3, "inputs": 4, "height": 32, "width": 48}


def _entry(motion: str, about: str) -> DetectorEntry:
    return DetectorEntry(Decoupled, {**_PAPER, "motion": motion}, "li2021decoupled", about, _SMALL)


DETECTORS = {
    "decoupled-conv3d": _entry("conv3d", "predicts a frame's latent code by 3-D convolutions"),
    "decoupled-convlstm": _entry("convlstm", "predicts a frame's latent code by ConvLSTM layers"),
    "decoupled-autoregressive": _entry("autoregressive", "predicts a frame's latent code by causal convolutions"),
}
