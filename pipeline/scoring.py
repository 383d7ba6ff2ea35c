"""The one pass over a clip: decode, score, and gather evidence of the frames that may need explaining."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import video
from core.contracts import Detector
from core.device import Runtime
from core.errors import Cancelled
from core.files import storage_error
from core.records import Clip, Frames, Prediction
from pipeline.ahead import ahead
from pipeline.evidence import EvidenceFolder
from pipeline.witness import Witness

CHUNK = {"cpu": 8, "cuda": 32}
"""Frames decoded and scored at once: a processor is no faster with more and needs the memory, a GPU wants them."""
EVIDENCE_PER_SECOND, LEAST_EVIDENCE = 5.0, 40
"""How often a second it is asked what is there, and how often at least in a clip: five boxes of a person, all that a
second would have, do not say whether they run."""
SCORES, EVIDENCE = "scores.f32", "evidence"


@dataclass(frozen=True)
class Progress:
    """How far an analysis is.

    Attributes:
        done: frames scored, or megabytes while a model is downloaded.
        total: how many there will be; None while unknown.
        fps: frames scored per second, in this process.
        stage: what is going on, in a word or two.
        unit: what ``done`` counts.
    """

    done: int
    total: int | None
    fps: float
    stage: str
    unit: str = "frames"


class Scoring:
    """Scores a clip's frames in order.

    Scores go to ``scores.f32`` (float32, one for each frame from 0) only when the evidence of that frame and those
    before it is on disk: whatever stops the process, what is there is complete, and the next pass goes on behind it.

    Args:
        path, clip: the clip and its facts.
        detector: built and placed.
        median: raw score of a typical normal frame, subtracted.
        floor: calibrated score from which evidence is gathered.
        witness: objects and actions.
        runtime: device and precision.
    """

    def __init__(
        self, path: Path, clip: Clip, detector: Detector, median: float, floor: float, witness: Witness,
        runtime: Runtime,
    ) -> None:  # fmt: skip
        self.path, self.clip, self.detector, self.median = path, clip, detector, median
        self.floor, self.witness, self.runtime = floor, witness, runtime
        self.stride = stride(clip)
        self.frames = 0
        self.warnings: list[str] = []
        self._written = 0
        self._owed: list[float] = []

    def run(self, folder: Path, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> None:
        """Score what is not scored yet; afterwards ``frames`` and ``warnings`` are known.

        Raises:
            Cancelled: ``cancelled`` said so.
            ClipError: the clip cannot be read.
            StorageError: the disk is full.
        """
        kept = EvidenceFolder(folder / EVIDENCE)
        self._written = _whole_scores(folder / SCORES)
        began, before = time.monotonic(), self._written
        with self.runtime.autocast():
            for answer in self.detector.stream(self._seen(self._written)):
                self._take(answer)
                self._settle(folder / SCORES, kept, ended=False)
                done = self._written + len(self._owed)
                progress(Progress(done, self.clip.frames, (done - before) / (time.monotonic() - began), "scoring"))
                if cancelled():
                    raise Cancelled(f"cancelled after {self._written} frames of {self.clip.name!r}")
        self._owed += [float("nan")] * (self.frames - self._written - len(self._owed))
        self._settle(folder / SCORES, kept, ended=True)

    def _seen(self, done: int) -> Iterator[Frames]:
        """Decode; show each chunk to the witness, and pass on what the frames from ``done`` on need."""
        needed = done - self.detector.window.span - math.ceil(self.witness.seconds * self.clip.fps)
        for chunk in ahead(video.read(self.path, CHUNK[self.runtime.device.type], self.warnings.append)):
            self.frames = chunk.first + len(chunk)
            if self.frames > needed:
                self.witness.see(chunk, self.detector.window.span)
                yield chunk

    def _take(self, answer: Prediction) -> None:
        scores = answer.score.float().cpu().numpy() - self.median
        start = self._written + len(self._owed)
        self._owed += [float("nan")] * (answer.first - start)
        for row in range(max(0, start - answer.first), len(scores)):
            frame = answer.first + row
            self._owed.append(float(scores[row]))
            if frame % self.stride == 0 and scores[row] >= self.floor:
                self.witness.ask(frame, float(scores[row]), answer.saliency[row].float().cpu().numpy())

    def _settle(self, scores: Path, kept: EvidenceFolder, ended: bool) -> None:
        for evidence in self.witness.answer(ended) if self.frames else ():
            kept.put(evidence)
        owes = self.witness.settled
        count = len(self._owed) if owes is None else owes - self._written
        try:
            with scores.open("ab") as handle:
                handle.write(np.array(self._owed[:count], np.float32).tobytes())
        except OSError as error:
            raise storage_error(scores, error) from error
        self._written += count
        self._owed = self._owed[count:]


def stride(clip: Clip) -> int:
    """Return the distance in frames between two frames of which evidence is gathered."""
    usual = max(1, round(clip.fps / EVIDENCE_PER_SECOND))
    return usual if clip.frames is None else max(1, min(usual, clip.frames // LEAST_EVIDENCE))


def _whole_scores(path: Path) -> int:
    """Count the scores on disk, cutting off half of one that a kill may have left."""
    if not path.exists():
        return 0
    count = path.stat().st_size // 4
    with path.open("r+b") as handle:
        handle.truncate(count * 4)
    return count
