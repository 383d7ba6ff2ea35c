"""How well a camera tells abnormal frames from normal ones, on clips whose truth is known."""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.console import table
from core.contracts import Dataset, Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.records import Floats, Frames
from core.registry import collect
from metrics.frame_auc import normalised, video_auc
from pipeline import versions
from pipeline.camera import Camera
from pipeline.events import find_events
from pipeline.scoring import Progress

PROTOCOL = (
    "Frame level. The first {skipped} frames of each clip have no score and are left out. Scores are brought to [0, 1] "
    "in each clip, but for auc.micro_raw, and are not smoothed. f1 is that of the frames inside events at the camera's "
    "own threshold; f1_oracle that of the best threshold for these very frames. frame_index holds the same figures for "
    "a score that is only the frame's number, its f1 that of calling every frame abnormal."
)
HEADLINE = ("auc.micro_normalised", "auc.micro_raw", "auc.macro", "eer", "auc_pr", "f1", "f1_oracle")
"""Shown first; the other metrics follow."""


@dataclass(frozen=True)
class Scored:
    """One test clip with its answer and its truth.

    Attributes:
        name: of the clip.
        scores: (T,) float32 calibrated scores, NaN where no window reaches.
        flagged: (T,) bool, inside an event at the camera's threshold.
        abnormal: (T,) bool, the truth.
    """

    name: str
    scores: Floats
    flagged: npt.NDArray[np.bool_]
    abnormal: npt.NDArray[np.bool_]


def evaluate(
    camera: Camera, dataset: Dataset, runtime: Runtime, progress: Callable[[Progress], None] | None = None
) -> dict[str, Any]:
    """Score every test clip and measure the scores against the truth.

    Args:
        camera: that scores.
        dataset: whose test clips have ground truth.
        runtime: device and precision.
        progress: called after every chunk of frames.

    Returns:
        What ``docs/interfaces.md`` says of ``evaluate --json``; None stands for a figure that is undefined.

    Raises:
        DataError: there is no test clip, or a clip and its truth differ in length.
    """
    clips = [(clip, dataset.truth(clip)) for clip in dataset.test()]
    if not clips:
        raise DataError(f"data set {dataset.name!r} has no test clip with ground truth")
    labels = sorted({truth.label_set for _, truth in clips})
    total = sum(len(truth.abnormal) for _, truth in clips)
    detector = camera.build(runtime)
    began, cpu, scored, done = time.monotonic(), time.process_time(), [], 0
    for clip, truth in clips:

        def say(frames: int, before: int = done) -> None:
            if progress:
                rate = (before + frames) / max(time.monotonic() - began, 1e-9)
                progress(Progress(before + frames, total, rate, "evaluating"))

        scored.append(_score(camera, detector, clip, truth.abnormal, runtime, say))
        done += len(truth.abnormal)
    seconds = time.monotonic() - began
    return {
        "camera": camera.name,
        "detector": camera.detector,
        "data": dataset.name,
        "label_set": ", ".join(labels),
        "protocol": PROTOCOL.format(skipped=detector.window.target),
        **measure(scored),
        "threshold": camera.threshold,
        "machine": {
            "device": runtime.describe(),
            "seconds": round(seconds, 1),
            "frames_per_second": round(total / seconds, 1),
            "share": round((time.process_time() - cpu) / seconds / (os.cpu_count() or 1), 2),
        },
        "versions": versions.of(camera, runtime),
    }


def measure(scored: Iterable[Scored]) -> dict[str, Any]:
    """Turn scored clips into figures: those of the scores, those of the frame's index, and one entry for each video."""
    clips = list(scored)
    known = [~np.isnan(clip.scores) for clip in clips]
    index = [np.where(k, np.arange(len(k)), np.nan) for k in known]
    truth = [clip.abnormal for clip in clips]
    return {
        **_figures([clip.scores for clip in clips], [clip.flagged for clip in clips], truth),
        "frame_index": _figures(index, [np.ones_like(k) for k in known], truth),
        "frames": sum(map(len, truth)),
        "scored": int(sum(k.sum() for k in known)),
        "abnormal": int(sum(y[k].sum() for y, k in zip(truth, known, strict=True))),
        "videos": [_video(clip) for clip in clips],
    }


def show(result: Mapping[str, Any]) -> str:
    """Set a result of :func:`evaluate` as text."""
    names = (*HEADLINE, *(name for name in collect("metrics", "METRICS") if name not in HEADLINE))
    rows = [
        {
            "figure": name,
            result["camera"]: _cell(result, name),
            "frame's index alone": _cell(result["frame_index"], name),
        }
        for name in names
    ]
    videos = [{k: shown(v) for k, v in video.items()} for video in result["videos"]]
    machine = result["machine"]
    return "\n\n".join(
        (
            f"camera {result['camera']} ({result['detector']}) on {result['data']}, labels {result['label_set']}: "
            f"{result['scored']} of {result['frames']} frames scored, {result['abnormal']} of them abnormal",
            table(rows),
            table(videos),
            f"{result['protocol']}\n{machine['device']}: {machine['frames_per_second']} frames/s, "
            f"{machine['share']:.0%} of the machine's processor time",
        )
    )


def _score(
    camera: Camera, detector: Detector, clip: Footage, abnormal: npt.NDArray[np.bool_], runtime: Runtime,
    say: Callable[[int], None],
) -> Scored:  # fmt: skip
    scores, fps = raw_scores(detector, clip, len(abnormal), runtime, say)
    scores -= np.float32(camera.normality.median)
    flagged = np.zeros(len(scores), np.bool_)
    for event in find_events(scores, camera.threshold, fps or camera.fps):
        flagged[event.first : event.last + 1] = True
    return Scored(clip.name, scores, flagged, abnormal)


def raw_scores(
    detector: Detector, clip: Footage, frames: int, runtime: Runtime, say: Callable[[int], None] = lambda done: None
) -> tuple[Floats, float]:
    """Score a clip of whose truth the length is known.

    Args:
        detector: placed, in eval mode.
        clip: what is scored.
        frames: how many frames its truth has.
        runtime: device and precision.
        say: called with the number of frames done.

    Returns:
        (frames,) float32 scores as the detector gives them, NaN where no window reaches; and the clip's frames per
        second, 0 where its times do not tell.

    Raises:
        DataError: the clip has another number of frames.
    """
    scores, times, seen = np.full(frames, np.nan, np.float32), [0.0], 0

    def watched() -> Iterator[Frames]:
        nonlocal seen
        for chunk in clip.frames():
            seen = chunk.first + len(chunk)
            times.append(float(chunk.times[-1]))
            yield chunk
            say(seen)

    with runtime.autocast():
        for answer in detector.stream(watched()):
            fresh = answer.score.float().cpu().numpy()
            room = scores[answer.first : answer.first + len(fresh)]
            room[:] = fresh[: len(room)]
    if seen != frames:
        raise DataError(f"clip {clip.name!r} has {seen} frames and its truth {frames}; they must be alike")
    return scores, (seen - 1) / times[-1] if times[-1] > 0 else 0.0


def _figures(
    scores: list[npt.NDArray[Any]], flagged: list[npt.NDArray[np.bool_]], abnormal: list[npt.NDArray[np.bool_]]
) -> dict[str, Any]:
    """Compute every registered metric; a name ``a.b`` becomes ``{"a": {"b": …}}``."""
    by_video = []
    for raw in scores:
        scaled = np.full(len(raw), np.nan)
        scaled[~np.isnan(raw)] = normalised(raw[~np.isnan(raw)].astype(np.float64))
        by_video.append(scaled)
    decided = [np.where(np.isnan(raw), np.nan, np.where(f, 1.0, -1.0)) for raw, f in zip(scores, flagged, strict=True)]
    given = {"auc.micro_raw": scores, "f1": decided, "precision": decided, "recall": decided}
    figures: dict[str, Any] = {}
    for name, metric in collect("metrics", "METRICS").items():
        group, _, part = name.rpartition(".")
        (figures.setdefault(group, {}) if group else figures)[part] = defined(
            metric(given.get(name, by_video), abnormal)
        )
    return figures


def _video(clip: Scored) -> dict[str, Any]:
    known = ~np.isnan(clip.scores)
    return {
        "name": clip.name,
        "frames": len(clip.scores),
        "abnormal": int(clip.abnormal[known].sum()),
        "flagged": int(clip.flagged.sum()),
        "auc": defined(video_auc(clip.scores.astype(np.float64), clip.abnormal)) if known.any() else None,
    }


def defined(value: float) -> float | None:
    """Return a figure as JSON has it: None where it is undefined."""
    return None if math.isnan(value) else float(value)


def _cell(figures: Mapping[str, Any], name: str) -> str:
    value: Any = figures
    for part in name.split("."):
        value = value[part]
    return shown(value)


def shown(value: object) -> str:
    """Return a figure as a table shows it."""
    return f"{value:.3f}" if isinstance(value, float) else "undefined" if value is None else str(value)
