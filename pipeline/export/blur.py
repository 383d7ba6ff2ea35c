"""Blurs persons in pictures: boxes that the run kept, followed from look to look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from core.analysis import Analysis, Cause, ExplainedEvent
from core.arrays import Floats, Images, Ints
from core.boxes import iou
from core.records import Detections, Evidence, Pixels, Tube
from core.scored_things import ScoredThings
from explain import report
from explain.causes.tubes import link
from explain.labels import PERSON
from pipeline import channels
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE

Picture = TypeVar("Picture", Images, Floats)
"""A picture, (H, W, 3) uint8, or its heat, (H, W) float32."""
MIN_CONFIDENCE = 0.2
"""Of a person's box; it is low, for a box too many hides less than a person too few."""
MARGIN = 0.1
"""Share of a box's width and height by which each side is moved outwards."""
CELLS = 6
"""Cells of the mosaic along the longer side of a box: a head is one."""
MAX_LOOK_SECONDS = 0.5
"""A frame farther from every frame that was looked at is blurred whole: who is in it is not known."""
SAME_IOU = 0.3
"""Median overlap of a person's boxes and a cause's from which on the person is that cause."""
REACH_SECONDS = 4.0
"""Before and after a stretch of a clip in which persons are followed, too."""
STRETCH_SECONDS = 4.0
"""Of the stretches in which persons are followed outside of events."""


@dataclass(frozen=True)
class _Held:
    """A tube with the frames, both inclusive, over which it holds: on to the looks before it begins and after."""

    tube: Tube
    first: int
    last: int

    def at(self, frame: int) -> Pixels | None:
        if not self.first <= frame <= self.last:
            return None
        x1, y1, x2, y2 = (float(np.interp(frame, self.tube.frames, self.tube.boxes[:, i])) for i in range(4))
        return x1, y1, x2, y2


class Blur:
    """Blurs the pictures of one run.

    Args:
        analysis: of the run.
        folder: of the run.
        mode: one of :data:`pipeline.blurs.BLURS`.
    """

    def __init__(self, analysis: Analysis, folder: Path, mode: str) -> None:
        self.analysis, self.mode = analysis, mode
        self.evidence = EvidenceFolder(folder / EVIDENCE)
        things = folder / channels.THINGS
        self._things = ScoredThings.load(things).things if mode != "none" and things.exists() else None
        looked = self._things.looked if self._things is not None else np.zeros(0, np.int64)
        kept = self.evidence.frames() if mode != "none" else []
        self._looks: Ints = np.union1d(looked, np.array(kept, np.int64))
        self._seconds = analysis.clock.seconds(self._looks)
        self._kept = set(kept)
        self._tubes, self._persons = lru_cache(maxsize=4)(self._held), lru_cache(maxsize=512)(self._found)

    def edit(self, number: int, frame: int, image: Picture) -> Picture:
        """Return the picture of a frame as it is shown for an event, counted from 1; 0 for none."""
        if self.mode == "none":
            return image
        if not self._known(frame):
            return mosaic(image, [(0.0, 0.0, float(image.shape[1]), float(image.shape[0]))], margin=0.0)
        held = self._tubes(number or -1 - int(self.analysis.clock.at(frame) / STRETCH_SECONDS))
        return mosaic(image, [box for one in held if (box := one.at(frame)) is not None])

    def picture(self, frame: int, image: Picture) -> Picture:
        """Return the picture of a frame as the report shows it, for the event that the frame lies in."""
        events = enumerate(self.analysis.events, 1)
        number = next((n for n, one in events if one.event.first <= frame <= one.event.last), 0)
        return self.edit(number, frame, image)

    def kept(self, frame: int) -> Evidence:
        """Return what was kept of a frame, its picture as the report shows it.

        Raises:
            InputError: nothing was.
        """
        found = self.evidence.get(frame)
        return replace(found, image=self.picture(frame, found.image))

    def _known(self, frame: int) -> bool:
        here = self.analysis.clock.at(frame)
        first, stop = np.searchsorted(self._seconds, [here - MAX_LOOK_SECONDS, here + MAX_LOOK_SECONDS + 1e-9])
        return bool(first < stop)

    def _held(self, number: int) -> list[_Held]:
        """Return what is blurred for an event, or, under 0, in the stretch ``-1 - number`` of the clip."""
        clock = self.analysis.clock
        one = self.analysis.events[number - 1] if number > 0 else None
        start = clock.at(one.event.first) if one else STRETCH_SECONDS * (-1 - number)
        end = clock.at(one.event.last) if one else start + STRETCH_SECONDS
        looks = self._looks[(self._seconds >= start - REACH_SECONDS) & (self._seconds <= end + REACH_SECONDS)]
        tubes = link([self._persons(int(frame)) for frame in looks.tolist()])
        causes = [tube for _, tube in cause_tubes(one) if tube] if one else []
        if self.mode == "persons":
            tubes = [tube for tube in tubes if not any(same(tube, cause) for cause in causes)]
        return [self._hold(tube, looks) for tube in [*tubes, *(causes if self.mode == "all" else [])]]

    def _hold(self, tube: Tube, looks: Ints) -> _Held:
        before, after = looks[looks < tube.frames[0]], looks[looks > tube.frames[-1]]
        first = int(before[-1]) + 1 if len(before) else 0
        last = int(after[0]) - 1 if len(after) else len(self.analysis.scores)
        return _Held(tube, first, last)

    def _found(self, frame: int) -> Detections:
        """Return the persons of a frame that was looked at, from all that the run kept."""
        found = [np.zeros((0, 4), np.float32)]
        if frame in self._kept:
            seen = self.evidence.objects(frame)
            found.append(seen.boxes[seen.labelled(PERSON) & (seen.confidence >= MIN_CONFIDENCE)])
        if self._things is not None:
            found.append(self._things.boxes[(self._things.frames == frame) & self._things.labelled(PERSON)])
        boxes = np.concatenate(found).astype(np.float32)
        return Detections(frame, boxes, (PERSON,) * len(boxes), np.ones(len(boxes), np.float32), "COCO")


def _tube(cause: Cause) -> Tube:
    frames, boxes = np.array([f for f, _ in cause.tube], np.int64), np.array([b for _, b in cause.tube], np.float32)
    return Tube(cause.fine, frames, boxes, np.ones(len(frames), np.float32))


def same(person: Tube, cause: Tube) -> bool:
    """Tell whether a person is a cause: its boxes overlap the cause's in the frames in which both were seen."""
    inside = (person.frames >= cause.frames[0]) & (person.frames <= cause.frames[-1])
    if not inside.any():
        return False
    sides = [np.interp(person.frames[inside], cause.frames, cause.boxes[:, i]) for i in range(4)]
    overlap = np.diagonal(iou(person.boxes[inside].astype(np.float64), np.stack(sides, axis=1)))
    return bool(np.median(overlap) >= SAME_IOU)


def cause_tubes(one: ExplainedEvent) -> list[tuple[Cause, Tube | None]]:
    """Return the causes that pictures of an event mark, best first, each with its tube, if it was seen in any frame."""
    return [(cause, _tube(cause) if cause.tube else None) for _, cause in report.marked_causes(one)]


def mosaic(image: Picture, boxes: Sequence[Pixels], margin: float = MARGIN) -> Picture:
    """Return a copy of a picture in which boxes are mosaics of :data:`CELLS` cells along the longer side.

    Args:
        image: (H, W, 3) uint8, or (H, W) float32.
        boxes: (x1, y1, x2, y2) in pixels.
        margin: share of a box's size by which each side is moved outwards.
    """
    edited, (height, width) = image.copy(), image.shape[:2]
    for x1, y1, x2, y2 in boxes:
        aside, down = margin * (x2 - x1), margin * (y2 - y1)
        left, top = max(int(x1 - aside), 0), max(int(y1 - down), 0)
        right, bottom = min(int(np.ceil(x2 + aside)), width), min(int(np.ceil(y2 + down)), height)
        if right <= left or bottom <= top:
            continue
        cell = max(right - left, bottom - top) / CELLS
        size = max(round((right - left) / cell), 1), max(round((bottom - top) / cell), 1)
        few = cv2.resize(np.ascontiguousarray(image[top:bottom, left:right]), size, interpolation=cv2.INTER_AREA)
        edited[top:bottom, left:right] = cv2.resize(few, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
    return edited
