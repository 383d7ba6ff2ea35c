"""How many nats the attributes of each candidate's thing hold: evidence beside the heat in its boxes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles
from core.boxes import iou
from core.records import Pixels
from core.scored_things import ScoredThings
from explain.causes._candidates import Candidate
from explain.causes._regions import NO_VOCABULARY
from explain.causes.terms import between

SAME_THING_IOU = 0.5
"""A candidate's box is that of a thing from here; of several, the one that it fits best."""
SAME_NAME = 1e-3
"""By which a thing of the candidate's own name is preferred to one of another name in the same box, in IoU."""

Seen = tuple[str, Pixels, float]
"""Label, box and score in nats of a thing in one frame."""


def nats_held(
    candidates: Sequence[Candidate], frames: npt.NDArray[np.intp], scored: ScoredThings | None
) -> tuple[Doubles, Doubles]:
    """Return the nats that each candidate's thing has in each of T frames, (N, T), and those of all things, (T,)."""
    held, total = np.zeros((len(candidates), len(frames))), np.zeros(len(frames))
    if scored is None:
        return held, total
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, candidate in enumerate(candidates):
        for where, frame in enumerate(candidate.frames.tolist() if candidate.vocabulary != NO_VOCABULARY else ()):
            places[frame].append((i, where))
    there = _in_frames(scored, frames)
    for column, frame in enumerate(frames.tolist()):
        seen = there.get(frame, [])
        total[column] = sum(nats for *_, nats in seen)
        if seen and (here := places[frame]):
            rows = [i for i, _ in here]
            held[rows, column] = _matched([_name(candidates, i) for i in rows],
                                          [candidates[i].boxes[where] for i, where in here], seen)  # fmt: skip
    return held, total


def _name(candidates: Sequence[Candidate], row: int) -> str:
    """Return the name of the object that does or is what a candidate says."""
    owner = candidates[row].owner
    return candidates[row if owner is None else owner].label


def _matched(names: Sequence[str], boxes: Sequence[npt.ArrayLike], seen: Sequence[Seen]) -> Doubles:
    """Return for each of N boxes the nats of the thing whose box it is, 0 for none: (N,)."""
    overlap = iou(np.array(boxes, np.float64), np.array([box for _, box, _ in seen], np.float64))
    same = np.array([[name == label for label, *_ in seen] for name in names])
    best = (overlap + SAME_NAME * same).argmax(axis=1)
    nats = np.array([nats for *_, nats in seen], np.float64)
    return np.where(overlap[np.arange(len(names)), best] >= SAME_THING_IOU, nats[best], 0.0)


def _in_frames(scored: ScoredThings, frames: npt.NDArray[np.intp]) -> Mapping[int, list[Seen]]:
    """List the things in each frame; a track's box and nats are interpolated where the frame was not looked at."""
    looked, things = scored.things.looked, scored.things
    before, behind = looked[looked <= frames[0]], looked[looked >= frames[-1]]
    first, last = before[-1] if len(before) else frames[0], behind[0] if len(behind) else frames[-1]
    rows = between(scored, int(first), int(last))
    rows = rows[np.argsort(things.tracks[rows], kind="stable")]
    found: dict[int, list[Seen]] = defaultdict(list)
    for own in np.split(rows, np.flatnonzero(np.diff(things.tracks[rows])) + 1):
        if not len(own):
            continue
        seen, total = things.frames[own], scored.nats[own].sum(axis=1)
        at = frames[(frames >= seen[0]) & (frames <= seen[-1])]
        sides = [np.interp(at, seen, things.boxes[own, side]).tolist() for side in range(4)]
        for frame, nats, *box in zip(at.tolist(), np.interp(at, seen, total).tolist(), *sides, strict=True):
            x1, y1, x2, y2 = box
            found[frame].append((things.labels[own[0]], (x1, y1, x2, y2), nats))
    return found
