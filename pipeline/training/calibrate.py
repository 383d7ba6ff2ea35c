"""Calibration of a camera on normal footage: its scores, background, classes and their heat, and the threshold."""

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.signal import find_peaks

from core import files
from core.arrays import Doubles, Floats, Images
from core.clock import Clock
from core.contracts import Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.normality import AlarmCurve, Normality
from core.progress import JobProgress
from core.records import Detections, Evidence, Frames
from explain.causes import places, ranking
from pipeline.camera import background_of, thumbnails
from pipeline.events import EventRule, find_events, smoothed
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.scan import EvidenceRequests, Scan, ScoredFrames
from pipeline.training import plan

MOMENTS, ROW, ROWS_PER_SECOND = 80, 5, 5.0
"""Moments of the normal footage that are explained, consecutive explained frames of each, and their rate, which is an
analysis's own."""
BACKGROUND_FRAMES = 60
"""Thumbnails at most whose median is the background."""
MIN_COUNTED_EVENTS = 3
"""Events from which a count speaks for itself: fewer, and chance has as much to say as the threshold."""
CURVE_LEVELS, CURVE_POINTS = 300, 120
TAIL_PEAKS = (5, 10)
"""Fewest and most peaks whose excess is averaged; a tenth of all peaks in between."""
MIN_PER_HOUR, MAX_PER_HOUR = 0.05, 1200.0
"""Events an hour between which a curve is kept."""


@dataclass(frozen=True)
class Calibration:
    """What :func:`calibrate` found; see :class:`pipeline.camera.Camera` for the fields.

    ``per_hour`` is the number of false events an hour that the threshold was chosen for.
    """

    normality: Normality
    threshold: float
    per_hour: float
    alarms: AlarmCurve
    background: Images
    width: int
    height: int


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
    scores: list[tuple[Floats, Clock]] = field(default_factory=list)
    pictures: list[Images] = field(default_factory=list)
    heat: float = 0.0
    frames: int = 0
    explained: int = 0
    size: tuple[int, int] = (0, 0)
    moments: dict[tuple[int, int], list[Detections]] = field(default_factory=dict)
    clocks: dict[int, Clock] = field(default_factory=dict)

    def add(self, clip: Footage, collector: EvidenceCollector) -> None:
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
            self.scores.append((joined, Clock.of(clock.times[first : first + len(joined)])))

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
    false_alarms: float | None = None,
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
        others: more normal clips, such as the training clips: their classes and places count, their scores do not.
        false_alarms: events an hour that normal footage may raise, see :func:`alarm_curve`; without it
            :attr:`core.normality.AlarmCurve.usual`.

    Raises:
        DataError: the footage has no frame that the detector can score.
        WeightsError: a score is NaN or infinite.
    """
    frames = _count((*footage, *others), job)
    with tempfile.TemporaryDirectory(dir=files.folder(work), prefix="evidence-") as spool:
        rows = _ExplainedFrames.of(frames, fps)
        seen = _Measurement(detector, runtime, rows, EvidenceFolder(Path(spool)), job)
        job.begin(plan.MEASURING, frames)
        job.expect(plan.NAMING, explained_of(frames, fps))
        for clip in footage:
            seen.add(clip, collector.fresh())
        if not seen.scores:
            raise DataError("the normal footage has no clip as long as one window of the detector; record longer clips")
        scores, scored, heat = tuple(seen.scores), seen.frames, seen.heat / seen.frames
        for clip in others:
            seen.add(clip, collector.fresh())
        job.begin(plan.SUMMING, seen.explained)
        classes, explained = ranking.class_normality(_passing(seen.evidence.between(0, seen.explained), job), heat)
    median, quantiles, alarms = _score_statistics(scores)
    moments = [(found, seen.clocks[clip]) for (clip, _), found in seen.moments.items()]
    normality = Normality(median, quantiles, scored, heat, classes, explained, places.learn(moments, seen.frames))
    per_hour = false_alarms or alarms.usual
    return Calibration(normality, alarms.threshold(per_hour), per_hour, alarms, _background(seen.pictures), *seen.size)


def _score_statistics(clips: Sequence[tuple[Floats, Clock]]) -> tuple[float, tuple[float, ...], AlarmCurve]:
    """Return the median, the percentiles above it, and the alarm curve of the clips' scores."""
    raw = np.concatenate([scores for scores, _ in clips])
    median = float(np.median(raw))
    alarms = alarm_curve([(scores - np.float32(median), clock) for scores, clock in clips])
    quantiles = tuple(float(q) for q in np.quantile(raw - np.float32(median), np.linspace(0, 1, 101)))
    return median, quantiles, alarms


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


def alarm_curve(calm: Sequence[tuple[Floats, Clock]]) -> AlarmCurve:
    """Count the events that normal footage raises at each threshold.

    The count is of :func:`pipeline.events.find_events`. Where it is less than :data:`MIN_COUNTED_EVENTS`, the curve is
    continued by the peaks over threshold: their excess over a high level is exponential, the tail that most
    distributions share (``pickands1975statistical``), with the mean excess of the highest peaks.

    Args:
        calm: calibrated scores of each clip, (T,) float32 each, at least one of them finite; and when its frames are
            shown.
    """
    hours = sum(clock.recorded for _, clock in calm) / 3600
    known = [(scores, clock, smoothed(scores, clock)) for scores, clock in calm]
    high = max(max(float(np.nanmax(smooth)) for _, _, smooth in known), 1e-3)
    levels: Doubles = np.linspace(1e-3, 1.0, CURVE_LEVELS) * high
    counts = np.array([sum(len(find_events(scores, level, clock, smooth=smooth)) for scores, clock, smooth in known)
                       for level in levels.tolist()], np.float64)  # fmt: skip
    levels, counts = np.append(levels, high * (1 + 1e-6)), np.append(counts, 0.0)
    start, excess, rate = _tail([(smooth, clock) for _, clock, smooth in known], hours)
    far = start + excess * np.log(max(rate / MIN_PER_HOUR, 1.0))
    levels = np.append(levels, np.linspace(high, max(far, high), CURVE_LEVELS // 3 + 1)[1:])
    counts = np.append(counts, np.zeros(len(levels) - len(counts)))
    counts = np.maximum.accumulate(counts[::-1])[::-1]
    expected = rate * np.exp(-(np.maximum(levels, start) - start) / excess) if excess > 0 else np.zeros_like(levels)
    per_hour = np.where(counts >= MIN_COUNTED_EVENTS, counts / hours, np.maximum(counts / hours, expected))
    per_hour = np.maximum.accumulate(per_hour[::-1])[::-1]
    return _thinned(hours, levels, per_hour)


def _tail(calm: Sequence[tuple[Floats, Clock]], hours: float) -> tuple[float, float, float]:
    """Return a level, the mean excess of the peaks above it, and how many such peaks there are in an hour."""
    gap = EventRule().gap
    peaks = [_peaks(np.nan_to_num(s, nan=-np.inf), max(1, round(gap * clock.rate))) for s, clock in calm]
    heights = np.sort(np.concatenate(peaks))[::-1]
    count = min(int(np.clip(len(heights) / 10, *TAIL_PEAKS)), len(heights) - 1)
    if count < 1:
        return float(heights[0]), 0.0, 1 / hours
    return float(heights[count]), float((heights[:count] - heights[count]).mean()), count / hours


def _peaks(values: Floats, apart: int) -> Floats:
    """Return the heights of maxima at least ``apart`` frames from each other; the ends count, too."""
    framed = np.pad(values, 1, constant_values=-np.inf)
    return np.asarray(framed[find_peaks(framed, distance=apart)[0]], np.float32)


def _thinned(hours: float, levels: Doubles, per_hour: Doubles) -> AlarmCurve:
    """Keep the points at which the cost falls, and of many that fall little as many as :data:`CURVE_POINTS`."""
    falls = np.flatnonzero(np.append(True, np.diff(per_hour) < 0) & (per_hour <= MAX_PER_HOUR))
    if not len(falls):
        falls = np.array([len(levels) - 1])
    chosen = falls[np.unique(np.linspace(0, len(falls) - 1, min(len(falls), CURVE_POINTS)).round().astype(int))]
    return AlarmCurve(
        round(hours, 4),
        tuple(float(f"{value:.6g}") for value in levels[chosen]),
        tuple(float(f"{value:.4g}") for value in per_hour[chosen]),
    )
