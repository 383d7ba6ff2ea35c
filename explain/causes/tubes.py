"""Links the boxes of sampled frames into tubes: one object followed over time.

Tracking by detection in the manner of SORT (Bewley et al., ICIP 2016), without its Kalman filter: a constant-velocity
prediction, Hungarian assignment on intersection over union, and a second pass with enlarged boxes for objects that move
by more than their own width between two samples (buffered IoU; Yang et al., WACV 2023).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from core.arrays import Doubles, Floats, Ints
from core.boxes import iou
from core.clock import Clock
from core.errors import expect
from core.records import Detections, Pixels, Tube

MAX_MISSED_SAMPLES = 3
PASSES = ((0.0, 0.3), (0.5, 0.05))
"""(enlargement of each side as a share of the box's width and height, least IoU), tried in this order."""

MIN_END_CONFIDENCE = 0.1
"""Confidence below which a box neither begins nor ends a tube that has surer ones: it may be half of another person."""

SPEED_SECONDS = 0.4
"""Seconds over which a speed is measured, as far as a tube and its samples allow."""

MIN_SPEED_BOXES = 4
"""Boxes from which a tube's speed is stated: the steps between fewer do not tell by how much they differ."""
MAX_SPEED_ERROR = 0.1
"""Standard error of a speed that is stated as a number, as a share of it: two of them are a fifth."""

TRACK = np.dtype([("tube", "i8"), ("label", "i8"), ("box", "f8", (4,)), ("velocity", "f8", (4,)), ("moving", "?"),
                  ("frame", "i8"), ("missed", "i8")])  # fmt: skip
"""Number of the tube, class, last box, its velocity, whether that is known, last frame, and samples missed since."""

SAME_MOMENT_SECONDS = 1e-6
"""Seconds by which two moments may differ and be the same."""


def link(detections: Sequence[Detections]) -> list[Tube]:
    """Link boxes of the same label over time; every box ends in exactly one tube.

    Args:
        detections: boxes of sampled frames, frames strictly ascending; the gaps between them may vary.

    Returns:
        Tubes in order of their first frame, and of their first box within it.

    Raises:
        ValueError: the frames do not ascend.
    """
    sampled = [entry.frame for entry in detections]
    ascending = all(a < b for a, b in pairwise(sampled))
    expect(ascending, "frames of detections", "strictly ascending", sampled)
    labels = np.array([label for entry in detections for label in entry.labels], dtype=object)
    if not len(labels):
        return []
    names, classes = np.unique(labels.astype(str), return_inverse=True)
    frames = np.repeat(np.array(sampled, np.int64), [len(entry) for entry in detections])
    boxes = np.concatenate([entry.boxes for entry in detections])
    confidence = np.concatenate([entry.confidence for entry in detections])
    owner = _assign(sampled, frames, boxes.astype(np.float64), classes.astype(np.int64))
    order = np.argsort(owner, kind="stable")
    whole = np.split(order, np.flatnonzero(np.diff(owner[order])) + 1)
    groups = sorted((part for g in whole for part in _ends_off(g, confidence)), key=lambda g: int(g[0]))
    return [Tube(str(names[classes[g[0]]]), frames[g], boxes[g], confidence[g]) for g in groups]


def _ends_off(rows: Ints, confidence: Floats) -> list[Ints]:
    """Part the doubted boxes before a tube's first sure one and behind its last from it, as tubes of their own."""
    sure = np.flatnonzero(confidence[rows] >= MIN_END_CONFIDENCE)
    if not len(sure):
        return [rows]
    parts = np.split(rows, [sure[0], sure[-1] + 1])
    return [part for part in parts if len(part)]


def at(tube: Tube, frame: float) -> Pixels | None:
    """Return the tube's box at ``frame``, interpolated between samples; None before the first and after the last."""
    if not tube.frames[0] <= frame <= tube.frames[-1]:
        return None
    x1, y1, x2, y2 = (float(np.interp(frame, tube.frames, tube.boxes[:, i])) for i in range(4))
    return x1, y1, x2, y2


def speed(tube: Tube, clock: Clock) -> float:
    """Return the median speed of the box's centre, in box heights per second; 0 for a tube of one frame.

    Measured over :data:`SPEED_SECONDS`, or over the whole of a shorter tube, so that it does not depend on the sampling
    rate: between two frames a box shakes by more than its object moves.
    """
    return float(np.median(_paces(tube, clock))) if len(tube.frames) > 1 else 0.0


def known_speed(tube: Tube, clock: Clock) -> float | None:
    """Return :func:`speed`, or None where it is not known to a fifth: two of its standard errors are more, or unknown.

    That of a median is 1.25 times that of a mean; steps that overlap in time are no further ones.
    """
    if len(tube.frames) < MIN_SPEED_BOXES:
        return None
    paces = _paces(tube, clock)
    seconds = clock.at(int(tube.frames[-1])) - clock.at(int(tube.frames[0]))
    error = 1.2533 * float(paces.std()) / np.sqrt(max(seconds / SPEED_SECONDS, 1.0))
    known = float(np.median(paces))
    return known if error <= MAX_SPEED_ERROR * known else None


def _paces(tube: Tube, clock: Clock) -> Doubles:
    """Return the speeds of a tube of two boxes or more over steps of :data:`SPEED_SECONDS`, (S,)."""
    boxes = tube.boxes.astype(np.float64)
    when = clock.seconds(tube.frames)
    ends = np.searchsorted(when, when + SPEED_SECONDS - clock.step / 2 - SAME_MOMENT_SECONDS)
    ends = np.maximum(ends, np.arange(len(when)) + 1)
    begins = np.flatnonzero(ends < len(boxes))
    ends = ends[begins] if len(begins) else np.array([len(boxes) - 1])
    begins = begins if len(begins) else np.array([0])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    seconds = when[ends] - when[begins]
    moved = np.hypot(*(centres[ends] - centres[begins]).T)
    paces: Doubles = moved / seconds / ((heights[ends] + heights[begins]) / 2)
    return paces


class _Tracks:
    """The tubes that may still grow, as one row of :data:`TRACK` each."""

    def __init__(self) -> None:
        self.rows = np.zeros(0, TRACK)

    def predict(self, frame: int) -> Doubles:
        """Return the boxes expected at ``frame``: the last ones moved on, their size kept."""
        shift = (self.rows["velocity"][:, :2] + self.rows["velocity"][:, 2:]) / 2
        return np.asarray(self.rows["box"] + np.tile(shift, 2) * (frame - self.rows["frame"])[:, None])

    def extend(self, which: Ints, boxes: Doubles, frame: int) -> None:
        """Append one box to each of the tracks ``which``; all others were missed."""
        grown = self.rows[which]
        measured = (boxes - grown["box"]) / (frame - grown["frame"])[:, None]
        kept = np.where(grown["moving"][:, None], 0.5, 0.0)
        grown["velocity"] = kept * grown["velocity"] + (1 - kept) * measured
        grown["box"], grown["frame"], grown["moving"], grown["missed"] = boxes, frame, True, 0
        self.rows["missed"] += 1
        self.rows[which] = grown

    def start(self, first: int, boxes: Doubles, labels: Ints, frame: int) -> Ints:
        """Drop the tracks missed for too long, open one for each box, and return the numbers of the new tubes."""
        fresh = np.zeros(len(boxes), TRACK)
        fresh["tube"] = np.arange(first, first + len(boxes))
        fresh["label"], fresh["box"], fresh["frame"] = labels, boxes, frame
        self.rows = np.concatenate([self.rows[self.rows["missed"] <= MAX_MISSED_SAMPLES], fresh])
        return np.asarray(fresh["tube"])


def _assign(sampled: Sequence[int], frames: Ints, boxes: Doubles, classes: Ints) -> Ints:
    """Return, for each box, the number of its tube; numbers are given in order of first appearance."""
    tracks, owner, count = _Tracks(), np.full(len(boxes), -1, np.int64), 0
    for frame in sampled:
        here = np.flatnonzero(frames == frame)
        rows, columns = _match(tracks.predict(frame), tracks.rows["label"], boxes[here], classes[here])
        owner[here[columns]] = tracks.rows["tube"][rows]
        tracks.extend(rows, boxes[here[columns]], frame)
        fresh = here[owner[here] < 0]
        owner[fresh] = tracks.start(count, boxes[fresh], classes[fresh], frame)
        count += len(fresh)
    return owner


def _match(expected: Doubles, expected_class: Ints, boxes: Doubles, classes: Ints) -> tuple[Ints, Ints]:
    """Pair expected with seen boxes of the same class, so that the summed IoU is greatest; each at most once."""
    rows, columns = np.arange(len(expected)), np.arange(len(boxes))
    pairs: list[Ints] = []
    for buffer, least in PASSES:
        overlap = iou(_enlarge(expected[rows], buffer), _enlarge(boxes[columns], buffer))
        overlap[(expected_class[rows, None] != classes[None, columns]) | (overlap < least)] = 0
        r, c = linear_sum_assignment(overlap, maximize=True)
        good = overlap[r, c] > 0
        pairs.append(np.stack([rows[r[good]], columns[c[good]]]))
        rows, columns = np.delete(rows, r[good]), np.delete(columns, c[good])
    matched = np.concatenate(pairs, axis=1)
    return matched[0], matched[1]


def _enlarge(boxes: Doubles, share: float) -> Doubles:
    """Move each side outwards by ``share`` of the box's width or height."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2) * share
    enlarged: Doubles = boxes + size * np.array([-1.0, -1.0, 1.0, 1.0])
    return enlarged
