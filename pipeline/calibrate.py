"""What is normal at a camera: scores, background, classes and their heat, and the threshold that follows."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import files
from core.contracts import Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.normality import Normality
from core.records import Detections, Evidence, Floats, Frames, Images
from explain import causes, places
from pipeline.camera import background_of, thumbnails
from pipeline.events import EventRule, find_events, smoothed
from pipeline.evidence import EvidenceFolder
from pipeline.witness import Witness

FALSE_EVENTS_PER_HOUR = 6.0
LOWEST = 0.75
"""Share of the threshold down to which an analyst may lower it and still be told causes."""
MOMENTS, ROW, ROWS_PER_SECOND = 80, 5, 5.0
"""Moments of normal footage that are explained: ``ROW`` frames in a row each, as an analysis samples them."""
BACKGROUND_FRAMES = 60


@dataclass(frozen=True)
class Calibration:
    """What :func:`calibrate` found; see :class:`pipeline.camera.Camera` for the fields."""

    normality: Normality
    threshold: float
    floor: float
    background: Images
    width: int
    height: int


@dataclass
class _Seen:
    evidence: EvidenceFolder
    scores: list[Floats] = field(default_factory=list)
    pictures: list[Images] = field(default_factory=list)
    heat: float = 0.0
    frames: int = 0
    kept: int = 0
    size: tuple[int, int] = (0, 0)
    moments: dict[tuple[int, int], list[Detections]] = field(default_factory=dict)

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
    progress: Callable[[int], None] | None = None,
) -> Calibration:  # fmt: skip
    """Measure a camera's normality on normal footage.

    The threshold is the lowest at which this footage raises at most ``FALSE_EVENTS_PER_HOUR``: none at all in less than
    ten minutes.

    Args:
        detector: trained, placed, in eval mode.
        footage: normal clips of one camera.
        work: folder for the evidence, which is removed afterwards.
        fps: frames per second.
        witness: objects and actions.
        runtime: device and precision.
        progress: called with the number of frames done.

    Raises:
        DataError: the footage has no frame that the detector can score.
    """
    frames = sum(len(chunk) for clip in footage for chunk in clip.frames())
    with tempfile.TemporaryDirectory(dir=files.folder(work), prefix="evidence-") as spool:
        seen, rows = _Seen(EvidenceFolder(Path(spool))), _Rows.of(frames, fps)
        for clip in footage:
            _watch(detector, clip, Witness(witness.objects, witness.actions), rows, seen, runtime, progress)
        if not seen.scores:
            raise DataError("the normal footage has no clip as long as one window of the detector; record longer clips")
        heat = seen.heat / seen.frames
        classes, explained = causes.class_normality(seen.evidence.between(0, seen.kept), heat)
    median = float(np.median(np.concatenate(seen.scores)))
    calm = [scores - np.float32(median) for scores in seen.scores]
    threshold = _threshold(calm, fps)
    quantiles = tuple(float(q) for q in np.quantile(np.concatenate(calm), np.linspace(0, 1, 101)))
    where = places.learn(seen.moments.values(), fps, seen.frames)
    normality = Normality(median, quantiles, seen.frames, heat, classes, explained, where)
    chosen = np.linspace(0, len(seen.pictures) - 1, min(len(seen.pictures), BACKGROUND_FRAMES)).astype(int)
    background = background_of(np.stack([seen.pictures[i] for i in chosen]))
    return Calibration(normality, threshold, threshold * LOWEST * EventRule().low, background, *seen.size)


def _threshold(calm: Sequence[Floats], fps: float) -> float:
    """Return the lowest threshold, to a three-hundredth of the highest score, with no more events than are allowed."""
    allowed = int(sum(map(len, calm)) / fps / 3600 * FALSE_EVENTS_PER_HOUR)
    high = max(max(float(np.nanmax(smoothed(scores, fps))) for scores in calm), 1e-3)
    levels = np.linspace(1e-3, 1.0, 300) * high
    raised = [sum(len(find_events(scores, level, fps)) for scores in calm) for level in levels.tolist()]
    loudest = np.flatnonzero(np.array(raised) > allowed)
    return float(levels[loudest[-1] + 1] if len(loudest) else levels[0])


def _watch(
    detector: Detector, clip: Footage, witness: Witness, rows: _Rows, seen: _Seen, runtime: Runtime,
    progress: Callable[[int], None] | None,
) -> None:  # fmt: skip
    def watched() -> Iterator[Frames]:
        for chunk in clip.frames():
            witness.see(chunk, detector.window.span)
            seen.size = (chunk.images.shape[2], chunk.images.shape[1])
            shown = [i for i in range(len(chunk)) if rows.has(chunk.first + i)]
            seen.pictures.extend(thumbnails(chunk.images[shown]) if shown else ())
            yield chunk

    scores: list[Floats] = []
    with runtime.autocast():
        for answer in detector.stream(watched()):
            scores.append(answer.score.float().cpu().numpy())
            seen.heat += float(answer.saliency.float().mean((1, 2)).sum())
            for row in (row for row in range(len(answer.score)) if rows.has(answer.first + row)):
                heat = answer.saliency[row].float().cpu().numpy()
                witness.ask(answer.first + row, float(answer.score[row]), heat)
            seen.keep(witness.answer(), rows.period)
            seen.frames += len(answer.score)
            if progress:
                progress(seen.frames)
    if scores:
        seen.keep(witness.answer(ended=True), rows.period)
        seen.scores.append(np.concatenate(scores))
