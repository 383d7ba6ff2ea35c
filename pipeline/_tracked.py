"""From boxes of single frames to things: boxes are linked, and what was measured in them is smoothed along a track."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles, Floats, Ints
from core.clock import Clock
from core.records import Detections, Tube
from core.things import ATTRIBUTES, Things
from explain.causes.tubes import link

MOVES = ("speed", "limbs", "right", "down")
"""Measured inside each box by optical flow, in its heights a second; the last two are the mean of the faster half."""
SMOOTHED_SECONDS = 1.0
"""Attributes are means over a thing's track so long before and after a frame."""
MAX_EDGE_FRACTION = 0.01
"""Share of the picture's width or height from its edge at which a box may be cut off."""
STAYED_SIZES = 0.5
"""Who moves by less than so many of its own heights stays where it is."""


@dataclass(frozen=True)
class Look:
    """What was seen in one frame.

    Attributes:
        boxes: N of them.
        moves: (N, 4) float64, the :data:`MOVES`, NaN without a frame before.
        features: (N, D) float32; D is 0 where the object model describes nothing.
    """

    boxes: Detections
    moves: Doubles
    features: Floats


def things_of(looks: Sequence[Look], clock: Clock, size: tuple[int, int]) -> Things:
    """Link the boxes of a clip of (width, height) pixels, and smooth what was measured along each track."""
    tubes = link([look.boxes for look in looks])
    rows = {
        (look.boxes.frame, box.tobytes(), label): row
        for look in looks
        for box, label, row in zip(look.boxes.boxes, look.boxes.labels, _rows(look), strict=True)
    }
    looked = np.array([look.boxes.frame for look in looks], np.int64)
    if not tubes:
        none, no_rows = np.zeros(0, np.int64), (np.zeros((0, n)) for n in (len(ATTRIBUTES), 2))
        empty = np.zeros((0, 4), np.float32), np.zeros(0), next(no_rows)
        return Things(none, none, (), *empty, none.astype(np.bool_), looked, ways=next(no_rows), dwell=np.zeros(0))
    frames = np.concatenate([tube.frames for tube in tubes])
    order = np.argsort(frames, kind="stable")
    labels = [tube.label for tube in tubes for _ in tube.frames]
    boxes = np.concatenate([tube.boxes for tube in tubes])[order]
    smooth = np.concatenate([_along(tube, rows, clock) for tube in tubes])[order]
    features = smooth[:, 7:] / np.maximum(np.linalg.norm(smooth[:, 7:], axis=1, keepdims=True), 1e-6)
    return Things(
        frames[order],
        np.repeat(np.arange(len(tubes)), [len(tube.frames) for tube in tubes])[order],
        tuple(labels[i] for i in order),
        boxes,
        smooth[:, 0],
        smooth[:, [1, 2, 5, 6]],
        at_edge(boxes, size),
        looked,
        ways=smooth[:, 3:5],
        dwell=np.concatenate([stayed(tube, clock) for tube in tubes])[order],
        features=features.astype(np.float32) if features.shape[1] else None,
    )


def _rows(look: Look) -> Doubles:
    return np.concatenate([look.moves, look.features], axis=1, dtype=np.float64)


def at_edge(boxes: Floats, size: tuple[int, int]) -> Bools:
    """Mark (N, 4) boxes that the edge of a picture of (width, height) may cut off: (N,)."""
    side = np.array(size, np.float64)
    near = (boxes[:, :2] <= MAX_EDGE_FRACTION * side) | (boxes[:, 2:] >= (1 - MAX_EDGE_FRACTION) * side)
    return np.asarray(near.any(axis=1))


def stayed(tube: Tube, clock: Clock) -> Doubles:
    """Return how long a thing has been within :data:`STAYED_SIZES` of where it is, (T,) in seconds."""
    boxes, when = tube.boxes.astype(np.float64), clock.seconds(tube.frames)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = STAYED_SIZES * np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    since, since_when = 0, np.zeros(len(when))
    for i in range(len(when)):
        if np.hypot(*(middle[i] - middle[since])) > reach[i]:
            away = np.hypot(*(middle[since:i] - middle[i]).T) > reach[i]
            since += int(np.flatnonzero(away)[-1]) + 1
        since_when[i] = when[since]
    return when - since_when


def _along(tube: Tube, rows: dict[tuple[int, bytes, str], Doubles], clock: Clock) -> Doubles:
    """Return confidence, :data:`MOVES`, width, height and features of a track, smoothed, (T, 7 + D)."""
    seen = np.array([rows[int(f), b.tobytes(), tube.label] for f, b in zip(tube.frames, tube.boxes, strict=True)])
    wide, high = np.maximum(tube.boxes[:, 2:] - tube.boxes[:, :2], 1.0).astype(np.float64).T
    measured = [tube.confidence[:, None], seen[:, : len(MOVES)], (wide / high)[:, None], high[:, None]]
    raw = np.concatenate([*measured, seen[:, len(MOVES) :]], axis=1)
    when = clock.seconds(tube.frames)
    first = np.searchsorted(when, when - SMOOTHED_SECONDS - 1e-6)
    behind = np.searchsorted(when, when + SMOOTHED_SECONDS + 1e-6, side="right")
    return _window_means(raw, first, behind)


def _window_means(values: Doubles, first: Ints, behind: Ints) -> Doubles:
    """Return the means of (T, C) values over rows ``first`` to before ``behind``, (T,) each; 0 where all are NaN."""
    known = np.isfinite(values)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.where(known, values, 0.0).cumsum(axis=0)])
    count = np.concatenate([np.zeros((1, values.shape[1])), known.cumsum(axis=0)])
    means: Doubles = (total[behind] - total[first]) / np.maximum(count[behind] - count[first], 1)
    return means
