"""How many nats the attributes of each candidate's thing hold: evidence beside the heat in its boxes."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles
from core.scored_things import ScoredThings
from explain.causes._candidates import Candidate
from explain.causes._regions import NO_VOCABULARY
from explain.causes._seen import in_frames, matched


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
    there = in_frames(scored, frames.tolist())
    for column, frame in enumerate(frames.tolist()):
        seen, here = there.get(frame, []), places[frame]
        total[column] = sum(one.nats for one in seen)
        names, boxes = [_name(candidates, i) for i, _ in here], [candidates[i].boxes[where] for i, where in here]
        for (i, _), thing in zip(here, matched(names, boxes, seen), strict=True):
            held[i, column] = thing.nats if thing else 0.0
    return held, total


def _name(candidates: Sequence[Candidate], row: int) -> str:
    """Return the name of the object that does or is what a candidate says."""
    owner = candidates[row].owner
    return candidates[row if owner is None else owner].label
