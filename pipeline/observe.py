"""Observes the things of a clip in one pass: boxes, their tracks, and the optical flow inside them."""

from collections.abc import Iterable

import cv2
import numpy as np

from core.arrays import Bools, Doubles, Floats, Images, Ints
from core.clock import Clock
from core.contracts import ObjectModel
from core.records import Detections, Frames, Tube
from core.things import ATTRIBUTES, Things
from explain.causes.plausible import believed, sized, suppress_partial_persons
from explain.causes.tubes import link

MIN_CONFIDENCE = 0.3
LOOKS_PER_SECOND = 10.0
"""Frames a second that are looked at, at most."""
FLOW_SIDE_PIXELS = 360
"""Longer side to which pictures are reduced for optical flow, at most by half of theirs."""
SMOOTHED_SECONDS = 1.0
"""Attributes are means over a thing's track so long before and after a frame."""
MAX_EDGE_FRACTION = 0.01
"""Share of the picture's width or height from its edge at which a box may be cut off."""
BATCH = 4


def observe(chunks: Iterable[Frames], objects: ObjectModel) -> tuple[Things, Clock]:
    """Look at up to :data:`LOOKS_PER_SECOND` frames of a clip; also return when all its frames are shown."""
    observer, times = _Observer(objects), list[Doubles]()
    for chunk in chunks:
        times.append(chunk.times)
        for i, image in enumerate(chunk.images):
            observer.add(image, chunk.first + i, float(chunk.times[i]))
    clock = Clock.of(np.concatenate([np.zeros(0), *times]))
    return observer.things(clock), clock


class _Observer:
    """Collects the boxes of frames, and the flow inside them from the frame before."""

    def __init__(self, objects: ObjectModel) -> None:
        self.objects = objects
        self.flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.flow.setFinestScale(0)
        self.boxes: list[Detections] = []
        self.moves: list[Doubles] = []
        self._before: tuple[Images, float] | None = None
        self._waiting: list[tuple[int, Images, Floats | None]] = []
        self._last, self._size = -np.inf, (1, 1)

    def add(self, image: Images, frame: int, time: float) -> None:
        """Add a clip's next frame, (H, W, 3) uint8."""
        grey = _small(image)
        if time - self._last >= 1 / LOOKS_PER_SECOND - 1e-3:
            self._last, flow = time, None
            if self._before is not None and self._before[0].shape == grey.shape:
                flow = self.flow.calc(self._before[0], grey, None) / (time - self._before[1])
            self._waiting.append((frame, image.copy(), flow))
            if len(self._waiting) == BATCH:
                self._look()
        self._before = grey, time

    def _look(self) -> None:
        found = self.objects.detect(np.stack([image for _, image, _ in self._waiting]))
        for boxes, (frame, image, flow) in zip(found, self._waiting, strict=True):
            self._size = size = (image.shape[1], image.shape[0])
            kept = believed(suppress_partial_persons(sized(boxes, size)), image)
            kept = kept.select(kept.confidence >= MIN_CONFIDENCE)
            self.boxes.append(Detections(frame, kept.boxes, kept.labels, kept.confidence, kept.vocabulary))
            self.moves.append(np.array([_moves(flow, box, size) for box in kept.boxes], np.float64).reshape(-1, 2))
        self._waiting = []

    def things(self, clock: Clock) -> Things:
        """Link the boxes, and smooth what was measured along each track."""
        if self._waiting:
            self._look()
        tubes = link(self.boxes)
        rows = {
            (found.frame, box.tobytes(), label): move
            for found, moves in zip(self.boxes, self.moves, strict=True)
            for box, label, move in zip(found.boxes, found.labels, moves, strict=True)
        }
        looked = np.array([found.frame for found in self.boxes], np.int64)
        parts = [_along(tube, number, rows, clock) for number, tube in enumerate(tubes)]
        if not parts:
            none = np.zeros(0, np.int64)
            empty = np.zeros((0, 4), np.float32), np.zeros(0), np.zeros((0, len(ATTRIBUTES)))
            return Things(none, none, (), *empty, none.astype(np.bool_), looked)
        frames = np.concatenate([tube.frames for tube in tubes])
        order = np.argsort(frames, kind="stable")
        labels = [tube.label for tube in tubes for _ in tube.frames]
        boxes = np.concatenate([tube.boxes for tube in tubes])[order]
        return Things(
            frames[order],
            np.repeat(np.arange(len(tubes)), [len(tube.frames) for tube in tubes])[order],
            tuple(labels[i] for i in order),
            boxes,
            np.concatenate([confidence for confidence, _ in parts])[order],
            np.concatenate([values for _, values in parts])[order],
            at_edge(boxes, self._size),
            looked,
        )


def at_edge(boxes: Floats, size: tuple[int, int]) -> Bools:
    """Mark (N, 4) boxes that the edge of a picture of (width, height) may cut off: (N,)."""
    side = np.array(size, np.float64)
    near = (boxes[:, :2] <= MAX_EDGE_FRACTION * side) | (boxes[:, 2:] >= (1 - MAX_EDGE_FRACTION) * side)
    return np.asarray(near.any(axis=1))


def _small(image: Images) -> Images:
    height, width = image.shape[:2]
    scale = min(max(FLOW_SIDE_PIXELS / max(height, width), 0.5), 1.0)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _moves(flow: Floats | None, box: Floats, size: tuple[int, int]) -> tuple[float, float]:
    """Return speed and limb motion inside a box in its heights a second; NaN without a frame before."""
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


def _along(
    tube: Tube, number: int, rows: dict[tuple[int, bytes, str], Doubles], clock: Clock
) -> tuple[Doubles, Doubles]:
    """Return the smoothed confidence, (T,), and :data:`ATTRIBUTES`, (T, 4), of a track."""
    moves = np.array([rows[int(f), b.tobytes(), tube.label] for f, b in zip(tube.frames, tube.boxes, strict=True)])
    wide, high = np.maximum(tube.boxes[:, 2:] - tube.boxes[:, :2], 1.0).astype(np.float64).T
    raw = np.concatenate([tube.confidence[:, None], moves, (wide / high)[:, None], high[:, None]], axis=1)
    when = clock.seconds(tube.frames)
    first = np.searchsorted(when, when - SMOOTHED_SECONDS - 1e-6)
    behind = np.searchsorted(when, when + SMOOTHED_SECONDS + 1e-6, side="right")
    smooth = _window_means(raw, first, behind)
    return smooth[:, 0], smooth[:, 1:]


def _window_means(values: Doubles, first: Ints, behind: Ints) -> Doubles:
    """Return the means of (T, C) values over rows ``first`` to before ``behind``, (T,) each; 0 where all are NaN."""
    known = np.isfinite(values)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.where(known, values, 0.0).cumsum(axis=0)])
    count = np.concatenate([np.zeros((1, values.shape[1])), known.cumsum(axis=0)])
    means: Doubles = (total[behind] - total[first]) / np.maximum(count[behind] - count[first], 1)
    return means
