"""One pass over a clip: its chunks are sampled, shown to the detector, and given to consumers with their scores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from torch import Tensor

from core.arrays import Doubles, Floats, Ints
from core.clock import Clock
from core.contracts import Detector
from core.device import Runtime
from core.errors import WeightsError
from core.records import Evidence, Frames, Prediction
from pipeline.evidence_collector import EvidenceCollector
from pipeline.sampling import Sample, Sampler


@dataclass(frozen=True)
class ScoredFrames:
    """A detector's answer for B frames: their numbers in the clip, uncalibrated scores, and (B, H, W) saliency."""

    frames: Ints
    scores: Floats
    saliency: Tensor


Consumer = Callable[[ScoredFrames], None]


@dataclass(frozen=True)
class Scan:
    """How clips are scanned.

    Attributes:
        detector: placed, in evaluation mode.
        runtime: device and precision, also of networks that consumers call.
        scored: called with each answer of the detector.
        decoded: called with each chunk before the detector is shown its frames.
        sampler: picks the frames that the detector is shown; None for all of them.
        clear: filters the frames of a stretch of the clip without a gap.
        start: chunks that end before this frame are sampled only, as when a stopped pass is resumed.
    """

    detector: Detector
    runtime: Runtime
    scored: Sequence[Consumer]
    decoded: Sequence[Callable[[Frames], None]] = ()
    sampler: Sampler | None = None
    clear: Callable[[Iterable[Frames]], Iterable[Frames]] = iter
    start: int = 0

    def run(self, clip: str, chunks: Iterable[Frames]) -> Clock:
        """Scan a clip once.

        Args:
            clip: its name.
            chunks: its decoded frames, in order.

        Returns:
            When the frames of all chunks are shown.

        Raises:
            WeightsError: a score is NaN or infinite.
        """
        numbers, times = dict[int, int](), list[Doubles]()

        def shown(samples: Iterable[Sample]) -> Iterator[Frames]:
            for sample in samples:
                numbers.update(enumerate(sample.numbers.tolist(), sample.frames.first))
                yield sample.frames

        with self.runtime.autocast():
            for _, segment in groupby(self._samples(chunks, times), key=lambda sample: sample.segment):
                for answer in self.detector.stream(self.clear(shown(segment))):
                    scores = _finite_scores(answer, clip)
                    frames = np.array([numbers[answer.first + row] for row in range(len(scores))], np.int64)
                    for consumer in self.scored:
                        consumer(ScoredFrames(frames, scores, answer.saliency))
        return Clock.of(np.concatenate([[], *times]))

    def _samples(self, chunks: Iterable[Frames], times: list[Doubles]) -> Iterator[Sample]:
        for chunk in chunks:
            times.append(chunk.times)
            numbers = np.arange(chunk.first, chunk.first + len(chunk))
            samples = list(self.sampler.take(chunk)) if self.sampler else [Sample(chunk, numbers, 0)]
            if chunk.first + len(chunk) > self.start:
                for consumer in self.decoded:
                    consumer(chunk)
                yield from samples


@dataclass(frozen=True)
class EvidenceRequests:
    """Consumer of chunks and answers that calls ``keep`` with the evidence of the ``wanted`` frames.

    ``median`` is subtracted from the scores, and ``span`` is that of the detector's window.
    """

    collector: EvidenceCollector
    wanted: Callable[[int], bool]
    keep: Callable[[Evidence], None]
    span: int
    median: float = 0.0

    def decoded(self, chunk: Frames) -> None:
        """Add frames to the collector."""
        self.collector.add_frames(chunk, self.span)

    def scored(self, part: ScoredFrames) -> None:
        """Request evidence of the wanted frames, and keep what is ready."""
        for row, frame in enumerate(part.frames.tolist()):
            if self.wanted(frame):
                heat = part.saliency[row].float().cpu().numpy()
                self.collector.request(frame, float(part.scores[row]) - self.median, heat)
        self.collect(ended=False)

    def collect(self, ended: bool) -> None:
        """Keep what is ready; at the clip's end, all that was requested."""
        for evidence in self.collector.collect(ended):
            self.keep(evidence)


def _finite_scores(answer: Prediction, clip: str) -> Floats:
    scores: Floats = answer.score.float().cpu().numpy()
    if len(wrong := scores[~np.isfinite(scores)]):
        raise WeightsError(
            f"the detector gave {clip!r} a score of {wrong[0]}, which is no number: its weights or settings are "
            "unusable; train the camera again"
        )
    return scores
