"""What is normal at a camera: scores, background, classes and their heat, and the threshold that follows."""

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import files
from core.arrays import Floats, Images
from core.clock import Clock
from core.contracts import Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.normality import AlarmCurve, Normality
from core.progress import JobProgress
from core.records import Detections, Evidence, Frames
from explain.causes import places, ranking
from pipeline.camera import background_of, thumbnails
from pipeline.evidence import EvidenceFolder
from pipeline.finite import finite_scores
from pipeline.training import plan
from pipeline.training.alarms import alarm_curve
from pipeline.witness import Witness

MOMENTS, ROW, ROWS_PER_SECOND = 80, 5, 5.0
"""Moments of normal footage that are explained: ``ROW`` frames in a row each, as an analysis samples them."""
BACKGROUND_FRAMES = 60


@dataclass(frozen=True)
class Calibration:
    """What :func:`calibrate` found; see :class:`pipeline.camera.Camera` for the fields.

    ``asked`` is the number of false events an hour that the threshold was chosen for.
    """

    normality: Normality
    threshold: float
    asked: float
    alarms: AlarmCurve
    background: Images
    width: int
    height: int


@dataclass
class _Seen:
    evidence: EvidenceFolder
    scores: list[tuple[Floats, Clock]] = field(default_factory=list)
    pictures: list[Images] = field(default_factory=list)
    heat: float = 0.0
    frames: int = 0
    kept: int = 0
    size: tuple[int, int] = (0, 0)
    moments: dict[tuple[int, int], list[Detections]] = field(default_factory=dict)
    clocks: dict[int, Clock] = field(default_factory=dict)

    def keep(self, evidence: Sequence[Evidence], period: int) -> None:
        """Keep evidence of several clips in one folder, numbered in order, and its objects by moment."""
        for entry in evidence:
            self.evidence.put(dataclasses.replace(entry, frame=self.kept))
            self.moments.setdefault((len(self.scores), entry.frame // period), []).append(entry.objects)
            self.kept += 1


@dataclass(frozen=True)
class _Rows:
    """Which frames of normal footage are explained: those of a moment are ``stride`` apart, moments ``period``."""

    stride: int
    period: int

    @classmethod
    def of(cls, frames: int, fps: float) -> "_Rows":
        stride = max(1, round(fps / ROWS_PER_SECOND))
        return cls(stride, max(ROW * stride, -(-frames // MOMENTS)))

    def has(self, frame: int) -> bool:
        """Tell whether a frame, counted from its clip's beginning, is explained."""
        inside = frame % self.period
        return inside % self.stride == 0 and inside // self.stride < ROW


def calibrate(
    detector: Detector, footage: Sequence[Footage], work: Path, fps: float, witness: Witness, runtime: Runtime,
    job: JobProgress | None = None, *, others: Sequence[Footage] = (),
    false_alarms: float | None = None,
) -> Calibration:  # fmt: skip
    """Measure a camera's normality on normal footage.

    Args:
        detector: trained, placed, in eval mode.
        footage: normal clips of one camera, on which scores and threshold are measured.
        work: folder for the evidence, which is removed afterwards.
        fps: frames per second.
        witness: objects and actions.
        runtime: device and precision.
        job: told of the stages of :mod:`pipeline.training.plan` from ``COUNTING`` on.
        others: more normal clips, such as those trained on: what is seen there and where counts, not its score.
        false_alarms: events an hour that normal footage may raise, see :mod:`pipeline.training.alarms`; without it
            :attr:`core.normality.AlarmCurve.usual`.

    Raises:
        DataError: the footage has no frame that the detector can score.
        WeightsError: the detector's scores are no numbers.
    """
    job = job or JobProgress("train", plan.STAGES)
    frames = _count((*footage, *others), job)
    with tempfile.TemporaryDirectory(dir=files.folder(work), prefix="evidence-") as spool:
        seen, rows = _Seen(EvidenceFolder(Path(spool))), _Rows.of(frames, fps)
        job.begin(plan.MEASURING, frames)
        job.expect(plan.NAMING, explained_of(frames, fps))
        for clip in footage:
            _watch(detector, clip, Witness(witness.objects, witness.actions), rows, seen, runtime, job)
        if not seen.scores:
            raise DataError("the normal footage has no clip as long as one window of the detector; record longer clips")
        judged, scored, heat = len(seen.scores), seen.frames, seen.heat / seen.frames
        for clip in others:
            _watch(detector, clip, Witness(witness.objects, witness.actions), rows, seen, runtime, job)
        job.begin(plan.SUMMING, seen.kept)
        classes, explained = ranking.class_normality(_passing(seen.evidence.between(0, seen.kept), job), heat)
    raw = np.concatenate([scores for scores, _ in seen.scores[:judged]])
    median = float(np.median(raw))
    alarms = alarm_curve([(scores - np.float32(median), clock) for scores, clock in seen.scores[:judged]])
    quantiles = tuple(float(q) for q in np.quantile(raw - np.float32(median), np.linspace(0, 1, 101)))
    moments = [(found, seen.clocks[clip]) for (clip, _), found in seen.moments.items()]
    where = places.learn(moments, seen.frames)
    normality = Normality(median, quantiles, scored, heat, classes, explained, where)
    asked = false_alarms or alarms.usual
    return Calibration(normality, alarms.threshold(asked), asked, alarms, _background(seen.pictures), *seen.size)


def explained_of(frames: int, fps: float) -> int:
    """Return about how many of so many normal frames are explained."""
    return -(-frames // _Rows.of(frames, fps).period) * ROW


def _count(footage: Sequence[Footage], job: JobProgress) -> int:
    job.begin(plan.COUNTING)
    frames = 0
    for clip in footage:
        for chunk in clip.frames():
            frames += len(chunk)
            job.advance(frames)
    return frames


def _passing(evidence: Iterable[Evidence], job: JobProgress) -> Iterator[Evidence]:
    for number, seen in enumerate(evidence, 1):
        yield seen
        job.advance(number)


def _background(pictures: Sequence[Images]) -> Images:
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), BACKGROUND_FRAMES)).astype(int)
    return background_of(np.stack([pictures[i] for i in chosen]))


def _watch(
    detector: Detector, clip: Footage, witness: Witness, rows: _Rows, seen: _Seen, runtime: Runtime,
    job: JobProgress,
) -> None:  # fmt: skip
    def watched() -> Iterator[Frames]:
        for chunk in clip.frames():
            witness.see(chunk, detector.window.span)
            seen.size = (chunk.images.shape[2], chunk.images.shape[1])
            times.extend(chunk.times.tolist())
            shown = [i for i in range(len(chunk)) if rows.has(chunk.first + i)]
            seen.pictures.extend(thumbnails(chunk.images[shown]) if shown else ())
            yield chunk

    scores: list[Floats] = []
    times: list[float] = []
    first = 0
    with runtime.autocast():
        for answer in detector.stream(watched()):
            first = first if scores else answer.first
            scores.append(finite_scores(answer, clip.name))
            seen.heat += float(answer.saliency.float().mean((1, 2)).sum())
            for row in (row for row in range(len(answer.score)) if rows.has(answer.first + row)):
                heat = answer.saliency[row].float().cpu().numpy()
                witness.ask(answer.first + row, float(answer.score[row]), heat)
            seen.frames += len(answer.score)
            job.advance(seen.frames)
            seen.keep(witness.answer(), rows.period)
            job.count(plan.NAMING, seen.kept)
    if scores:
        seen.keep(witness.answer(ended=True), rows.period)
        job.count(plan.NAMING, seen.kept)
        clip_scores = np.concatenate(scores)
        seen.clocks[len(seen.scores)] = Clock.of(times)
        seen.scores.append((clip_scores, Clock.of(times[first : first + len(clip_scores)])))
