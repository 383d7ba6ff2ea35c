"""Objects and actions on the frames that need explaining, while the clip streams past once."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Floats, Images
from core.clock import Clock
from core.contracts import ActionModel, ObjectModel
from core.records import Detections, Evidence, Frames
from explain.actions import moments
from explain.causes.fragments import suppress_partial_persons
from explain.causes.plausible import actors, sized
from explain.darkness import believed
from explain.heat import box_area, box_heat, summed_area

LEAST_ACTION = 0.05
"""Actions less probable than this are not kept; what is seldom normal and half believed may still be the cause."""
MOST_PERSONS = 8
NEARLY = 1e-4
"""Seconds within which two times are the same."""
AT_ONCE = 4
"""Frames that the object model sees in one batch: what its memory grows with."""


@dataclass(frozen=True)
class _Asked:
    frame: int
    score: float
    heat: Floats


class Witness:
    """Keeps the last frames, and gives evidence of a frame once the frames after it have been seen too.

    Args:
        objects: finds the objects.
        actions: names what persons do over ``actions.span`` frames around the key frame, ``actions.rate`` of them a
            second: of a slower clip some are shown more than once, of a faster one some not at all, and at the clip's
            ends the first or last is repeated. It is asked of the ``MOST_PERSONS`` persons
            (:func:`explain.causes.plausible.actors`) with the most heat per pixel: a crowd costs no more than a few.
    """

    def __init__(self, objects: ObjectModel, actions: ActionModel) -> None:
        self.objects, self.actions = objects, actions
        self._moments = moments(actions.span, actions.rate)
        self._ring: deque[Frames] = deque()
        self._asked: list[_Asked] = []

    def see(self, chunk: Frames, lag: int) -> None:
        """Take in the next frames of the clip, not all of them perhaps; questions come at most ``lag`` frames late."""
        self._ring.append(chunk)
        oldest = min([entry.frame for entry in self._asked] + [chunk.first - lag])
        since = self._time(oldest) - self.seconds
        while len(self._ring) > 1 and self._ring[0].times[-1] < since and self._ring[1].first <= oldest:
            self._ring.popleft()

    def ask(self, frame: int, score: float, heat: Floats) -> None:
        """Ask for evidence of a frame that was seen already; ``heat`` is (H, W) at the clip's resolution."""
        self._asked.append(_Asked(frame, score, heat))

    def answer(self, ended: bool = False) -> list[Evidence]:
        """Give evidence of the frames that have been asked for and whose following frames are here.

        Args:
            ended: the clip is over; nothing more will be seen.
        """
        seen = float(self._ring[-1].times[-1]) + NEARLY
        ready = [entry for entry in self._asked if ended or self._time(entry.frame) + self._moments[-1] <= seen]
        self._asked = self._asked[len(ready) :]
        return [evidence for i in range(0, len(ready), AT_ONCE) for evidence in self._explain(ready[i : i + AT_ONCE])]

    def _explain(self, ready: list[_Asked]) -> list[Evidence]:
        images = self.images([entry.frame for entry in ready])
        seen = zip(self.objects.detect(images), images, strict=True)
        size = (images.shape[2], images.shape[1])
        found = [believed(suppress_partial_persons(sized(boxes, size)), image) for boxes, image in seen]
        return [
            Evidence(entry.frame, entry.score, image, entry.heat, _of(entry.frame, boxes), self._actions(entry, boxes))
            for entry, image, boxes in zip(ready, images, found, strict=True)
        ]

    @property
    def settled(self) -> int | None:
        """The first frame whose evidence is still owed; None where nothing is."""
        return self._asked[0].frame if self._asked else None

    @property
    def seconds(self) -> float:
        """How long the action model looks at once."""
        return self.actions.span / self.actions.rate

    def images(self, frames: Sequence[int]) -> Images:
        """Return frames that were seen and are not dropped yet, (N, H, W, 3)."""
        return np.stack([self._image(frame) for frame in frames])

    def _clip(self, frame: int) -> Images:
        """(span, H, W, 3) the frames that are nearest in time to those that the action model wants.

        Beyond a gap of the recording nothing is shown; the frame beside it is repeated.
        """
        numbers = np.concatenate([part.first + np.arange(len(part)) for part in self._ring])
        clock = Clock.of(np.concatenate([part.times for part in self._ring]))
        here = int(np.searchsorted(numbers, frame))
        near = next(part for part in clock.segments() if part.start <= here < part.stop)
        times = clock.times[near]
        nearest = np.searchsorted((times[1:] + times[:-1]) / 2 - NEARLY, self._time(frame) + self._moments)
        return self.images(numbers[near][nearest].tolist())

    def _image(self, frame: int) -> Images:
        chunk = self._chunk(frame)
        image: Images = chunk.images[frame - chunk.first]
        return image

    def _time(self, frame: int) -> float:
        chunk = self._chunk(frame)
        return float(chunk.times[min(max(frame - chunk.first, 0), len(chunk) - 1)])

    def _chunk(self, frame: int) -> Frames:
        return next((part for part in reversed(self._ring) if part.first <= frame), self._ring[0])

    def _actions(self, entry: _Asked, objects: Detections) -> Detections:
        persons = _hottest(actors(objects), entry.heat)
        if not len(persons):
            return Detections(entry.frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
        probability = self.actions.classify(self._clip(entry.frame), persons)
        who, what = np.nonzero(probability >= LEAST_ACTION)
        names = tuple(self.actions.labels[i] for i in what)
        return Detections(entry.frame, persons[who], names, probability[who, what].astype(np.float32), "AVA")


def _hottest(boxes: Floats, heat: Floats) -> Floats:
    if len(boxes) <= MOST_PERSONS:
        return boxes
    density = box_heat(summed_area(heat), boxes) / np.maximum(box_area(boxes, heat.shape[1], heat.shape[0]), 1.0)
    return boxes[np.sort(np.argsort(-density, kind="stable")[:MOST_PERSONS])]


def _of(frame: int, found: Detections) -> Detections:
    return Detections(frame, found.boxes, found.labels, found.confidence, found.vocabulary)
