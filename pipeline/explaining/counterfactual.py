"""What an event would have been without some of what moved in it.

Tubes are replaced, frame by frame, by what the detector expected in their place given what was already replaced; the
smallest set that brings the event under its threshold is told, shown as a clip, and scored again from its pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from core.progress import JobProgress
from core.records import Event, Evidence, Frames, Tube
from explain.attribution import Scale
from explain.causes.parts import covers, named, parts_of
from explain.labels import fine
from pipeline.camera import Camera
from pipeline.events import smoothed
from pipeline.explaining import plan
from pipeline.explaining.explanation_files import AFTER, BEFORE, COUNTERFACTUAL, LONGEST
from pipeline.explaining.questions import scale_of
from pipeline.sampling import Analysed, load

MATTERED = 0.1
"""Share of the way down to the threshold that a tube must account for, alone, to have mattered."""


@dataclass(frozen=True)
class Stage:
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


def without(
    path: Path, camera: Camera, event: Event, evidence: Sequence[Evidence], out: Path, runtime: Runtime, *,
    clock: Clock, analysed: Analysed, scores: Floats, threshold: float,
    job: JobProgress | None = None, cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Find the smallest set of tubes without which an event would not have been one.

    Args:
        path: the clip.
        camera: whose footage it is.
        event: to be made to vanish.
        evidence: what was kept of its frames, ascending.
        out: folder of ``counterfactual.json``, ``before.mp4`` and ``after.mp4``.
        runtime: device and precision.
        clock: when the clip's frames are shown.
        analysed: which of them the detector is shown.
        scores: (frames,) calibrated scores of the clip.
        threshold: calibrated, of the event.
        job: told how many frames are done, where it has the stage of it.
        cancelled: asked between frames.

    Returns:
        What ``counterfactual.json`` holds: ``sentence``, ``before`` and ``after`` (the event's highest smoothed score)
        and ``threshold`` as residual errors, and as the run's scores under ``before_db`` and so on, ``suffices``,
        ``parts`` (each tube: ``label``, ``needed``, ``mattered``, ``alone``), ``frames``.

    Raises:
        InputError: nothing was kept of the event, so that nothing is known to be taken away.
        Cancelled: ``cancelled`` said so.
    """
    parts = parts_of(evidence, camera.normality.heat)
    if not parts:
        raise InputError(
            "no picture was kept of this event, or nothing in it is hot: nothing can be taken away from it"
        )
    detector = camera.build(runtime)
    tubes = [tube for tube, _ in parts]
    stage = _staged(path, detector, event, tubes, clock, analysed)
    play = _Play(camera, detector, runtime, stage, clock, job, cancelled)
    scale = scale_of(camera, detector, scores)
    chosen, alone, before = _smallest(play, threshold)
    images = play.pictures(chosen)
    after = play.score(images)
    scores_db = {"before": before, "after": after, "threshold": threshold}
    value = {name: _scalar(score, camera, scale) for name, score in scores_db.items()}
    value |= {f"{name}_db": round(float(score), 4) for name, score in scores_db.items()}
    rows = [
        {
            "label": fine(tube.label),
            "share": round(share, 4),
            "alone": _scalar(alone[i], camera, scale),
            "needed": i in chosen,
            "mattered": bool(i in chosen or before - alone[i] >= MATTERED * max(before - threshold, 1e-6)),
            "first": int(tube.frames[0]),
            "last": int(tube.frames[-1]),
        }
        for i, (tube, share) in enumerate(parts)
    ]
    shown = stage.images[stage.first : stage.last + 1], images[stage.first : stage.last + 1]
    for name, pictures in zip((BEFORE, AFTER), shown, strict=True):
        video.encode(files.folder(out) / name, iter(pictures), clock.rate)
    result = {**value, "suffices": bool(after < threshold), "parts": rows, "sentence": _sentence(rows, tubes, value),
              "frames": stage.numbers[[stage.first, stage.last]].tolist()}  # fmt: skip
    files.write_json(out / COUNTERFACTUAL, result)
    return result


class _Play:
    """Plays an event with some of its tubes replaced, several sets at once."""

    def __init__(
        self, camera: Camera, detector: Detector, runtime: Runtime, stage: Stage, clock: Clock,
        job: JobProgress | None, cancelled: Callable[[], bool] | None,
    ) -> None:  # fmt: skip
        self.camera, self.detector, self.runtime, self.stage = camera, detector, runtime, stage
        # Scores are those of the frames between what the windows need before and after.
        self.clock = Clock.of(clock.seconds(stage.numbers))
        self.job, self.cancelled, self.played, self.planned = job, cancelled, 0, 0
        if job is not None:
            job.begin(plan.AWAY)
        self.seen = detector.prepare(detector.resize(torch.from_numpy(stage.images)))
        w = detector.window
        self.size = (w.height, w.width)

    def peaks(self, sets: Bools) -> Doubles:
        """Return the highest smoothed calibrated score of the event without each of the sets (S, K)."""
        self._plan(2 * len(sets) + 2)  # each set is replaced and scored; its pictures are made and scored
        played, scores = self._replaced(sets)[0], []
        for row in played:
            windows = row.unfold(0, self.detector.window.span, 1).movedim(-1, 1)
            found = [self._judged(part)[0] for part in torch.split(windows, 8)]
            scores.append(np.concatenate(found))
        return np.array([self._peak(found) for found in scores])

    def pictures(self, chosen: Sequence[int]) -> Images:
        """Return the event's frames at the clip's size, (T, H, W, 3) uint8, with the chosen tubes replaced."""
        self._plan(2)
        sets = np.zeros((1, len(self.stage.masks)), bool)
        sets[0, list(chosen)] = True
        _, expected, masks = self._replaced(sets)
        images = self.stage.images.copy()
        height, width = images.shape[1:3]
        for i in range(self.stage.last - self.stage.first + 1):
            mask = cv2.resize(masks[i], (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
            fill = cv2.resize(expected[i], (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
            row = self.stage.first + i
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

    def _judged(self, windows: Tensor) -> tuple[Floats, Tensor]:
        with torch.no_grad(), self.runtime.autocast():
            answer = self.detector.judge(windows.to(self.runtime.device), self.size)
        score = answer.score.float().cpu().numpy() - np.float32(self.camera.normality.median)
        self._tell(len(windows))
        return score, answer.expected.float().cpu()

    def _plan(self, rounds: int) -> None:
        """Plan so many more windows for each frame of the event."""
        self.planned = self.played + rounds * (self.stage.last - self.stage.first + 1)

    def _tell(self, windows: int) -> None:
        self.played += windows
        if self.job is not None:
            self.job.advance(self.played, self.planned)

    def _replaced(self, sets: Bools) -> tuple[Tensor, Images, Images]:
        """Return the prepared frames (S, T, C, h, w); of the first set also what was put (F, h, w, C), and where."""
        w, stage = self.detector.window, self.stage
        played = self.seen.expand(len(sets), *self.seen.shape).clone()
        fills, masks = [], []
        for i, row in enumerate(range(stage.first, stage.last + 1)):
            if self.cancelled is not None and self.cancelled():
                raise Cancelled("cancelled before the counterfactual was found")
            mask = torch.stack([(stage.masks[torch.from_numpy(s), i].amax(0) if s.any() else stage.masks[0, i] * 0)
                                for s in sets])[:, None]  # fmt: skip
            expected = self.seen.new_zeros(len(sets), *self.seen.shape[1:])
            if mask.any():
                windows = played[:, row - w.target : row - w.target + w.span]
                expected = torch.cat([self._judged(part)[1] for part in torch.split(windows, 8)])
                played[:, row] = played[:, row] * (1 - mask) + (expected * (w.high - w.low) + w.low) * mask
            fills.append(expected[0].movedim(0, -1).expand(*self.size, -1).numpy())
            masks.append(mask[0, 0].numpy())
        colour = np.stack(fills)
        return played, np.repeat(colour, 3, -1) if colour.shape[-1] == 1 else colour, np.stack(masks)


def _smallest(play: _Play, threshold: float) -> tuple[list[int], Doubles, float]:
    """Return the tubes that are needed, the peak without each alone, and the peak as it is."""
    count = len(play.stage.masks)
    singles = play.peaks(np.concatenate([np.zeros((1, count), bool), np.eye(count, dtype=bool)]))
    before, alone = float(singles[0]), singles[1:]
    order = np.argsort(alone, kind="stable")
    if alone[order[0]] < threshold:
        return [int(order[0])], alone, before
    ladder = np.stack([np.isin(np.arange(count), order[: n + 1]) for n in range(1, count)]) if count > 1 else None
    if ladder is None:
        return [int(order[0])], alone, before
    peaks = play.peaks(ladder)
    under = np.flatnonzero(peaks < threshold)
    last = int(under[0]) if len(under) else int(peaks.argmin())
    chosen = order[: last + 2]
    fewer = np.stack([np.isin(np.arange(count), chosen[chosen != one]) for one in chosen])
    spared = play.peaks(fewer)
    if len(under) and spared.min() < threshold:
        chosen = chosen[chosen != chosen[int(spared.argmin())]]
    return sorted(int(i) for i in chosen), alone, before


def _staged(
    path: Path, detector: Detector, event: Event, tubes: Sequence[Tube], clock: Clock, analysed: Analysed
) -> Stage:
    """Decode the event's frames around its peak, with what its windows need before and after."""
    w = detector.window
    begin, peak, end = (analysed.index(frame) for frame in (event.first, event.peak, event.last))
    first = max(begin, peak - LONGEST // 2, w.target)
    last = min(end, first + LONGEST - 1, len(analysed.numbers) - w.span + w.target)
    numbers = analysed.numbers[first - w.target : last - w.target + w.span]
    images, inside = load(path, numbers), numbers[w.target : w.target + last - first + 1].tolist()
    size = (images.shape[1], images.shape[2])
    masks = [[covers(tube, frame, clock, size) for frame in inside] for tube in tubes]
    small = [[cv2.resize(m, (w.width, w.height), interpolation=cv2.INTER_AREA) for m in tube] for tube in masks]
    return Stage(images, numbers, w.target, w.target + last - first, torch.from_numpy(np.array(small, np.float32)))


def _scalar(calibrated: float, camera: Camera, scale: Scale) -> float:
    return round(float(scale.of(float(calibrated) + camera.normality.median)), 4)


def _sentence(rows: Sequence[dict[str, Any]], tubes: Sequence[Tube], value: dict[str, float]) -> str:
    chosen = [named(tube, row["label"]) for tube, row in zip(tubes, rows, strict=True) if row["needed"]]
    idle = [
        _other(name) if name in chosen else name
        for name in (named(tube, row["label"]) for tube, row in zip(tubes, rows, strict=True) if not row["mattered"])
    ]
    fall = f"the score falls from {value['before_db']:.2f} dB to {value['after_db']:.2f} dB"
    said = f"Without {_listed(chosen)} {fall}, under the threshold {value['threshold_db']:.2f} dB."
    if value["after"] >= value["threshold"]:
        said = (f"No set of what was seen is enough: without {_listed(chosen)} {fall}, not under the threshold "
                f"{value['threshold_db']:.2f} dB.")  # fmt: skip
    return said + (
        f" It did not matter that {_listed(idle)} {'was' if len(idle) == 1 else 'were'} there." if idle else ""
    )


def _other(name: str) -> str:
    """Tell one that did not matter from its namesake that did."""
    return f"another {name.removeprefix('the ')}" if name.startswith("the ") else f"something else that {name[5:]}"


def _listed(names: Sequence[str]) -> str:
    counted = [_several(name, names.count(name)) for name in dict.fromkeys(names)]
    return counted[0] if len(counted) == 1 else f"{', '.join(counted[:-1])} and {counted[-1]}"


def _several(name: str, count: int) -> str:
    """Count what goes by one name: ``the person``, ``4 persons``, ``4 other persons``."""
    if count == 1:
        return name
    for begins, said in (("the ", ""), ("another ", "other ")):
        if name.startswith(begins):
            return f"{count} {said}{name.removeprefix(begins)}{'es' if name.endswith('s') else 's'}"
    return f"{name} ({count} times)"
