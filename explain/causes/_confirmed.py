"""What is seen in one explained frame alone, though its neighbours were looked at too, is no thing: it is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.arrays import Bools, Floats
from core.boxes import iou
from core.clock import Clock
from core.records import Detections, Evidence, Tube
from explain.causes._vehicles import DRIVEN
from explain.labels import PERSON

TWO_WHEELS = frozenset({"bicycle", "motorcycle"})
MAX_STEP_SECONDS = 0.5
"""Explained frames at most so far apart are neighbours; of one without neighbours nothing can be confirmed."""
MIN_TRACK_IOU = 0.3
MAX_HEIGHTS_PER_SECOND = 25.0
"""Heights that a vehicle goes in a second at most: 135 km/h of a car. Between two frames it leaves its own box."""
MAX_HEIGHT_RATIO = 1.6

Lone = tuple[str, int, Floats]
"""Label, position of its frame, and box (4,) of a track that is one frame long."""


def kind(label: str) -> str:
    """Name what models confuse with each other from frame to frame by one name."""
    return "vehicle" if label in DRIVEN else "two wheels" if label in TWO_WHEELS else label


def unconfirmed(tubes: Sequence[Tube], detections: Sequence[Detections], clock: Clock | None) -> list[Bools]:
    """Mark the boxes that no other frame confirms.

    A box is confirmed by a track of two frames, by a box of its kind at its place in a neighbouring frame, and, of a
    vehicle that is too fast for a track, by another one alone of its kind and size that it can have reached.

    Args:
        tubes: of the detections.
        detections: of the explained frames, ascending.
        clock: when frames are shown; without it frames that follow each other are neighbours.

    Returns:
        For each frame, which of its rows are not confirmed.
    """
    lost = [np.zeros(len(found), np.bool_) for found in detections]
    if len(detections) < 2:
        return lost
    frames = np.array([found.frame for found in detections])
    when = frames.astype(np.float64) if clock is None else clock.seconds(frames)
    gaps = np.zeros(len(frames) - 1) if clock is None else np.diff(when)
    alone = [(t.label, int(np.searchsorted(frames, t.frames[0])), t.boxes[0]) for t in tubes if len(t.frames) == 1]
    for label, at, box in alone:
        sides = (at - 1, at - 1), (at + 1, at)
        beside = [n for n, gap in sides if 0 <= n < len(frames) and gaps[gap] <= MAX_STEP_SECONDS]
        if not beside or any(_there(detections[n], label, box) for n in beside):
            continue
        if clock is not None and any(_reached(label, box, other, when[at], when[other[1]]) for other in alone
                                     if other[1] in beside):  # fmt: skip
            continue
        found = detections[at]
        lost[at] |= (found.boxes == box).all(axis=1) & found.labelled(label)
    return lost


def _there(found: Detections, label: str, box: Floats) -> bool:
    rows = [i for i, name in enumerate(found.labels) if kind(name) == kind(label)]
    return bool(rows) and float(iou(box, found.boxes[rows]).max()) >= MIN_TRACK_IOU


def _reached(label: str, box: Floats, other: Lone, here: float, there: float) -> bool:
    """Return whether a vehicle can have gone from one lone box to another."""
    if label not in DRIVEN | TWO_WHEELS or kind(other[0]) != kind(label):
        return False
    heights = [max(float(b[3] - b[1]), 1.0) for b in (box, other[2])]
    gone = float(np.hypot(*((box[:2] + box[2:] - other[2][:2] - other[2][2:]) / 2)))
    reach = MAX_HEIGHTS_PER_SECOND * max(heights) * abs(here - there)
    return max(heights) <= MAX_HEIGHT_RATIO * min(heights) and gone <= reach


class Without:
    """Evidence without some of its boxes, and without what was said of persons in them."""

    def __init__(self, evidence: Sequence[Evidence], lost: Sequence[Bools]) -> None:
        self.evidence, self.lost = evidence, lost

    def __len__(self) -> int:
        return len(self.evidence)

    def __iter__(self) -> Iterator[Evidence]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int) -> Evidence:
        seen, lost = self.evidence[index], self.lost[index]
        if not lost.any():
            return seen
        gone = seen.objects.boxes[lost & seen.objects.labelled(PERSON)]
        said = (seen.actions.boxes[:, None] == gone[None]).all(axis=2).any(axis=1)
        return replace(seen, objects=seen.objects.select(~lost), actions=seen.actions.select(~said))
