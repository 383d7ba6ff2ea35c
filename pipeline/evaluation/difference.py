"""Measures the plain difference of two frames as if it were a detector (``evaluate --by difference``)."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Bools, Floats
from core.clock import Clock
from core.contracts import Footage
from core.errors import DataError
from core.progress import JobProgress
from pipeline import frame_difference
from pipeline.evaluation import plan, score_files
from pipeline.evaluation.evaluate_scores import Truths, evaluate_scores
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evaluation.summary import EvaluationResult
from pipeline.events import find_events
from pipeline.training import plan as training
from pipeline.training.alarm_curve import alarm_curve

DETECTOR = "no network"
Seen = tuple[Floats, Clock]
"""(T,) differences in grey levels, NaN for the first frame, and when the frames are shown."""


@dataclass(frozen=True)
class Calm:
    """What normal footage says of the difference: its median, and the threshold; None without any footage."""

    median: float = 0.0
    threshold: float | None = None


def evaluate_difference(
    data: str, normal: Sequence[Footage], truths: Truths, job: JobProgress | None = None, *, rules: Rules = OWN,
    keep: Path | None = None,
) -> EvaluationResult:  # fmt: skip
    """Score every test clip by the difference of its frames and measure the scores against the truth.

    Args:
        data: the data set's name.
        normal: clips without anything unusual, see :func:`calibrate_difference`.
        truths: test clips and their truth.
        job: told of the stages of :mod:`pipeline.evaluation.plan`; the caller that made it ends it.
        rules: from scores to the protocol's figure.
        keep: file that the scores are kept in.

    Raises:
        DataError: there is no test clip, or a clip and its truth differ in length.
        StorageError: the scores cannot be kept.
    """
    job = job or plan.job_of(frame_difference.NAME, data, "cpu")
    calm = calibrate_difference(normal, job)
    total, done, kept = sum(len(truth.abnormal) for _, truth in truths), 0, []
    job.begin(plan.SCORING, total)
    began, cpu = time.monotonic(), time.process_time()
    for clip, truth in truths:
        kept.append(_scored(clip.name, observe(clip, _advancing(job, done)), len(truth.abnormal), calm))
        done += len(truth.abnormal)
    machine = _machine(total, time.monotonic() - began, time.process_time() - cpu)
    job.begin(plan.MEASURING_SCORES)
    found = ScoreFile(frame_difference.NAME, DETECTOR, data, calm.threshold, 1, tuple(kept), {"machine": machine})
    if keep:
        score_files.write(found, keep)
    return evaluate_scores(found, truths, rules)


def calibrate_difference(normal: Sequence[Footage], job: JobProgress) -> Calm:
    """Set the threshold as that of a camera is set, by its false alarms (:func:`alarm_curve`).

    Nothing is learnt from normal footage but this, so none of it is held back; without any there is no threshold.
    """
    job.begin(training.COUNTING)
    seen: list[Seen] = []
    for clip in normal:
        seen.append(observe(clip, _advancing(job, sum(len(values) for values, _ in seen))))
    known = [(values, clock) for values, clock in seen if np.isfinite(values).any()]
    if not known:
        return Calm()
    median = float(np.nanmedian(np.concatenate([values for values, _ in known])))
    alarms = alarm_curve([(values - np.float32(median), clock) for values, clock in known])
    return Calm(median, alarms.threshold(alarms.usual))


def observe(clip: Footage, advance: Callable[[int], None]) -> Seen:
    """Compare the frames of a clip; ``advance`` takes how many are done."""
    difference: list[float] = []
    times: list[float] = []
    for chunk in frame_difference.compared(clip.frames(), difference):
        times += chunk.times.tolist()
        advance(len(times))
    values = np.asarray(difference, np.float32)
    values[:1] = np.nan
    return values, Clock.of(times)


def _advancing(job: JobProgress, before: int) -> Callable[[int], None]:
    return lambda frames: job.advance(before + frames)


def _scored(name: str, seen: Seen, frames: int, calm: Calm) -> ClipScores:
    values, clock = seen[0] - np.float32(calm.median), seen[1]
    if len(values) != frames:
        raise DataError(f"clip {name!r} has {len(values)} frames and its truth {frames}; they must be alike")
    smooth = frame_difference.smoothed(values, clock).astype(np.float32)
    flagged: Bools | None = None
    if calm.threshold is not None:
        flagged = np.zeros(frames, np.bool_)
        for event in find_events(values, calm.threshold, clock, smooth=smooth):
            flagged[event.first : event.last + 1] = True
    return ClipScores(name, smooth, flagged, clock.rate, seconds=clock.times)


def _machine(frames: int, seconds: float, cpu: float) -> dict[str, Any]:
    """Say how fast it was, as :func:`pipeline.evaluation.evaluate.score` does."""
    return {
        "device": "cpu",
        "seconds": round(seconds, 1),
        "frames_per_second": round(frames / seconds, 1),
        "share": round(cpu / seconds / (os.cpu_count() or 1), 2),
    }
