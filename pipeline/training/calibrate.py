"""Calibration of a camera on normal footage: its scores, background, classes and their heat, and the threshold."""

import dataclasses
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
from core.normality import Normality
from core.progress import JobProgress
from core.records import Detections, Evidence, Frames
from explain.causes import places, ranking
from pipeline.camera import background_of, thumbnails
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.scan import EvidenceRequests, Scan, ScoredFrames
from pipeline.thresholds import shares
from pipeline.training import plan
from pipeline.training.alarm_curve import alarm_curve
from pipeline.training.calibrate_channels import (
    Channels,
    ObservedClip,
    ScoredClip,
    calibrate_channels,
    observe_clips,
    pixels_alone,
)
from pipeline.training.calibrate_standing import StandingCalibration, WatchedClip, calibrate_standing
from pipeline.training.counted_footage import calibrated

MOMENTS, ROW, ROWS_PER_SECOND = 80, 5, 5.0
"""Moments of the normal footage that are explained, consecutive explained frames of each, and their rate, which is an
analysis's own."""
BACKGROUND_FRAMES = 60
"""Thumbnails at most whose median is the background."""


@dataclass(frozen=True)
class Calibration:
    """What :func:`calibrate` found; see :class:`pipeline.camera.Camera` for the fields.

    Attributes:
        per_hour: false events an hour that the thresholds were chosen for.
        counted_trained: whether scores of the ``others`` were counted, too.
        standing: what stands usually; None where the camera is not to tell of it, or the reason why it cannot.
    """

    normality: Normality
    threshold: float
    per_hour: float
    channels: Channels
    standing: StandingCalibration | str | None
    background: Images
    width: int
    height: int
    counted_trained: bool


@dataclass(frozen=True)
class _ExplainedFrames:
    """Which frames of normal footage are explained: those of a moment are ``stride`` apart, moments ``period``."""

    stride: int
    period: int

    @classmethod
    def of(cls, frames: int, fps: float) -> "_ExplainedFrames":
        stride = max(1, round(fps / ROWS_PER_SECOND))
        return cls(stride, max(ROW * stride, -(-frames // MOMENTS)))

    def has(self, frame: int) -> bool:
        """Tell whether a frame, counted from its clip's beginning, is explained."""
        inside = frame % self.period
        return inside % self.stride == 0 and inside // self.stride < ROW


@dataclass
class _Measurement:
    """What is summed up over normal clips; the clips' evidence is kept in one folder, numbered in order."""

    detector: Detector
    runtime: Runtime
    rows: _ExplainedFrames
    evidence: EvidenceFolder
    job: JobProgress
    scores: list[ScoredClip] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    seen: int = 0
    pictures: list[Images] = field(default_factory=list)
    heat: float = 0.0
    frames: int = 0
    explained: int = 0
    size: tuple[int, int] = (0, 0)
    moments: dict[tuple[int, int], list[Detections]] = field(default_factory=dict)
    clocks: dict[int, Clock] = field(default_factory=dict)

    def add_all(self, clips: Sequence[Footage], collector: EvidenceCollector) -> tuple[int, float]:
        """Return how many clips so far were scored, and their mean heat."""
        for clip in clips:
            self._add(clip, collector.fresh())
        return len(self.scores), self.heat / max(self.frames, 1)

    def _add(self, clip: Footage, collector: EvidenceCollector) -> None:
        scores: dict[int, Floats] = {}

        def scored(part: ScoredFrames) -> None:
            scores[int(part.frames[0])] = part.scores
            self.heat += float(part.saliency.float().mean((1, 2)).sum())
            self.frames += len(part.scores)
            self.job.advance(self.frames)

        requests = EvidenceRequests(collector, self.rows.has, self._keep, self.detector.window.span)
        consumers = (scored, requests.scored, lambda part: self.job.count(plan.NAMING, self.explained))
        scan = Scan(self.detector, self.runtime, consumers, (requests.decoded, self._decoded))
        clock = scan.run(clip.name, clip.frames())
        requests.collect(ended=True)
        self.job.count(plan.NAMING, self.explained)
        if scores:
            first, joined = min(scores), np.concatenate(list(scores.values()))
            self.clocks[len(self.scores)] = clock
            self.scores.append(ScoredClip(first, joined, Clock.of(clock.times[first : first + len(joined)])))
        else:
            self.short.append(self.seen)
        self.seen += 1

    def _decoded(self, chunk: Frames) -> None:
        self.size = (chunk.images.shape[2], chunk.images.shape[1])
        shown = [i for i in range(len(chunk)) if self.rows.has(chunk.first + i)]
        self.pictures.extend(thumbnails(chunk.images[shown]) if shown else ())

    def _keep(self, evidence: Evidence) -> None:
        self.evidence.put(dataclasses.replace(evidence, frame=self.explained))
        self.moments.setdefault((len(self.scores), evidence.frame // self.rows.period), []).append(evidence.objects)
        self.explained += 1


def calibrate(
    detector: Detector, footage: Sequence[Footage], work: Path, fps: float, collector: EvidenceCollector,
    runtime: Runtime, job: JobProgress, *, others: Sequence[Footage] = (),
    false_alarms: float | None = None, joined: bool = True, standing: bool = True,
) -> Calibration:  # fmt: skip
    """Measure a camera's normality on normal footage.

    Args:
        detector: trained, placed, in evaluation mode.
        footage: normal clips of one camera, on which scores and threshold are measured.
        work: folder for the evidence, which is deleted afterwards.
        fps: frames per second.
        collector: with the object and action models.
        runtime: device and precision.
        job: told of the stages of :mod:`pipeline.training.plan` from ``COUNTING`` on.
        others: more normal clips, such as the training clips: their classes and places count, their scores where
            ``footage`` is short, see :func:`pipeline.training.counted_footage.calibrated`.
        false_alarms: events an hour that normal footage may raise, see :func:`alarm_curve`; without it
            :attr:`core.normality.AlarmCurve.usual`.
        joined: whether things are observed, and kinds of scores joined; without it the pixels alone count.
        standing: whether events of what stands are calibrated, too, where things are observed.

    Raises:
        DataError: the footage has no frame that the detector can score.
        WeightsError: a score is NaN or infinite.
    """
    frames = _count((*footage, *others), job)
    observed = observe_clips((*footage, *others) if joined else (), collector.objects, job, fps, standing)
    with files.scratch(work) as spool:
        rows = _ExplainedFrames.of(frames, fps)
        seen = _Measurement(detector, runtime, rows, EvidenceFolder(spool), job)
        job.begin(plan.MEASURING, frames)
        job.expect(plan.NAMING, explained_of(frames, fps))
        held, heat = seen.add_all(footage, collector)
        if not held:
            raise DataError("the normal footage has no clip as long as one window of the detector; record longer clips")
        seen.add_all(others, collector)
        job.begin(plan.SUMMING, seen.explained)
        classes, explained = ranking.class_normality(_passing(seen.evidence.between(0, seen.explained), job), heat)
    observed = [clip for number, clip in enumerate(observed) if number not in seen.short]
    median, scored = calibrated(seen.scores[:held], seen.scores[held:])
    quantiles, found = _score_statistics(scored, observed, collector.objects.name)
    moments = [(found, seen.clocks[clip]) for (clip, _), found in seen.moments.items()]
    counted, known = sum(len(clip.scores) for clip in scored), places.learn(moments, seen.frames)
    normality = Normality(median, quantiles, counted, heat, classes, explained, known)
    per_hour, stands, too = false_alarms or found.alarms.usual, _standing(observed), len(scored) > held
    limit = found.alarms.threshold(shares(per_hour, isinstance(stands, StandingCalibration))[0])
    return Calibration(normality, limit, per_hour, found, stands, _background(seen.pictures), *seen.size, too)


def _standing(observed: Sequence[ObservedClip]) -> StandingCalibration | str | None:
    """Calibrate what stands where it was watched; return why where the footage does not tell of it."""
    watched = [WatchedClip(clip.passed, clip.clock) for clip in observed if clip.passed is not None]
    try:
        return calibrate_standing(watched) if watched else None
    except DataError as error:
        return str(error)


def _score_statistics(
    scored: Sequence[ScoredClip], observed: Sequence[ObservedClip], objects: str
) -> tuple[tuple[float, ...], Channels]:
    """Return the percentiles of the joined scores above the pixels' median, and the channels."""
    pixels = alarm_curve([(clip.scores, clip.clock) for clip in scored])
    found = calibrate_channels(scored, observed, pixels, objects) if observed else pixels_alone(scored, pixels)
    return tuple(float(q) for q in np.quantile(np.concatenate(found.joined), np.linspace(0, 1, 101))), found


def explained_of(frames: int, fps: float) -> int:
    """Estimate how many of so many normal frames are explained."""
    return -(-frames // _ExplainedFrames.of(frames, fps).period) * ROW


def _count(footage: Sequence[Footage], job: JobProgress) -> int:
    job.begin(plan.COUNTING)
    frames = 0
    for clip in footage:
        for chunk in clip.frames():
            frames += len(chunk)
            job.advance(frames)
    return frames


def _passing(evidence: Iterable[Evidence], job: JobProgress) -> Iterator[Evidence]:
    for number, entry in enumerate(evidence, 1):
        yield entry
        job.advance(number)


def _background(pictures: Sequence[Images]) -> Images:
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), BACKGROUND_FRAMES)).astype(int)
    return background_of(np.stack([pictures[i] for i in chosen]))
