"""Objects and actions on requested frames of a clip that is streamed once."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import Floats, Images
from core.clock import Clock
from core.contracts import ActionModel, ObjectModel
from core.device import Runtime
from core.progress import JobProgress
from core.records import Detections, Evidence, Frames
from explain import actions as action_models
from explain import objects as object_models
from explain.actions import moments
from explain.causes.plausible import actors, believed, sized, suppress_partial_persons
from explain.heat import box_area, box_heat, summed_area
from pipeline.plan import arriving

MIN_ACTION_PROBABILITY = 0.05
"""Less probable actions are dropped; a rare action of low confidence may still be the cause."""
MAX_PERSONS = 8
"""Persons of a frame that the action model classifies."""
TIME_TOLERANCE_SECONDS = 1e-4
"""Times that differ by less are equal."""
OBJECT_BATCH_FRAMES = 4
"""Frames in a batch of the object model, whose memory grows with them."""


@dataclass(frozen=True)
class _Request:
    frame: int
    score: float
    heat: Floats


class EvidenceCollector:
    """Buffers a clip's last frames, and makes evidence of a requested frame once the frames after it were added.

    Args:
        objects: finds the objects.
        actions: classifies what persons do over ``actions.span`` frames around the key frame, ``actions.rate`` of them
            a second: frames of a slower clip are repeated, frames of a faster clip skipped, and at the clip's ends the
            first or last frame is repeated. It classifies the :data:`MAX_PERSONS` persons
            (:func:`explain.causes.plausible.actors`) with the most heat per pixel, so that a crowd costs no more than
            a few persons.
        known: frame to what the object model found in it in an earlier pass, which is not asked again.
    """

    def __init__(
        self, objects: ObjectModel, actions: ActionModel, known: Mapping[int, Detections] | None = None
    ) -> None:
        self.objects, self.actions, self.known = objects, actions, known or {}
        self._moments = moments(actions.span, actions.rate)
        self._ring: deque[Frames] = deque()
        self._requests: list[_Request] = []

    @classmethod
    def load(
        cls, objects: str, actions: str, runtime: Runtime, job: JobProgress, cancelled: Callable[[], bool] | None = None
    ) -> "EvidenceCollector":
        """Load object and action backends by name, or ``auto``; the job is told of downloads (:func:`arriving`)."""
        return cls(
            object_models.choose(objects, runtime, arriving("object", job, cancelled)),
            action_models.choose(actions, runtime, arriving("action", job, cancelled)),
        )

    def fresh(self, known: Mapping[int, Detections] | None = None) -> "EvidenceCollector":
        """Return an empty collector with the same models, for another pass."""
        return EvidenceCollector(self.objects, self.actions, known)

    def add_frames(self, chunk: Frames, lag: int) -> None:
        """Add the clip's next frames; frames may be left out. Requests come at most ``lag`` frames later."""
        self._ring.append(chunk)
        oldest = min([entry.frame for entry in self._requests] + [chunk.first - lag])
        since = self._time(oldest) - self.action_seconds
        while len(self._ring) > 1 and self._ring[0].times[-1] < since and self._ring[1].first <= oldest:
            self._ring.popleft()

    def request(self, frame: int, score: float, heat: Floats) -> None:
        """Request evidence of a frame that was added already; ``heat`` is (H, W) at the clip's resolution."""
        self._requests.append(_Request(frame, score, heat))

    def collect(self, ended: bool = False) -> list[Evidence]:
        """Return the evidence of requested frames whose following frames were added, in order of the requests.

        Args:
            ended: the clip is over; no frame follows.
        """
        if not self._requests:
            return []
        added = float(self._ring[-1].times[-1]) + TIME_TOLERANCE_SECONDS
        ready = [entry for entry in self._requests if ended or self._time(entry.frame) + self._moments[-1] <= added]
        self._requests = self._requests[len(ready) :]
        batches = range(0, len(ready), OBJECT_BATCH_FRAMES)
        return [evidence for i in batches for evidence in self._evidence(ready[i : i + OBJECT_BATCH_FRAMES])]

    def _evidence(self, ready: list[_Request]) -> list[Evidence]:
        images = self.images([entry.frame for entry in ready])
        size = (images.shape[2], images.shape[1])
        detected = zip(self._detected([entry.frame for entry in ready], images), images, strict=True)
        found = [believed(suppress_partial_persons(sized(boxes, size)), image) for boxes, image in detected]
        return [
            Evidence(entry.frame, entry.score, image, entry.heat, replace(boxes, frame=entry.frame),
                     self._actions(entry, boxes))
            for entry, image, boxes in zip(ready, images, found, strict=True)
        ]  # fmt: skip

    def _detected(self, frames: Sequence[int], images: Images) -> list[Detections]:
        new = [i for i, frame in enumerate(frames) if frame not in self.known]
        answers = iter(self.objects.detect(images[new]) if new else ())
        return [self.known[frame] if frame in self.known else next(answers) for frame in frames]

    @property
    def first_pending(self) -> int | None:
        """The first requested frame whose evidence is not collected yet; None without one."""
        return self._requests[0].frame if self._requests else None

    @property
    def action_seconds(self) -> float:
        """Length of the action model's input in seconds."""
        return self.actions.span / self.actions.rate

    def images(self, frames: Sequence[int]) -> Images:
        """Return frames that are still in the buffer, (N, H, W, 3)."""
        chunks = [self._chunk(frame) for frame in frames]
        return np.stack([chunk.images[frame - chunk.first] for chunk, frame in zip(chunks, frames, strict=True)])

    def _clip(self, frame: int) -> Images:
        """Return the action model's input, (span, H, W, 3): the frames nearest in time to its sampling times.

        Beyond a gap of the recording, the frame beside the gap is repeated.
        """
        numbers = np.concatenate([part.first + np.arange(len(part)) for part in self._ring])
        clock = Clock.of(np.concatenate([part.times for part in self._ring]))
        here = int(np.searchsorted(numbers, frame))
        near = next(part for part in clock.segments() if part.start <= here < part.stop)
        times = clock.times[near]
        middles = (times[1:] + times[:-1]) / 2 - TIME_TOLERANCE_SECONDS
        nearest = np.searchsorted(middles, self._time(frame) + self._moments)
        return self.images(numbers[near][nearest].tolist())

    def _time(self, frame: int) -> float:
        chunk = self._chunk(frame)
        return float(chunk.times[min(max(frame - chunk.first, 0), len(chunk) - 1)])

    def _chunk(self, frame: int) -> Frames:
        return next((part for part in reversed(self._ring) if part.first <= frame), self._ring[0])

    def _actions(self, entry: _Request, objects: Detections) -> Detections:
        persons = _hottest(actors(objects), entry.heat)
        if not len(persons):
            return Detections(entry.frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
        probability = self.actions.classify(self._clip(entry.frame), persons)
        who, what = np.nonzero(probability >= MIN_ACTION_PROBABILITY)
        names = tuple(self.actions.labels[i] for i in what)
        return Detections(entry.frame, persons[who], names, probability[who, what].astype(np.float32), "AVA")


def _hottest(boxes: Floats, heat: Floats) -> Floats:
    if len(boxes) <= MAX_PERSONS:
        return boxes
    density = box_heat(summed_area(heat), boxes) / np.maximum(box_area(boxes, heat.shape[1], heat.shape[0]), 1.0)
    return boxes[np.sort(np.argsort(-density, kind="stable")[:MAX_PERSONS])]
