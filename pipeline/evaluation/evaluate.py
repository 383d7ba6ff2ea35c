"""How well a camera tells abnormal frames from normal ones, on clips whose truth is known."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.functional import avg_pool2d

from core.contracts import Dataset, Detector, Footage, Truth
from core.device import Runtime
from core.errors import DataError
from core.records import Floats, Frames
from footage import labels
from pipeline import versions
from pipeline.camera import Camera
from pipeline.evaluation import heat as heats
from pipeline.evaluation import stored as scores_file
from pipeline.evaluation.figures import Scored, by_class, defined, measure, show, shown
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.stored import Kept, Stored
from pipeline.events import find_events
from pipeline.scoring import Progress

__all__ = ["PROTOCOL", "Scored", "defined", "evaluate", "evaluate_scores", "judge", "measure", "raw_scores", "score",
           "show", "shown", "truths_of"]  # fmt: skip

PROTOCOL = (
    "Frame level. {skipped} {rules} auc.micro_raw is of "
    "scores as they are, auc.micro_normalised of scores brought to [0, 1] in each clip, auc.macro the mean of the "
    "clips' own, auc.protocol the protocol's. f1, precision and recall are those of the frames inside events at the "
    "camera's own threshold; f1_oracle that of the best threshold for these very frames. frame_index holds the same "
    "figures for a score that is only the frame's number, its f1 that of calling every frame abnormal."
)
Truths = list[tuple[Footage, Truth]]


def evaluate(
    camera: Camera, dataset: Dataset, runtime: Runtime, progress: Callable[[Progress], None] | None = None, *,
    rules: Rules = OWN, heat: bool = False, keep: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score every test clip and measure the scores against the truth.

    Args:
        camera: that scores.
        dataset: whose test clips have ground truth.
        runtime: device and precision.
        progress: called after every chunk of frames.
        rules: from scores to the protocol's figure.
        heat: measure where the heat is, too, in clips that have masks.
        keep: file that the scores, and the heat where there are masks, are kept in.

    Returns:
        What ``docs/interfaces.md`` says of ``evaluate --json``; None stands for a figure that is undefined.

    Raises:
        DataError: there is no test clip, or a clip and its truth differ in length.
        StorageError: the scores cannot be kept.
    """
    truths = truths_of(dataset)
    found = score(camera, dataset.name, truths, runtime, progress, heat=heat or keep is not None)
    if keep:
        scores_file.write(found, keep)
    return judge(found, truths, rules)


def evaluate_scores(path: Path, dataset: Dataset, rules: Rules = OWN, regions: Path | None = None) -> dict[str, Any]:
    """Measure scores that were kept, or that another system gave.

    Args:
        path: see :mod:`pipeline.evaluation.stored`.
        dataset: whose test clips they are of.
        rules: from scores to the protocol's figure.
        regions: CSV of annotated boxes with tracks, for RBDC and TBDC in place of the masks' own parts.

    Raises:
        DataError: the file does not fit the data set.
    """
    truths = truths_of(dataset)
    found = scores_file.read(path, [c.name for c, _ in truths], [len(t.abnormal) for _, t in truths])
    named = Stored(found.system, found.detector, found.data or dataset.name, found.threshold, found.skipped,
                   found.clips, found.facts)  # fmt: skip
    return judge(named, truths, rules, _boxes(regions, truths) if regions else None)


def truths_of(dataset: Dataset) -> Truths:
    """Read the truth of every test clip.

    Raises:
        DataError: there is none.
    """
    found = [(clip, dataset.truth(clip)) for clip in dataset.test()]
    if not found:
        raise DataError(f"data set {dataset.name!r} has no test clip with ground truth")
    return found


def score(
    camera: Camera, data: str, truths: Truths, runtime: Runtime, progress: Callable[[Progress], None] | None = None, *,
    heat: bool = False,
) -> Stored:  # fmt: skip
    """Score test clips.

    Args:
        camera: that scores.
        data: the data set's name.
        truths: clips and their truth, of which the length alone is looked at.
        runtime: device and precision.
        progress: called after every chunk of frames.
        heat: keep small heat maps of clips that have masks.
    """
    detector, total = camera.build(runtime), sum(len(truth.abnormal) for _, truth in truths)
    began, cpu, kept, done = time.monotonic(), time.process_time(), [], 0
    for clip, truth in truths:

        def say(frames: int, before: int = done) -> None:
            if progress:
                rate = (before + frames) / max(time.monotonic() - began, 1e-9)
                progress(Progress(before + frames, total, rate, "evaluating"))

        maps = _Maps(len(truth.abnormal)) if heat and truth.masks else None
        kept.append(_score(camera, detector, clip, len(truth.abnormal), runtime, say, maps))
        done += len(truth.abnormal)
    seconds = time.monotonic() - began
    machine = {
        "device": runtime.describe(),
        "seconds": round(seconds, 1),
        "frames_per_second": round(total / seconds, 1),
        "share": round((time.process_time() - cpu) / seconds / (os.cpu_count() or 1), 2),
    }
    facts = {"machine": machine, "versions": versions.of(camera, runtime)}
    return Stored(camera.name, camera.detector, data, camera.threshold, detector.window.target, tuple(kept), facts)


def judge(
    found: Stored, truths: Truths, rules: Rules = OWN, boxes: Mapping[str, heats.Boxes] | None = None
) -> dict[str, Any]:
    """Measure scores against the truth.

    Args:
        found: scores of the clips, in the truths' order.
        truths: clips and their truth.
        rules: from scores to the protocol's figure.
        boxes: clip to annotated boxes.
    """
    pairs = [(kept, truth) for kept, (_, truth) in zip(found.clips, truths, strict=True)]
    clips = [Scored(k.name, k.scores, k.flagged, t.abnormal, k.fps) for k, t in pairs]
    mapped = [
        heats.Mapped(k.heat, k.cell, t.masks, t.abnormal, boxes.get(k.name, {}) if boxes else None)
        for k, t in pairs
        if k.heat is not None and t.masks is not None
    ]
    classes = [t.classes for _, t in pairs if t.classes]
    return {
        "camera": found.system,
        "detector": found.detector,
        "data": found.data,
        "label_set": ", ".join(sorted({truth.label_set for _, truth in truths})),
        "protocol": PROTOCOL.format(skipped=_skipped(found.skipped), rules=rules.sentence()),
        "rules": {"protocol": rules.name, "normalisation": rules.normalisation, "smoothing": rules.smoothing,
                  "first": rules.first, "last": rules.last},
        **measure(clips, rules),
        **({"localisation": heats.localise(mapped)} if mapped else {}),
        **({"classes": by_class(clips, classes)} if len(classes) == len(clips) else {}),
        "threshold": found.threshold,
        **found.facts,
    }  # fmt: skip


def _skipped(frames: int) -> str:
    if not frames:
        return "Frames without a score are left out."
    return f"The first {frames} frames of each clip have no score and are left out."


class _Maps:
    """Gathers a clip's heat in cells."""

    def __init__(self, frames: int) -> None:
        self.frames, self.cell = frames, 0
        self.heat: heats.Heat | None = None

    def see(self, first: int, saliency: Tensor) -> None:
        """Take (B, H, W) heat of the frames from ``first`` on."""
        height, width = saliency.shape[1:]
        if self.heat is None:
            self.cell = heats.cell_of(height, width)
            shape = (self.frames, -(-height // self.cell), -(-width // self.cell))
            self.heat = np.zeros(shape, np.float16)
        small = avg_pool2d(saliency.float()[:, None], self.cell, ceil_mode=True, count_include_pad=False)[:, 0]
        room = self.heat[first : first + len(small)]
        room[:] = small.clamp(0, 6e4).cpu().numpy().astype(np.float16)[: len(room)]


def _score(
    camera: Camera, detector: Detector, clip: Footage, frames: int, runtime: Runtime, say: Callable[[int], None],
    maps: _Maps | None,
) -> Kept:  # fmt: skip
    scores, fps = raw_scores(detector, clip, frames, runtime, say, maps.see if maps else None)
    scores -= np.float32(camera.normality.median)
    flagged = np.zeros(len(scores), np.bool_)
    for event in find_events(scores, camera.threshold, fps or camera.fps):
        flagged[event.first : event.last + 1] = True
    heat = maps.heat if maps else None
    return Kept(clip.name, scores, flagged, fps or camera.fps, heat, maps.cell if maps else 0)


def raw_scores(
    detector: Detector, clip: Footage, frames: int, runtime: Runtime, say: Callable[[int], None] = lambda done: None,
    look: Callable[[int, Tensor], None] | None = None,
) -> tuple[Floats, float]:  # fmt: skip
    """Score a clip of whose truth the length is known.

    Args:
        detector: placed, in eval mode.
        clip: what is scored.
        frames: how many frames its truth has.
        runtime: device and precision.
        say: called with the number of frames done.
        look: called with the first frame and the (B, H, W) saliency of each answer.

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
            if look:
                look(answer.first, answer.saliency)
    if seen != frames:
        raise DataError(f"clip {clip.name!r} has {seen} frames and its truth {frames}; they must be alike")
    return scores, (seen - 1) / times[-1] if times[-1] > 0 else 0.0


def _boxes(path: Path, truths: Truths) -> dict[str, heats.Boxes]:
    """Read annotated boxes by clip; those without a track are one track of their label."""
    found = labels.read_regions(path)
    to, _ = labels.match(found, [clip.name for clip, _ in truths])
    if not to:
        raise DataError(f"{path} names no test clip; known: {', '.join(clip.name for clip, _ in truths)}")
    return {
        clip: {frame: [(r.track or r.label, r.box) for r in some] for frame, some in found[video].items()}
        for video, clip in to.items()
    }
