"""The one pass over a clip: decode, score, and gather evidence of the frames that may need explaining."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from core import files, video
from core.clock import Clock
from core.contracts import Detector
from core.device import Runtime
from core.disturbance import Disturbance
from core.errors import Cancelled
from core.normality import Normality
from core.progress import JobProgress
from core.records import Clip, Evidence, Frames, Prediction, Reading
from explain.disturbances.monitor import Monitor
from pipeline import frame_log, plan
from pipeline.answers import EVIDENCE
from pipeline.burnt_in import STANDS, BurntIn, Decided, Text, without
from pipeline.everywhere import everywhere
from pipeline.evidence import EvidenceFolder
from pipeline.finite import finite_scores
from pipeline.prefetch import prefetch
from pipeline.sampling import Sample, Sampler
from pipeline.weather import Weather
from pipeline.witness import Witness

CHUNK = {"cpu": 8, "cuda": 32}
"""Frames decoded and scored at once: a processor is no faster with more and needs the memory, a GPU wants them."""
EVIDENCE_PER_SECOND, LEAST_EVIDENCE = 5.0, 40
"""How often a second it is asked what is there, and how often at least in a clip: five boxes of a person, all that a
second would have, do not say whether they run."""
TEXTS = "texts.json"
HAIR = 1e-6
"""Seconds by which two moments may differ and be the same."""


class Scoring:
    """Scores a clip's frames in order.

    A frame's record (:mod:`pipeline.frame_log`) is written only when the evidence of that frame and those before it is
    on disk: whatever stops the process, what is there is complete, and the next pass goes on behind it. A frame that
    the sampler left out has the score of the one before it.

    Args:
        path, clip: the clip and its facts.
        detector: built and placed.
        camera_rate: frames per second of the footage that it learnt from.
        normality: of the camera: the raw score of a typical frame is subtracted, and the heat is known.
        floor: calibrated score from which evidence is gathered.
        witness: objects and actions.
        runtime: device and precision.
    """

    def __init__(
        self, path: Path, clip: Clip, detector: Detector, camera_rate: float, normality: Normality, floor: float,
        witness: Witness, runtime: Runtime,
    ) -> None:  # fmt: skip
        self.path, self.clip, self.detector, self.median = path, clip, detector, normality.median
        self.heat = normality.heat
        self.floor, self.witness, self.runtime = floor, witness, runtime
        self.sampler = Sampler.of(path, clip.fps, camera_rate)
        self.spacing = stride(clip) / clip.fps
        self.reading = Reading(None, 0)
        self._monitor = Monitor()
        self._written = self._explained = 0
        self._owed: list[float] = []
        self._held, self._raised = float("nan"), 0.0
        self._numbers: list[int] = []
        self._offset: int | None = None
        rate = clip.fps / self.sampler.every
        self._text = BurntIn(normality.heat, rate, (clip.height, clip.width))
        self._weather = Weather(rate)
        self._decided: dict[int, Decided] = {}
        self._waiting: list[Evidence] = []

    @property
    def frames(self) -> int:
        """How many frames were decoded."""
        return len(self.sampler.seen)

    @property
    def repeated(self) -> int:
        """How many frames repeat the one before."""
        return self.sampler.repeated

    @property
    def wet(self) -> float:
        """Share of the frames that this pass analysed in which drops or flakes were taken out."""
        return float(np.mean(self._weather.seen)) if self._weather.seen else 0.0

    @property
    def texts(self) -> tuple[Text, ...]:
        """What is burnt into the picture, as far as the camera's footage did not have it.

        In a picture that stands still, whatever has strokes looks like text.
        """
        still = [one for one in self.disturbances if one.kind == "frozen"]
        return tuple(
            text for text in self._text.texts()
            if not any(one.first <= text.last and text.first <= one.last + self._text.reach for one in still)
        )  # fmt: skip

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """What the camera itself did, of all that was decoded; frames that could not be read are no gap of it."""
        found, unread = self._monitor.finish(Clock.of(self.sampler.seen)), self.reading.unread
        return tuple(
            one for one in found
            if one.kind != "gap" or not any(first < one.end and one.start < last for first, last in unread)
        )  # fmt: skip

    def run(self, folder: Path, job: JobProgress, cancelled: Callable[[], bool]) -> None:
        """Score what is not scored yet; afterwards ``frames`` and ``reading`` are known.

        Raises:
            Cancelled: ``cancelled`` said so.
            ClipError: the clip cannot be read.
            WeightsError: the detector's scores are no numbers.
            StorageError: the disk is full.
        """
        kept = EvidenceFolder(folder / EVIDENCE)
        start = self._resume(folder)
        job.begin(plan.SCORING, self.clip.frames, self._written)
        with self.runtime.autocast():
            for _, segment in groupby(self._samples(start), key=lambda sample: sample.segment):
                for answer in self.detector.stream(self._weather.clear(sample.frames for sample in segment)):
                    self._take(answer)
                    job.advance(self._written + len(self._owed))
                    self._settle(folder, kept, ended=False)
                    job.count(plan.EXPLAINING, self._explained)
                    if cancelled():
                        raise Cancelled(f"cancelled after {self._written} frames of {self.clip.name!r}")
        self._fill(self.frames)
        job.advance(self.frames, self.frames)
        self._settle(folder, kept, ended=True)
        job.count(plan.EXPLAINING, self._explained)

    def _resume(self, folder: Path) -> int:
        """Find what is on disk, and return the first frame that scoring behind it needs."""
        log = frame_log.read(folder, self.clip.fps)
        self._written = len(log) if (folder / frame_log.FILE).exists() else 0
        frame_log.cut(folder, self._written)
        if not self._written:
            return 0
        with contextlib.suppress(OSError, ValueError):
            self._text.restore(json.loads((folder / TEXTS).read_text(encoding="utf-8")))
        self._held = float(log.scores[-1])
        analysed = np.flatnonzero(log.analysed)[-self.detector.window.span :]
        in_time = int(np.searchsorted(log.seconds, log.seconds[-1] - max(self.witness.seconds, 4 * STANDS + 1))) - 1
        return max(min(int(analysed[0]) if len(analysed) else 0, in_time), 0)

    def _samples(self, start: int) -> Iterator[Sample]:
        """Decode; show each chunk to the witness, and pass on what the frames from ``start`` on need."""
        for chunk in prefetch(self._watched()):
            samples = list(self.sampler.take(chunk))
            if chunk.first + len(chunk) <= start:
                continue
            late = self.detector.window.span + 2 * self._weather.reach
            self.witness.see(chunk, self.sampler.every * late)
            for sample in samples:
                self._offset = sample.frames.first if self._offset is None else self._offset
                self._numbers += sample.numbers.tolist()
                yield sample

    def _watched(self) -> Iterator[Frames]:
        """Decode every frame, and watch what the camera does, also in those that are scored already."""
        for chunk in video.read(self.path, CHUNK[self.runtime.device.type], self._note, fps=self.clip.fps):
            self._monitor.see(chunk)
            yield chunk

    def _note(self, reading: Reading) -> None:
        self.reading = reading

    def _take(self, answer: Prediction) -> None:
        scores = finite_scores(answer, self.clip.name) - self.median
        saliency = answer.saliency.float().cpu().numpy()
        for row, score in enumerate(scores.tolist()):
            index = answer.first + row - (self._offset or 0)
            frame, heat = self._numbers[index], saliency[row]
            if self.detector.decibels:
                heat, less = everywhere(heat, self.heat)
                score -= less
                self._text.see(frame, self.witness.images([frame])[0], heat)
            if frame < self._written + len(self._owed):
                continue
            self._fill(frame)
            self._held = score
            self._owed.append(score)
            if score >= self.floor and self._due(frame, self._numbers[index - 1] if index else None):
                self.witness.ask(frame, score, heat)

    def _fill(self, stop: int) -> None:
        """Give every frame before ``stop`` a score: that of the one it repeats, or none where no window reaches."""
        for frame in range(self._written + len(self._owed), stop):
            if self.sampler.analysed[frame]:
                self._held = float("nan")
            self._owed.append(self._held)

    def _due(self, frame: int, before: int | None) -> bool:
        """Tell whether a frame is the first that is analysed of its stretch of :attr:`spacing` seconds."""
        here, last = (None if f is None else int((self.sampler.seen[f] + HAIR) / self.spacing) for f in (frame, before))
        return here != last

    def _settle(self, folder: Path, kept: EvidenceFolder, ended: bool) -> None:
        """Write what is known for good: frames whose evidence is gathered and whose burnt-in text is decided."""
        fresh = self.witness.answer(ended) if self.frames else []
        self._waiting, self._explained = self._waiting + fresh, self._explained + len(fresh)
        self._decided |= {one.frame: one for one in self._text.decide(ended)}
        owes, known = self.witness.settled, max(self._decided, default=-1) + 1
        stop = self._written + len(self._owed) if ended or not self.detector.decibels else max(known, self._written)
        stop = stop if owes is None else min(stop, owes)
        for evidence in [one for one in self._waiting if one.frame < stop]:
            text = self._decided.get(evidence.frame)
            score = evidence.score - (text.decibels if text else 0.0)
            kept.put(dataclasses.replace(without(evidence, text.boxes) if text else evidence, score=score))
        self._waiting = [one for one in self._waiting if one.frame >= stop]
        if self._text.changed(self._written, stop):
            files.write_json(folder / TEXTS, self._text.state())
        self._write(folder, stop)
        self._decided = {frame: one for frame, one in self._decided.items() if frame >= stop - 1}

    def _write(self, folder: Path, stop: int) -> None:
        """Write the records of the frames before ``stop``, without what burnt-in text adds to their scores."""
        here = slice(self._written, stop)
        scores = self._owed[: stop - self._written]
        for row, frame in enumerate(range(here.start, stop)):
            if self.sampler.analysed[frame]:
                self._raised = self._decided[frame].decibels if frame in self._decided else 0.0
            scores[row] -= self._raised
        frame_log.append(folder, self.sampler.seen[here], scores, self.sampler.analysed[here])
        self._written, self._owed = stop, self._owed[stop - here.start :]


def stride(clip: Clip) -> int:
    """Return the distance in frames between two frames of which evidence is gathered."""
    usual = max(1, round(clip.fps / EVIDENCE_PER_SECOND))
    return usual if clip.frames is None else max(1, min(usual, clip.frames // LEAST_EVIDENCE))
