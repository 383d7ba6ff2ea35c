"""One cause for each thing: its names, what it does, where it is and how it moves, from all candidates that are it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from core.analysis import Cause, CauseLabel
from core.arrays import Bools, Doubles, Floats, Ints
from core.clock import Clock
from core.records import Pixels, Tube
from explain.causes._candidates import Candidate
from explain.causes._continued import continued
from explain.causes._locations import FLOW, PLACE
from explain.causes._measure import Measures
from explain.causes._vehicles import DRIVEN
from explain.causes.places import feet
from explain.causes.tubes import known_speed
from explain.labels import TRACK, coarse, fine

MIN_SAME_FRACTION = 0.5
"""Two names are one thing's when they have one box in this share of their frames."""
SPOKEN, BELIEVED = 0.25, 0.5
"""An action, place or direction is told that has this share of the thing's best score; an action also of which the
model is so confident."""
MIN_MOVED_HEIGHTS = 0.5
DIRECTIONS = ("to the right", "to the lower right", "down", "to the lower left", "to the left", "to the upper left",
              "up", "to the upper right")  # fmt: skip


def things(
    candidates: Sequence[Candidate], m: Measures, scores: Doubles, least: float, clock: Clock | None
) -> tuple[Cause, ...]:
    """Join candidates of one event, with their measures and (N,) scores, to things; without ``clock`` none has a speed.

    What scores no more than ``least`` is no name of a thing.

    Returns:
        Causes, best first, without boxes: which frame is shown is not known here.
    """
    if not candidates:
        return ()
    _, number = connected_components(_same(candidates, m, clock), directed=False)
    groups: dict[int, list[int]] = {}
    for i in np.argsort(-scores, kind="stable").tolist():
        groups.setdefault(int(number[i]), []).append(i)
    named = [rows for rows in groups.values() if scores[rows[0]] > least]
    return tuple(_cause(candidates, m, scores, rows, least, clock) for rows in named)


def _same(candidates: Sequence[Candidate], m: Measures, clock: Clock | None) -> Bools:
    """Return which candidates are the same thing, (N, N).

    An object's actions and places are, a rider and what is ridden, two names of one box, and a track that was lost and
    found.
    """
    n = len(candidates)
    same = m.same_box_share >= MIN_SAME_FRACTION
    same[np.arange(n), m.group] = True
    for i, candidate in enumerate(candidates):
        if candidate.owner is not None:
            same[i, candidate.owner] = True
    if clock is not None:
        tracks = [i for i, candidate in enumerate(candidates) if candidate.owner is None]
        for before, after in continued([candidates[i] for i in tracks], clock):
            same[tracks[before], tracks[after]] = True
    return same


def _cause(
    candidates: Sequence[Candidate], m: Measures, scores: Doubles, rows: Sequence[int], least: float,
    clock: Clock | None,
) -> Cause:  # fmt: skip
    """Make one cause of the candidates ``rows``, best first."""
    labels = _labels(candidates, m, scores, [i for i in rows if scores[i] > least])
    best, head = labels[0], candidates[rows[0]]
    told = [label for label in labels if label.score >= SPOKEN * best.score]
    frames, boxes = _track([candidates[i] for i in rows if (candidates[i].label, candidates[i].vocabulary)
                            == (head.label, head.vocabulary)])  # fmt: skip
    tube = Tube(head.label, frames, boxes, np.ones(len(frames), np.float32))
    path = feet(boxes)
    moves = clock is not None and len(frames) > 1
    return Cause(
        coarse=best.coarse, fine=best.fine, score=best.score, heat_share=best.heat_share, confidence=best.confidence,
        box=None, first=int(frames[0]), last=int(frames[-1]),
        tube=tuple(zip(frames.tolist(), boxes_within(boxes, m.size), strict=True)),
        path=tuple((x, y) for x, y, _ in path.round(1).tolist()),
        speed=known_speed(tube, clock) if clock is not None else None,
        object=_object(candidates, rows),
        action=_action(candidates, m, scores, rows),
        place=PLACE if any(label.fine.endswith(f" {PLACE}") for label in told) else "",
        direction=_direction(path, any(label.fine.endswith(f" {FLOW}") for label in told)) if moves else "",
        labels=labels,
        nats_share=_nats_share(candidates, m, rows),
    )  # fmt: skip


def _nats_share(candidates: Sequence[Candidate], m: Measures, rows: Sequence[int]) -> float:
    """Sum what the objects hold that a thing is made of, such as a rider and a bicycle; without one, what it does."""
    objects = [float(m.nats_share[i]) for i in rows if candidates[i].vocabulary == "COCO"]
    return min(sum(objects), 1.0) if objects else max(float(m.nats_share[i]) for i in rows)


def _labels(
    candidates: Sequence[Candidate], m: Measures, scores: Doubles, rows: Sequence[int]
) -> tuple[CauseLabel, ...]:
    """List the names of a thing, best first; of a track that was lost and found the better part speaks."""
    named: dict[tuple[str, str], CauseLabel] = {}
    for i in rows:
        c, kind = candidates[i], coarse(candidates[i].vocabulary)
        first, last, sure = int(c.frames[0]), int(c.frames[-1]), 0.0 if kind == "unknown" else float(m.confidence[i])
        told = CauseLabel(kind, fine(c.label), float(scores[i]), float(m.share[i]), sure, first, last)
        known = named.setdefault((kind, told.fine), told)
        named[kind, told.fine] = replace(known, first=min(first, known.first), last=max(last, known.last))
    return tuple(named.values())


def _track(parts: Sequence[Candidate]) -> tuple[Ints, Floats]:
    """Join the boxes of one thing's tracks, best first, in order of time; a frame of several has the best one's."""
    frames = np.concatenate([part.frames for part in parts])
    boxes = np.concatenate([part.boxes for part in parts])
    once, where = np.unique(frames, return_index=True)
    return once, boxes[where]


def _by_vehicle(candidates: Sequence[Candidate], row: int) -> bool:
    """Return whether a name is that of a car, bus or truck, or of what one does."""
    owner = candidates[row].owner
    return candidates[row if owner is None else owner].label in DRIVEN


def _object(candidates: Sequence[Candidate], rows: Sequence[int]) -> str:
    """Return a thing's best name as an object; of an action near a vehicle, the person's, not the vehicle's."""
    named = [i for i in rows if candidates[i].vocabulary == "COCO"]
    if candidates[rows[0]].vocabulary in ("AVA", TRACK):
        vehicle = _by_vehicle(candidates, rows[0])
        named = [i for i in named if _by_vehicle(candidates, i) == vehicle] or named
    return fine(candidates[named[0]].label) if named else ""


def _action(candidates: Sequence[Candidate], m: Measures, scores: Doubles, rows: Sequence[int]) -> str:
    """Return what the thing does: what ranks high among its names, else what the model is surest of.

    A vehicle does what its track tells, and not what a person in it or beside it does.
    """
    acts = [i for i in rows if candidates[i].vocabulary in ("AVA", TRACK)]
    if _by_vehicle(candidates, rows[0]):
        acts = [i for i in acts if _by_vehicle(candidates, i)]
    if acts and scores[acts[0]] >= SPOKEN * scores[rows[0]]:
        return fine(candidates[acts[0]].label)
    surest = max(acts, key=lambda i: float(m.confidence[i]), default=None)
    return fine(candidates[surest].label) if surest is not None and m.confidence[surest] >= BELIEVED else ""


def _direction(path: Doubles, against: bool) -> str:
    """Return which way a thing goes in the picture, from its first to its last foot point."""
    gone = path[-1, :2] - path[0, :2]
    if float(np.hypot(*gone)) < MIN_MOVED_HEIGHTS * float(np.median(path[:, 2])):
        return ""
    way = DIRECTIONS[round(float(np.arctan2(gone[1], gone[0])) / (np.pi / 4)) % 8]
    return f"{way}, {FLOW}" if against else way


def boxes_within(boxes: Floats | Doubles, size: tuple[int, int]) -> list[Pixels]:
    """Cut (N, 4) boxes off at the picture's edge, (width, height)."""
    inside: list[list[float]] = np.clip(boxes.astype(np.float64), 0.0, np.tile(size, 2)).tolist()
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in inside]
