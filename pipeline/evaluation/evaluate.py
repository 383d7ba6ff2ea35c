"""Scores the test clips of a data set with a camera and measures the scores."""

import math
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch.nn.functional import avg_pool2d

from core.arrays import Floats
from core.clock import Clock
from core.contracts import Dataset, Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.progress import JobProgress
from explain.labels import PERSON
from pipeline import false_alarms, versions
from pipeline.camera import Camera
from pipeline.evaluation import heat as heats
from pipeline.evaluation import plan, score_files
from pipeline.evaluation.evaluate_scores import Truths, evaluate_scores, truths_of
from pipeline.evaluation.heat_maps import DEFAULT
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evaluation.summary import EvaluationResult
from pipeline.kind_scores import KindScorer
from pipeline.scan import Consumer, Scan, ScoredFrames


def evaluate(
    camera: Camera, dataset: Dataset, runtime: Runtime, job: JobProgress | None = None, *,
    rules: Rules = OWN, heat: str = "", keep: Path | None = None,
) -> EvaluationResult:  # fmt: skip
    """Score every test clip and measure the scores against the truth.

    Args:
        camera: that scores.
        dataset: whose test clips have ground truth.
        runtime: device and precision.
        job: told of the stages of :mod:`pipeline.evaluation.plan`; the caller that made it ends it.
        rules: from scores to the protocol's figure.
        heat: measure where the heat is, too, in clips that have masks, this way (see
            :mod:`pipeline.evaluation.heat_maps`); empty: do not.
        keep: file that the scores, and the heat where there are masks, are kept in.

    Raises:
        DataError: there is no test clip, or a clip and its truth differ in length.
        StorageError: the scores cannot be kept.
    """
    truths, job = truths_of(dataset), job or plan.job_of(camera.name, dataset.name, runtime.describe())
    found = score(camera, dataset.name, truths, runtime, job, heat=bool(heat) or keep is not None)
    job.begin(plan.MEASURING_SCORES)
    if keep:
        score_files.write(found, keep)
    result = evaluate_scores(found, truths, rules, heat=heat or DEFAULT)
    return replace(result, false_alarms=false_alarms.compare(camera, result.summary.alarms, dataset.name))


def score(
    camera: Camera, data: str, truths: Truths, runtime: Runtime, job: JobProgress | None = None, *, heat: bool = False
) -> ScoreFile:
    """Score test clips.

    Args:
        camera: that scores; one whose threshold is NaN marks no events.
        data: the data set's name.
        truths: clips and their truth, of which the length alone is looked at.
        runtime: device and precision.
        job: told of the stages of :mod:`pipeline.evaluation.plan`; the caller that made it ends it.
        heat: keep small heat maps of clips that have masks.

    Raises:
        InputError: the camera does not have that kind of score.
    """
    job, total = job or plan.job_of(camera.name, data, runtime.describe()), sum(len(t.abnormal) for _, t in truths)
    job.expect(plan.SCORING, total)
    job.begin(plan.OPENING)
    detector = camera.build(runtime)
    scorer = KindScorer.of(camera, runtime, detector.decibels)
    job.begin(plan.SCORING, total)
    began, cpu, kept, done = time.monotonic(), time.process_time(), [], 0
    for clip, truth in truths:

        def advance(part: ScoredFrames, before: int = done) -> None:
            job.advance(before + int(part.frames[-1]) + 1)

        maps = _HeatMaps(len(truth.abnormal)) if heat and truth.masks else None
        kept.append(_score(scorer, detector, clip, len(truth.abnormal), runtime, advance, maps))
        done += len(truth.abnormal)
    seconds = time.monotonic() - began
    machine = {
        "device": runtime.describe(),
        "seconds": round(seconds, 1),
        "frames_per_second": round(total / seconds, 1),
        "share": round((time.process_time() - cpu) / seconds / (os.cpu_count() or 1), 2),
    }
    facts = {"machine": machine, "versions": versions.of(camera, runtime)}
    threshold, target = None if math.isnan(camera.threshold) else camera.threshold, detector.window.target
    return ScoreFile(camera.name, camera.detector, data, threshold, target, tuple(kept), facts, _person(camera))


def _person(camera: Camera) -> float:
    """Return a person's height at a camera, in pixels; 0 where it is not known."""
    persons = camera.normality.places.get(PERSON)
    return float(statistics.median(height for *_, height in persons.points)) if persons else 0.0


class _HeatMaps:
    """Consumer that keeps a clip's heat in cells."""

    def __init__(self, frames: int) -> None:
        self.frames, self.cell = frames, 0
        self.heat: heats.Heat | None = None

    def scored(self, part: ScoredFrames) -> None:
        height, width = part.saliency.shape[1:]
        if self.heat is None:
            self.cell = heats.cell_of(height, width)
            shape = (self.frames, -(-height // self.cell), -(-width // self.cell))
            self.heat = np.zeros(shape, np.float16)
        small = avg_pool2d(part.saliency.float()[:, None], self.cell, ceil_mode=True, count_include_pad=False)[:, 0]
        room = self.heat[part.frames[0] : part.frames[0] + len(small)]
        room[:] = small.clamp(0, 6e4).cpu().numpy().astype(np.float16)[: len(room)]


def _score(
    scorer: KindScorer, detector: Detector, clip: Footage, frames: int, runtime: Runtime, advance: Consumer,
    maps: _HeatMaps | None,
) -> ClipScores:  # fmt: skip
    raw, clock = raw_scores(detector, clip, frames, runtime, (*([maps.scored] if maps else []), advance))
    found = scorer.score(raw, clip, clock)
    fps = (len(clock) - 1) / float(clock.times[-1]) if len(clock) > 1 else scorer.camera.fps
    heat, cell = (maps.heat, maps.cell) if maps else (None, 0)
    return ClipScores(clip.name, found.scores, found.flagged, fps, heat, cell, clock.times, found.located)


def raw_scores(
    detector: Detector, clip: Footage, frames: int, runtime: Runtime, consumers: Sequence[Consumer] = ()
) -> tuple[Floats, Clock]:
    """Score a clip by a detector that is placed and in evaluation mode; its truth has ``frames`` frames.

    Returns:
        (frames,) float32 uncalibrated scores, NaN where no window reaches; and when the frames are shown.

    Raises:
        DataError: the clip has another number of frames.
        WeightsError: a score is NaN or infinite.
    """
    scores = np.full(frames, np.nan, np.float32)

    def scored(part: ScoredFrames) -> None:
        room = scores[part.frames[0] : part.frames[0] + len(part.scores)]
        room[:] = part.scores[: len(room)]

    clock = Scan(detector, runtime, (scored, *consumers)).run(clip.name, clip.frames())
    if len(clock) != frames:
        raise DataError(f"clip {clip.name!r} has {len(clock)} frames and its truth {frames}; they must be alike")
    return scores, clock
