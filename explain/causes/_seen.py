"""The things of a clip in single frames, with the nats of their attributes, and which box is which thing's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles
from core.boxes import iou
from core.records import Pixels
from core.scored_things import ScoredThings
from explain.causes.terms import between, glides, stillness

SAME_THING_IOU = 0.5
"""A box is that of a thing from here; of several, the one that it fits best."""
SAME_NAME = 1e-3
"""By which a thing of the box's own name is preferred to one of another name in the same box, in IoU."""


class Seen(NamedTuple):
    """A thing in one frame.

    Attributes:
        nats: its score there.
        glides: whether it is a person, fast with still legs.
        still: how still its limbs are for its speed, as :func:`explain.causes.terms.stillness` tells; NaN if unknown.
    """

    label: str
    box: Pixels
    nats: float
    glides: bool
    still: float = float("nan")


def matched(names: Sequence[str], boxes: Sequence[npt.ArrayLike], seen: Sequence[Seen]) -> list[Seen | None]:
    """Return for each of N boxes the thing whose box it is; None where it is none's."""
    if not seen or not names:
        return [None] * len(names)
    overlap = iou(np.array(boxes, np.float64), np.array([one.box for one in seen], np.float64))
    same = np.array([[name == one.label for one in seen] for name in names])
    best = (overlap + SAME_NAME * same).argmax(axis=1).tolist()
    return [seen[i] if overlap[row, i] >= SAME_THING_IOU else None for row, i in enumerate(best)]


def in_frames(scored: ScoredThings | None, frames: Sequence[int]) -> Mapping[int, list[Seen]]:
    """List the things in each of ascending frames; a track is interpolated where the frame was not looked at."""
    found: dict[int, list[Seen]] = defaultdict(list)
    if scored is None or not frames:
        return found
    looked, things, wanted = scored.things.looked, scored.things, np.array(frames)
    before, behind = looked[looked <= frames[0]], looked[looked >= frames[-1]]
    first, last = before[-1] if len(before) else frames[0], behind[0] if len(behind) else frames[-1]
    rows = between(scored, int(first), int(last))
    rows = rows[np.argsort(things.tracks[rows], kind="stable")]
    for own in np.split(rows, np.flatnonzero(np.diff(things.tracks[rows])) + 1) if len(rows) else ():
        seen = things.frames[own]
        at = wanted[(wanted >= seen[0]) & (wanted <= seen[-1])]
        values = (
            *things.boxes[own].T,
            scored.nats[own].sum(axis=1),
            glides(scored, own).astype(np.float64),
            stillness(scored, own),
        )
        along: list[Doubles] = [np.interp(at, seen, value) for value in values]
        for frame, x1, y1, x2, y2, nats, glide, still in zip(at.tolist(), *(a.tolist() for a in along), strict=True):
            found[frame].append(Seen(things.labels[own[0]], (x1, y1, x2, y2), nats, glide > 0.5, still))
    return found
