"""The counterfactual of an event: its smallest set of tubes whose removal ends it.

Tubes are replaced, frame by frame, by what the detector expected in their place given what was already replaced; the
smallest set that brings the event under its threshold is told, shown as a clip, and scored again from its pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from core import files, video
from core.arrays import Bools, Doubles, Floats, Images, Ints
from core.clock import Clock
from core.contracts import Detector
from core.device import Runtime
from core.errors import Cancelled, InputError
from core.explanation import COUNTERFACTUAL, Counterfactual, RemovedPart
from core.progress import JobProgress
from core.records import Event, Evidence, Frames, Tube
from explain.attribution import Scale
from explain.causes.parts import covers, parts_of
from explain.labels import fine
from pipeline.camera import Camera
from pipeline.events import smoothed
from pipeline.explaining import plan
from pipeline.explaining._removal_text import sentence
from pipeline.explaining.attribution_input import scale_of
from pipeline.explaining.explanation_files import AFTER, BEFORE, MAX_FRAMES
from pipeline.sampling import Analysed, load

MIN_CONTRIBUTION = 0.1
"""Share of the way down to the threshold that a tube must account for, alone, to have mattered."""


@dataclass(frozen=True)
class EventFrames:
    """The frames of an event, and those before and after it that its windows need.

    Attributes:
        images: (T, H, W, 3) uint8.
        numbers: (T,) of the images in the clip.
        first, last: rows of ``images`` that are replaced and scored, inclusive.
        masks: (K, last - first + 1, h, w) float32, where each tube is, at the network's size.
    """

    images: Images
    numbers: Ints
    first: int
    last: int
    masks: Tensor


def minimal_removal(
    path: Path, camera: Camera, event: Event, evidence: Sequence[Evidence], out: Path, runtime: Runtime, *,
    clock: Clock, analysed: Analysed, scores: Floats, threshold: float,
    job: JobProgress | None = None, cancelled: Callable[[], bool] | None = None,
) -> Counterfactual:  # fmt: skip
    """Find the smallest set of tubes whose removal brings an event under its threshold.

    Args:
        path: the clip.
        camera: whose footage it is.
        event: to be brought under the threshold.
        evidence: of the event's frames, ascending.
        out: folder of ``counterfactual.json``, ``before.mp4`` and ``after.mp4``.
        runtime: device and precision.
        clock: when the clip's frames are shown.
        analysed: which of them the detector is shown.
        scores: (frames,) calibrated scores of the clip.
        threshold: calibrated, of the event.
        job: told how many frames are done, if it has that stage.
        cancelled: asked between frames.

    Raises:
        InputError: the run keeps no evidence of the event, so that no tube is known.
        Cancelled: ``cancelled`` returned True.
    """
    parts = parts_of(evidence, camera.normality.heat)
    if not parts:
        raise InputError("the run keeps no evidence of this event, or no heat in it, so there is nothing to remove")
    detector = camera.build(runtime)
    event_frames = _load_event(path, detector, event, [tube for tube, _ in parts], clock, analysed)
    renderer = _Renderer(camera, detector, runtime, event_frames, clock, job, cancelled)
    removal = _smallest_set(renderer, threshold)
    images = renderer.pictures(removal.chosen)
    result = _result(parts, removal, renderer.score(images), threshold, scale_of(camera, detector, scores), camera)
    rows = slice(event_frames.first, event_frames.last + 1)
    for name, pictures in ((BEFORE, event_frames.images), (AFTER, images)):
        video.encode(files.folder(out) / name, iter(pictures[rows]), clock.rate)
    first, last = event_frames.numbers[[event_frames.first, event_frames.last]].tolist()
    result = replace(result, frames=(first, last))
    files.write_json(out / COUNTERFACTUAL, asdict(result))
    return result


@dataclass(frozen=True)
class _Removal:
    """The smallest set of tubes, and the event's highest smoothed scores.

    Attributes:
        chosen: numbers of the tubes.
        alone: (K,) without each tube alone.
        before: as it is.
    """

    chosen: tuple[int, ...]
    alone: Doubles
    before: float


def _result(
    parts: Sequence[tuple[Tube, float]], removal: _Removal, after: float, threshold: float, scale: Scale, camera: Camera
) -> Counterfactual:
    def residual(calibrated: float) -> float:
        return round(float(scale.of(float(calibrated) + camera.normality.median)), 4)

    least = MIN_CONTRIBUTION * max(removal.before - threshold, 1e-6)
    rows = tuple(
        RemovedPart(
            label=fine(tube.label), share=round(share, 4), alone=residual(alone), needed=i in removal.chosen,
            mattered=bool(i in removal.chosen or removal.before - alone >= least),
            first=int(tube.frames[0]), last=int(tube.frames[-1]),
        )
        for i, ((tube, share), alone) in enumerate(zip(parts, removal.alone, strict=True))
    )  # fmt: skip
    scores = {"before": removal.before, "after": after, "threshold": threshold}
    result = Counterfactual(
        **{name: residual(score) for name, score in scores.items()},
        **{f"{name}_db": round(float(score), 4) for name, score in scores.items()},
        suffices=bool(after < threshold), parts=rows, sentence="", frames=(0, 0),
    )  # fmt: skip
    return replace(result, sentence=sentence(result, [tube for tube, _ in parts]))


class _Renderer:
    """Plays an event with some of its tubes replaced, several sets at once."""

    def __init__(
        self, camera: Camera, detector: Detector, runtime: Runtime, event_frames: EventFrames, clock: Clock,
        job: JobProgress | None, cancelled: Callable[[], bool] | None,
    ) -> None:  # fmt: skip
        self.camera, self.detector, self.runtime, self.event_frames = camera, detector, runtime, event_frames
        # Scores are those of the frames between what the windows need before and after.
        self.clock = Clock.of(clock.seconds(event_frames.numbers))
        self.job, self.cancelled, self.predicted, self.planned = job, cancelled, 0, 0
        if job is not None:
            job.begin(plan.COUNTERFACTUAL)
        self.seen = detector.prepare(detector.resize(torch.from_numpy(event_frames.images)))
        w = detector.window
        self.size = (w.height, w.width)

    def peaks(self, sets: Bools) -> Doubles:
        """Return the highest smoothed calibrated score of the event without each of the sets (S, K)."""
        self._plan(2 * len(sets) + 2)  # each set is replaced and scored; its pictures are made and scored
        played, scores = self._replaced(sets)[0], []
        for row in played:
            windows = row.unfold(0, self.detector.window.span, 1).movedim(-1, 1)
            found = [self._predict(part)[0] for part in torch.split(windows, 8)]
            scores.append(np.concatenate(found))
        return np.array([self._peak(found) for found in scores])

    def pictures(self, chosen: Sequence[int]) -> Images:
        """Return the event's frames at the clip's size, (T, H, W, 3) uint8, with the chosen tubes replaced."""
        self._plan(2)
        sets = np.zeros((1, len(self.event_frames.masks)), bool)
        sets[0, list(chosen)] = True
        _, expected, masks = self._replaced(sets)
        images = self.event_frames.images.copy()
        height, width = images.shape[1:3]
        for i in range(self.event_frames.last - self.event_frames.first + 1):
            mask = cv2.resize(masks[i], (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
            fill = cv2.resize(expected[i], (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
            row = self.event_frames.first + i
            images[row] = np.rint(images[row] * (1 - mask) + fill * 255.0 * mask).clip(0, 255).astype(np.uint8)
        return images

    def score(self, images: Images) -> float:
        """Return the event's highest smoothed calibrated score, scored anew from frames (T, H, W, 3)."""
        times = self.clock.times
        chunks = (Frames(images[i : i + 8], i, times[i : i + 8]) for i in range(0, len(images), 8))
        with self.runtime.autocast():
            scores = [answer.score.float().cpu().numpy() for answer in self.detector.stream(chunks)]
        self._tell(len(images))
        return self._peak(np.concatenate(scores) - np.float32(self.camera.normality.median))

    def _peak(self, scores: Floats) -> float:
        clock = Clock.of(self.clock.times[self.detector.window.target :][: len(scores)], self.clock.step)
        return float(np.nanmax(smoothed(scores, clock)))

    def _predict(self, windows: Tensor) -> tuple[Floats, Tensor]:
        with torch.no_grad(), self.runtime.autocast():
            answer = self.detector.predict_windows(windows.to(self.runtime.device), self.size)
        score = answer.score.float().cpu().numpy() - np.float32(self.camera.normality.median)
        self._tell(len(windows))
        return score, answer.expected.float().cpu()

    def _plan(self, rounds: int) -> None:
        """Plan so many more windows for each frame of the event."""
        self.planned = self.predicted + rounds * (self.event_frames.last - self.event_frames.first + 1)

    def _tell(self, windows: int) -> None:
        self.predicted += windows
        if self.job is not None:
            self.job.advance(self.predicted, self.planned)

    def _replaced(self, sets: Bools) -> tuple[Tensor, Images, Images]:
        """Return the prepared frames (S, T, C, h, w); of the first set also what was put (F, h, w, C), and where."""
        w, event_frames = self.detector.window, self.event_frames
        played = self.seen.expand(len(sets), *self.seen.shape).clone()
        fills, masks = [], []
        for i, row in enumerate(range(event_frames.first, event_frames.last + 1)):
            if self.cancelled is not None and self.cancelled():
                raise Cancelled("cancelled before the counterfactual was found")
            mask = torch.stack([(event_frames.masks[torch.from_numpy(s), i].amax(0) if s.any()
                                 else event_frames.masks[0, i] * 0)
                                for s in sets])[:, None]  # fmt: skip
            expected = self.seen.new_zeros(len(sets), *self.seen.shape[1:])
            if mask.any():
                windows = played[:, row - w.target : row - w.target + w.span]
                expected = torch.cat([self._predict(part)[1] for part in torch.split(windows, 8)])
                played[:, row] = played[:, row] * (1 - mask) + (expected * (w.high - w.low) + w.low) * mask
            fills.append(expected[0].movedim(0, -1).expand(*self.size, -1).numpy())
            masks.append(mask[0, 0].numpy())
        colour = np.stack(fills)
        return played, np.repeat(colour, 3, -1) if colour.shape[-1] == 1 else colour, np.stack(masks)


def _smallest_set(renderer: _Renderer, threshold: float) -> _Removal:
    """Remove tubes in the order of their own effect until the event is under the threshold, then try to spare one.

    Where the pixels alone are under it, as in an event that attributes of things raised, nothing has to be removed.
    """
    count = len(renderer.event_frames.masks)
    singles = renderer.peaks(np.concatenate([np.zeros((1, count), bool), np.eye(count, dtype=bool)]))
    before, alone = float(singles[0]), singles[1:]
    order = np.argsort(alone, kind="stable")
    if before < threshold:
        return _Removal((), alone, before)
    if alone[order[0]] < threshold or count == 1:
        return _Removal((int(order[0]),), alone, before)
    peaks = renderer.peaks(np.stack([np.isin(np.arange(count), order[: n + 1]) for n in range(1, count)]))
    under = np.flatnonzero(peaks < threshold)
    last = int(under[0]) if len(under) else int(peaks.argmin())
    chosen = order[: last + 2]
    spared = renderer.peaks(np.stack([np.isin(np.arange(count), chosen[chosen != one]) for one in chosen]))
    if len(under) and spared.min() < threshold:
        chosen = chosen[chosen != chosen[int(spared.argmin())]]
    return _Removal(tuple(sorted(int(i) for i in chosen)), alone, before)


def _load_event(
    path: Path, detector: Detector, event: Event, tubes: Sequence[Tube], clock: Clock, analysed: Analysed
) -> EventFrames:
    """Decode the event's frames around its peak, with what its windows need before and after."""
    w = detector.window
    begin, peak, end = (analysed.index(frame) for frame in (event.first, event.peak, event.last))
    first = max(begin, peak - MAX_FRAMES // 2, w.target)
    last = min(end, first + MAX_FRAMES - 1, len(analysed.numbers) - w.span + w.target)
    numbers = analysed.numbers[first - w.target : last - w.target + w.span]
    images, inside = load(path, numbers), numbers[w.target : w.target + last - first + 1].tolist()
    size = (images.shape[1], images.shape[2])
    masks = [[covers(tube, frame, clock, size) for frame in inside] for tube in tubes]
    small = [[cv2.resize(m, (w.width, w.height), interpolation=cv2.INTER_AREA) for m in tube] for tube in masks]
    return EventFrames(
        images, numbers, w.target, w.target + last - first, torch.from_numpy(np.array(small, np.float32))
    )
