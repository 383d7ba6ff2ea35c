"""Calibrated scores of a clip, with evidence of its high-scoring frames, written while the clip is scanned."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core import files, typed_json, video
from core.arrays import Floats, Images
from core.clock import Clock
from core.contracts import Detector
from core.device import Runtime
from core.disturbance import Disturbance
from core.errors import Cancelled, InputError
from core.normality import Normality
from core.progress import JobProgress
from core.records import Clip, Evidence, Frames, Reading
from explain.disturbances.monitor import Monitor
from pipeline import first_results, frame_log, heat_frames, plan
from pipeline.burnt_in import STANDS_SECONDS, BurntInText, TextDetector, TextEffect, mask_heat
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.finished_run import EVIDENCE
from pipeline.frame_log import FrameLog
from pipeline.heat_score import patch_of, subtract_global_heat
from pipeline.prefetch import prefetch
from pipeline.sampling import Sampler
from pipeline.scan import Scan, ScoredFrames
from pipeline.weather import Weather

CHUNK_FRAMES = {"cpu": 8, "cuda": 32}
"""Frames decoded and scored at once, by device: a CPU gains nothing from more, which take memory; a GPU does."""
EVIDENCE_PER_SECOND, MIN_EVIDENCE_FRAMES = 5.0, 40
"""Rate at which evidence is gathered, and frames of a whole clip that are explained at least: the five boxes of a
person in one second do not show whether the person runs."""
AHEAD_SECONDS = 1.0
"""Seconds between two times that scores which are not final are written."""
TEXTS = "texts.json"
TIME_TOLERANCE_SECONDS = 1e-6
"""Times that differ by less are equal."""


class Scoring:
    """Scores a clip's frames in order.

    A frame's record (:mod:`pipeline.frame_log`) is written after the evidence of that frame and of all frames before
    it: a process that stops leaves complete data, and the next pass resumes behind it. A frame that the sampler left
    out has the score of the frame before it.

    Args:
        path, clip: the clip and its facts.
        detector: built and placed.
        camera_rate: frames per second of the camera's normal footage.
        normality: of the camera; its median is subtracted from the scores.
        floor: calibrated score from which evidence is gathered.
        collector: fresh.
        runtime: device and precision.
        joined: from a frame and its pixels' score to that of all kinds: evidence is gathered where it is high.
    """

    def __init__(
        self, path: Path, clip: Clip, detector: Detector, camera_rate: float, normality: Normality, floor: float,
        collector: EvidenceCollector, runtime: Runtime,
        joined: Callable[[int, float], float] = lambda frame, score: score,
    ) -> None:  # fmt: skip
        self._joined = joined
        self.path, self.clip, self.detector, self.normality = path, clip, detector, normality
        self.floor, self.collector, self.runtime = floor, collector, runtime
        self.sampler = Sampler.of(path, clip.fps, camera_rate)
        self.spacing_seconds = stride(clip) / clip.fps
        self.reading = Reading(None, 0)
        self._monitor = Monitor()
        self._written = self._explained = 0
        self._pending: list[float] = []
        self._last_score, self._text_decibels, self._ahead_due = float("nan"), 0.0, 0.0
        rate = clip.fps / self.sampler.every
        self._text = TextDetector(normality.heat, rate, (clip.height, clip.width), patch_of(detector))
        self._weather = Weather(rate)
        self._effects: dict[int, TextEffect] = {}
        self._evidence: list[Evidence] = []
        self._grids: dict[int, Images] = {}

    @property
    def frames(self) -> int:
        """Number of decoded frames."""
        return len(self.sampler.seconds)

    @property
    def wet(self) -> float:
        """Share of the frames analysed in this pass from which drops or flakes were removed."""
        return float(np.mean(self._weather.wet)) if self._weather.wet else 0.0

    @property
    def texts(self) -> tuple[BurntInText, ...]:
        """Burnt-in text that the camera's footage did not have.

        In a frozen picture all strokes stand still, so text found there does not count.
        """
        frozen = [one for one in self.disturbances if one.kind == "frozen"]
        return tuple(
            text for text in self._text.texts()
            if not any(one.first <= text.last and text.first <= one.last + self._text.reach for one in frozen)
        )  # fmt: skip

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """Disturbances of the camera in all decoded frames; a stretch that cannot be read is no gap."""
        found, unread = self._monitor.finish(Clock.of(self.sampler.seconds)), self.reading.unread
        return tuple(
            one for one in found
            if one.kind != "gap" or not any(first < one.end and one.start < last for first, last in unread)
        )  # fmt: skip

    def run(self, folder: Path, job: JobProgress, cancelled: Callable[[], bool]) -> None:
        """Score the frames without a score; afterwards ``frames`` and ``reading`` are known.

        Raises:
            Cancelled: ``cancelled`` returned True.
            ClipError: the clip cannot be read.
            WeightsError: a score is NaN or infinite.
            StorageError: the disk is full.
        """
        kept = EvidenceFolder(folder / EVIDENCE)
        start = self._resume(folder)
        kept.cut(self._written)
        job.begin(plan.SCORING, self.clip.frames, self._written)

        def scored(part: ScoredFrames) -> None:
            self._take(part)
            job.advance(self._written + len(self._pending))
            self._settle(folder, kept, ended=False)
            job.count(plan.EXPLAINING, self._explained)
            self._tell_ahead(folder)
            if cancelled():
                raise Cancelled(f"cancelled after {self._written} frames of {self.clip.name!r}")

        decoded, clear = (self._add_frames,), self._weather.clear
        scan = Scan(self.detector, self.runtime, (scored,), decoded, self.sampler, clear, start)
        scan.run(self.clip.name, prefetch(self._decoded()))
        self._fill(self.frames)
        job.advance(self.frames, self.frames)
        self._settle(folder, kept, ended=True)
        job.count(plan.EXPLAINING, self._explained)

    def _resume(self, folder: Path) -> int:
        """Read what an earlier pass wrote, and return the first frame that this pass must decode for scoring."""
        log = frame_log.read(folder, self.clip.fps)
        self._written = len(log) if (folder / frame_log.FILE).exists() else 0
        frame_log.cut(folder, self._written)
        heat_frames.cut(folder, self._written)
        if not self._written:
            return 0
        with contextlib.suppress(InputError, ValueError, OverflowError):
            self._text.restore(typed_json.read(dict[str, list[list[int]]], folder / TEXTS))
        self._last_score = float(log.scores[-1])
        analysed = np.flatnonzero(log.analysed)[-self.detector.window.span :]
        context = max(self.collector.action_seconds, 4 * STANDS_SECONDS + 1)
        in_time = int(np.searchsorted(log.seconds, log.seconds[-1] - context)) - 1
        return max(min(int(analysed[0]) if len(analysed) else 0, in_time), 0)

    def _decoded(self) -> Iterator[Frames]:
        """Decode every frame and monitor it for disturbances, also frames that have a score."""
        for chunk in video.read(self.path, CHUNK_FRAMES[self.runtime.device.type], self._note, fps=self.clip.fps):
            self._monitor.update(chunk)
            yield chunk

    def _note(self, reading: Reading) -> None:
        self.reading = reading

    def _add_frames(self, chunk: Frames) -> None:
        self.collector.add_frames(chunk, self.sampler.every * (self.detector.window.span + 2 * self._weather.reach))

    def _take(self, part: ScoredFrames) -> None:
        heats: Floats = part.saliency.float().cpu().numpy()
        scores = (part.scores - self.normality.median).tolist()
        for frame, score, heat in zip(part.frames.tolist(), scores, heats, strict=True):
            if self.detector.decibels:
                heat, less = subtract_global_heat(heat, self.normality.heat, self._text.patch)
                score -= less
                self._text.add_frame(frame, self.collector.images([frame])[0], heat)
            if frame < self._written + len(self._pending):
                continue
            self._fill(frame)
            self._last_score = score
            self._pending.append(score)
            self._grids[frame] = heat_frames.grid_of(heat, self.normality.heat)
            if self._joined(frame, score) >= self.floor and self._due(frame):
                self.collector.request(frame, score, heat)

    def _fill(self, stop: int) -> None:
        """Give each frame before ``stop`` a score: that of the frame it repeats, or NaN where no window reaches."""
        for frame in range(self._written + len(self._pending), stop):
            if self.sampler.analysed[frame]:
                self._last_score = float("nan")
            self._pending.append(self._last_score)

    def _due(self, frame: int) -> bool:
        """Tell whether a frame is the first analysed one in its interval of :attr:`spacing_seconds`."""
        before = next((other for other in range(frame - 1, -1, -1) if self.sampler.analysed[other]), None)
        return before is None or self._interval(before) != self._interval(frame)

    def _interval(self, frame: int) -> int:
        return int((self.sampler.seconds[frame] + TIME_TOLERANCE_SECONDS) / self.spacing_seconds)

    def _settle(self, folder: Path, kept: EvidenceFolder, ended: bool) -> None:
        """Write the frames that are final: their evidence is gathered and the effect of burnt-in text is known."""
        fresh = self.collector.collect(ended)
        for evidence in fresh:
            kept.put(evidence)  # pages show it before it is final
        self._evidence, self._explained = self._evidence + fresh, self._explained + len(fresh)
        self._effects |= {one.frame: one for one in self._text.decide(ended)}
        pending, known = self.collector.first_pending, max(self._effects, default=-1) + 1
        stop = self._written + len(self._pending) if ended or not self.detector.decibels else max(known, self._written)
        stop = stop if pending is None else min(stop, pending)
        for evidence in [one for one in self._evidence if one.frame < stop]:
            text = self._effects.get(evidence.frame)
            if text is not None and (text.decibels or text.boxes):
                masked = mask_heat(evidence, text.boxes)
                kept.put(dataclasses.replace(masked, score=evidence.score - text.decibels))
        self._evidence = [one for one in self._evidence if one.frame >= stop]
        if self._text.changed(self._written, stop):
            files.write_json(folder / TEXTS, self._text.state())
        self._keep_heat(folder, stop)
        self._write(folder, stop)
        self._effects = {frame: one for frame, one in self._effects.items() if frame >= stop - 1}

    def _tell_ahead(self, folder: Path) -> None:
        """Show the scores that are not final yet, as text in the picture is known seconds later only."""
        now = time.monotonic()
        if now < self._ahead_due:
            return
        self._ahead_due = now + AHEAD_SECONDS
        here = slice(self._written, self._written + len(self._pending))
        seconds, analysed = self.sampler.seconds[here], self.sampler.analysed[here]
        log = FrameLog(np.array(self._pending, np.float32), np.array(seconds), np.array(analysed, np.bool_))
        first_results.write_ahead(folder, self._written, log)

    def _keep_heat(self, folder: Path, stop: int) -> None:
        """Write the small heat of the frames before ``stop``, without burnt-in text."""
        size, final = (self.clip.height, self.clip.width), [frame for frame in self._grids if frame < stop]
        boxes = {frame: self._effects[frame].boxes for frame in final if frame in self._effects}
        heat_frames.append(
            folder, {frame: heat_frames.without(self._grids.pop(frame), boxes.get(frame, ()), size) for frame in final}
        )

    def _write(self, folder: Path, stop: int) -> None:
        """Write the records of the frames before ``stop``, without what burnt-in text adds to their scores."""
        here = slice(self._written, stop)
        scores = self._pending[: stop - self._written]
        for row, frame in enumerate(range(here.start, stop)):
            if self.sampler.analysed[frame]:
                self._text_decibels = self._effects[frame].decibels if frame in self._effects else 0.0
            scores[row] -= self._text_decibels
        frame_log.append(folder, self.sampler.seconds[here], scores, self.sampler.analysed[here])
        self._written, self._pending = stop, self._pending[stop - here.start :]


def stride(clip: Clip) -> int:
    """Return the distance in frames between two frames with evidence."""
    usual = max(1, round(clip.fps / EVIDENCE_PER_SECOND))
    return usual if clip.frames is None else max(1, min(usual, clip.frames // MIN_EVIDENCE_FRAMES))
