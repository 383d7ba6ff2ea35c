"""The input of the explanation methods for one frame: its window, the background, and the detector's expectation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from core.arrays import Floats, Images
from core.contracts import Detector
from core.device import Runtime
from core.errors import InputError
from explain.attribution import AttributionInput, Scale
from explain.segments import segment
from pipeline.camera import Camera
from pipeline.channels import to_pixels
from pipeline.sampling import Analysed, load

MAX_SAMPLES = 48
MIN_FRAMES_SEEN = 200
"""Frames at the beginning of a clip that the background is the median of."""
MIN_DIFFERENCE = 0.1
"""Difference between the clip's median and the camera's background, of values in [0, 1], above which something has
stayed in the picture for long."""


@dataclass(frozen=True)
class FrameContext:
    """Frames of a clip around one that is to be explained.

    Attributes:
        window: (span, H, W, 3) uint8.
        numbers: (span,) of the window's frames in the clip.
        samples: (T, C, h, w) uint8, frames from all over the clip's beginning, as the network sees them.
    """

    window: Images
    numbers: tuple[int, ...]
    samples: Images


def load_window(path: Path, name: str, detector: Detector, frame: int, analysed: Analysed) -> FrameContext:
    """Decode a frame's window, and some frames before and after it.

    Args:
        path: the clip.
        name: what its owner calls it.
        detector: whose window it is.
        frame: to be explained; one that is not analysed is explained by the one that it repeats.
        analysed: which frames the detector is shown.

    Raises:
        ClipError: the clip cannot be read.
        InputError: the frame lies outside the clip, or no window answers for it.
    """
    numbers = analysed.numbers[_window(name, detector, frame, analysed)]
    around = analysed.numbers[: max(int(np.searchsorted(analysed.numbers, numbers[-1])) + 1, MIN_FRAMES_SEEN)]
    chosen = around[:: max(1, len(around) // MAX_SAMPLES)]
    both = np.unique(np.concatenate([numbers, chosen]))
    images = load(path, both)
    known = both[: len(images)]
    if known[-1:].tolist() < numbers[-1:].tolist():
        raise InputError(f"frame {frame} lies outside {name!r}: it has fewer frames than when it was analysed")
    samples = detector.resize(torch.from_numpy(images[np.isin(known, chosen)])).numpy()
    return FrameContext(images[np.isin(known, numbers)], tuple(numbers.tolist()), samples)


def _window(name: str, detector: Detector, frame: int, analysed: Analysed) -> slice:
    """Return which of the analysed frames make up the window whose answer is a frame's score."""
    w, known = detector.window, analysed.frames
    if frame < 0:
        raise InputError(f"frame {frame} lies outside the clip {name!r}: frames are counted from 0")
    if frame >= known:
        raise InputError(f"frame {frame} lies outside the clip {name!r}, which has {known} frames, 0 to {known - 1}")
    first = analysed.index(frame) - w.target
    rows = slice(max(first, 0), first + w.span)
    if first < 0:
        raise InputError(
            f"frame {frame} has no score: the detector looks at the frames before it, too; the first that it answers "
            f"for is frame {analysed.numbers[min(w.target, len(analysed.numbers) - 1)]}"
        )
    if rows.stop > len(analysed.numbers):
        raise InputError(
            f"frame {frame} has no score: the detector looks at the frames after it, too; the last that it answers for "
            f"is frame {analysed.numbers[len(analysed.numbers) - w.span + w.target]}"
        )
    if len(set(analysed.segments[rows].tolist())) > 1:
        raise InputError(f"frame {frame} has no score: nothing was recorded for a while shortly before or after it")
    return rows


def background(samples: Images, camera: Camera, detector: Detector) -> Tensor:
    """Return the camera's picture without anybody, as the network sees it: (C, h, w) float32, prepared.

    It is the clip's own median, sharp and in today's light; where that differs from the camera's small picture of its
    normal footage, because something stayed there for long, it is the camera's.
    """
    median = np.median(samples, axis=0).astype(np.float32)
    known = detector.resize(torch.from_numpy(camera.background[None].copy()))[0].numpy().astype(np.float32)
    known += np.median(median - known, axis=(1, 2), keepdims=True)
    wide = max(1.0, max(median.shape[1:]) / 64)
    away = np.stack([cv2.GaussianBlur(x, (0, 0), wide) for x in median - known])
    strange = np.abs(away).max(0) > MIN_DIFFERENCE * 255.0
    chosen = np.where(cv2.dilate(strange.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool), known, median)
    return detector.prepare(torch.from_numpy(np.clip(chosen, 0, 255))[None])[0]


def scale_of(camera: Camera, detector: Detector, scores: Sequence[float] | Floats) -> Scale:
    """Return the scale whose 1 is the camera's maximum.

    Args:
        camera: whose normal footage.
        detector: whose scores may be decibels of an error, or not.
        scores: calibrated scores of pixels seen elsewhere, such as of the run; the camera's maximum is the largest.
    """
    normal, seen = camera.normality, np.asarray(scores, np.float64)
    seen = seen[np.isfinite(seen)]
    known = [to_pixels(score, camera.channels) for score in (*normal.quantiles[::100], camera.threshold)]
    highest = max(*known, float(seen.max(initial=-np.inf)))
    lowest = normal.median + min(known[0], float(seen.min(initial=np.inf)))
    return Scale(normal.median + highest, lowest, detector.decibels)


def attribution_input(
    context: FrameContext, camera: Camera, detector: Detector, runtime: Runtime, *,
    scores: Sequence[float] | Floats = (), threshold: float | None = None, seed: int = 0,
) -> tuple[AttributionInput, Scale]:  # fmt: skip
    """Make a question of a window.

    Args:
        context: the window, and frames from all over the clip.
        camera: whose footage it is.
        detector: of the camera, built and placed.
        runtime: device and precision.
        scores: calibrated scores of the run's pixels, as far as they are known.
        threshold: calibrated, of pixels; what the camera's own needs of them when None.
        seed: of everything drawn by chance.

    Returns:
        The question, and the scale of its scalar; the frame's own score is never above 1.
    """
    prepared = detector.prepare(detector.resize(torch.from_numpy(context.window)))
    fill = background(context.samples, camera, detector)
    return build_input(prepared, fill, (context.window.shape[1], context.window.shape[2]), camera, detector, runtime,
                scores=scores, threshold=threshold, seed=seed)  # fmt: skip


def build_input(
    window: Tensor, fill: Tensor, size: tuple[int, int], camera: Camera, detector: Detector, runtime: Runtime, *,
    scores: Sequence[float] | Floats = (), threshold: float | None = None, seed: int = 0,
) -> tuple[AttributionInput, Scale]:  # fmt: skip
    """Make a question of a window (span, C, h, w) and a background (C, h, w) that are prepared."""
    w = detector.window
    with torch.no_grad(), runtime.autocast():
        answer = detector.predict_windows(window[None].to(runtime.device), (w.height, w.width))
    own = float(answer.score[0]) - camera.normality.median
    scale = scale_of(camera, detector, [*scores, own])
    expected = answer.expected[0].float().cpu() * (w.high - w.low) + w.low
    heat = answer.saliency[0].float().cpu().numpy()
    limit = to_pixels(camera.threshold, camera.channels) if threshold is None else threshold
    question = AttributionInput(
        window, w.target, fill, expected, heat, segment(window[w.target], fill, heat), size,
        float(scale.of(own + camera.normality.median)), float(scale.of(limit + camera.normality.median)), seed,
    )  # fmt: skip
    return question, scale
