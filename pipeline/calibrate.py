"""What is normal at a camera: scores, background, classes and their heat, and the threshold that follows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.contracts import Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.records import Evidence, Floats, Frames, Images, Normality
from explain import causes
from pipeline.camera import background_of
from pipeline.events import EventRule, smoothed
from pipeline.witness import Witness

QUANTILE = 0.999
MARGIN = 0.15
EXPLAINED_FRAMES = 400
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
    scores: list[Floats] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    pictures: list[Images] = field(default_factory=list)
    heat: float = 0.0
    frames: int = 0


def calibrate(
    detector: Detector, footage: Sequence[Footage], frames: int, fps: float, witness: Witness, runtime: Runtime,
    progress: Callable[[int], None] | None = None,
) -> Calibration:  # fmt: skip
    """Measure a camera's normality on normal footage.

    The threshold lies ``MARGIN`` above the ``QUANTILE`` of the smoothed normal score, both measured from its median:
    normal footage then raises next to no event.

    Args:
        detector: trained, placed, in eval mode.
        footage: normal clips of one camera.
        frames: about how many frames they have together, so that the explained ones are spread evenly.
        fps: frames per second.
        witness: objects and actions.
        runtime: device and precision.
        progress: called with the number of frames done.

    Raises:
        DataError: the footage has no frame that the detector can score.
    """
    seen, every = _Seen(), max(1, frames // EXPLAINED_FRAMES)
    for clip in footage:
        own = Witness(witness.objects, witness.actions)
        _watch(detector, clip, own, every, seen, runtime, progress)
    if not seen.scores:
        raise DataError("the normal footage has no clip as long as one window of the detector; record longer clips")
    median = float(np.median(np.concatenate(seen.scores)))
    calm = [scores - np.float32(median) for scores in seen.scores]
    high = float(np.quantile(np.concatenate([smoothed(scores, fps) for scores in calm]), QUANTILE))
    threshold = max(high, 1e-3) * (1.0 + MARGIN)
    height, width = seen.pictures[0].shape[:2]
    classes, explained = causes.class_normality(seen.evidence)
    quantiles = tuple(float(q) for q in np.quantile(np.concatenate(calm), np.linspace(0, 1, 101)))
    normality = Normality(median, quantiles, seen.frames, seen.heat / seen.frames, classes, explained)
    return Calibration(normality, threshold, threshold * EventRule().low**2, background_of(_spread(seen.pictures)),
                       width, height)  # fmt: skip


def _watch(
    detector: Detector, clip: Footage, witness: Witness, every: int, seen: _Seen, runtime: Runtime,
    progress: Callable[[int], None] | None,
) -> None:  # fmt: skip
    def shown() -> Iterator[Frames]:
        for chunk in clip.frames():
            witness.see(chunk, detector.window.span)
            seen.pictures.extend(chunk.images[::every])
            yield chunk

    asked = False
    with runtime.autocast():
        for answer in detector.stream(shown()):
            scores = answer.score.float().cpu().numpy()
            seen.scores.append(scores)
            seen.heat += float(answer.saliency.float().mean((1, 2)).sum())
            for row in range(-answer.first % every, len(scores), every):
                witness.ask(answer.first + row, float(scores[row]), answer.saliency[row].float().cpu().numpy())
                asked = True
            seen.evidence.extend(witness.answer())
            seen.frames += len(scores)
            if progress:
                progress(seen.frames)
    if asked:
        seen.evidence.extend(witness.answer(ended=True))


def _spread(pictures: list[Images]) -> Images:
    chosen = np.linspace(0, len(pictures) - 1, min(len(pictures), BACKGROUND_FRAMES)).astype(int)
    return np.stack([pictures[i] for i in chosen])
