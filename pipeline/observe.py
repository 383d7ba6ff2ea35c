"""Observes the things of a clip in one pass: boxes, their tracks, and the optical flow inside them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import cv2
import numpy as np

from core.arrays import Doubles, Floats, Images
from core.clock import Clock
from core.contracts import DescribingModel, ObjectModel
from core.records import Detections, Frames
from core.things import Things
from explain.causes.plausible import believed, sized, suppress_partial_persons
from pipeline._tracked import MOVES, Look, things_of

MIN_CONFIDENCE = 0.3
LOOKS_PER_SECOND = 5.0
"""Frames a second that are looked at, at most: as many as evidence is made of."""
FLOW_SIDE_PIXELS = 360
"""Longer side to which pictures are reduced for optical flow, at most by half of theirs."""
BATCH = 4


def observe(chunks: Iterable[Frames], objects: ObjectModel) -> tuple[Things, Clock]:
    """Look at up to :data:`LOOKS_PER_SECOND` frames of a clip; also return when all its frames are shown."""
    observer, times = Observer(objects), list[Doubles]()
    for chunk in chunks:
        times.append(chunk.times)
        observer.add(chunk)
    clock = Clock.of(np.concatenate([np.zeros(0), *times]))
    return observer.finish(clock), clock


class Observer:
    """Collects the things of a clip that is shown to it chunk by chunk, once.

    Args:
        objects: finds them.
        keep: called with the number and the picture of each frame that will be looked at.

    Attributes:
        found: number of each frame that was looked at to all boxes that the object model gave, also unsure ones.
    """

    def __init__(self, objects: ObjectModel, keep: Callable[[int, Images], None] = lambda frame, image: None) -> None:
        self.found: dict[int, Detections] = {}
        self._keep = keep
        self._objects = objects
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)
        self._looks: list[Look] = []
        self._before: tuple[Images, float] | None = None
        self._waiting: list[tuple[int, Images, Floats | None]] = []
        self._last, self._size = -np.inf, (1, 1)

    def add(self, chunk: Frames) -> None:
        """Add the clip's next frames, (N, H, W, 3) uint8, with their seconds."""
        for i, (image, time) in enumerate(zip(chunk.images, chunk.times.tolist(), strict=True)):
            if time - self._last >= 1 / LOOKS_PER_SECOND - 1e-3:
                self._last = time
                self._keep(chunk.first + i, image)
                self._waiting.append((chunk.first + i, image.copy(), self._moved(image, time)))
                if len(self._waiting) == BATCH:
                    self._look()
            self._before = image, time
        if self._before is not None:
            self._before = self._before[0].copy(), self._before[1]

    def _moved(self, image: Images, time: float) -> Floats | None:
        """Return the optical flow from the frame before, (h, w, 2) in its pixels a second; None without one."""
        if self._before is None or self._before[0].shape != image.shape:
            return None
        flow = self._flow.calc(_small(self._before[0]), _small(image), None)
        return np.asarray(flow / (time - self._before[1]), np.float32)

    def _look(self) -> None:
        images = np.stack([image for _, image, _ in self._waiting])
        found, features = self._detected(images)
        for boxes, own, (frame, image, flow) in zip(found, features, self._waiting, strict=True):
            self._size = size = (image.shape[1], image.shape[0])
            self.found[frame] = boxes = replace(boxes, frame=frame)
            kept = believed(suppress_partial_persons(sized(boxes, size)), image)
            kept = kept.select(kept.confidence >= MIN_CONFIDENCE)
            place = {key: i for i, key in enumerate(_keys(boxes))}
            moves = np.array([_moves(flow, box, size) for box in kept.boxes], np.float64).reshape(-1, len(MOVES))
            self._looks.append(Look(kept, moves, own[[place[key] for key in _keys(kept)]]))
        self._waiting = []

    @property
    def looked(self) -> list[int]:
        """The frames that were looked at so far, ascending."""
        return list(self.found)

    def things(self, clock: Clock, since: int) -> Things:
        """Return the things of the frames from ``since`` on that were looked at so far, as if nothing followed."""
        return things_of([look for look in self._looks if look.boxes.frame >= since], clock, self._size)

    def finish(self, clock: Clock) -> Things:
        """Return the things of the clip, whose frames are shown as the clock says."""
        if self._waiting:
            self._look()
        return things_of(self._looks, clock, self._size)

    def _detected(self, images: Images) -> tuple[list[Detections], list[Floats]]:
        """Ask the object model; features of one that gives none are (boxes, 0)."""
        if isinstance(self._objects, DescribingModel):
            return self._objects.describe(images)
        found = self._objects.detect(images)
        return found, [np.zeros((len(boxes), 0), np.float32) for boxes in found]


def _keys(found: Detections) -> list[tuple[bytes, str]]:
    return [(box.tobytes(), label) for box, label in zip(found.boxes, found.labels, strict=True)]


def _small(image: Images) -> Images:
    height, width = image.shape[:2]
    scale = min(max(FLOW_SIDE_PIXELS / max(height, width), 0.5), 1.0)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _moves(flow: Floats | None, box: Floats, size: tuple[int, int]) -> tuple[float, float]:
    """Return :data:`MOVES` of what is inside a box, in its heights a second; NaN without a frame before."""
    if flow is None:
        return np.nan, np.nan
    scale = flow.shape[1] / size[0]
    x1, y1, x2, y2 = np.round(box * scale).astype(int)
    inside = flow[max(y1, 0) : max(y2, y1 + 1, 1), max(x1, 0) : max(x2, x1 + 1, 1)].reshape(-1, 2)
    if not len(inside):
        return np.nan, np.nan
    height = max(float(box[3] - box[1]), 1.0) * scale
    length = np.hypot(inside[:, 0], inside[:, 1])
    fast = length >= np.median(length)
    return float(length[fast].mean()) / height, float(np.hypot(*inside.std(axis=0))) / height
