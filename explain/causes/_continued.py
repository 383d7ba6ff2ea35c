"""Tracks that were lost and found again: which are the same thing, and the track that they are together."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from core.arrays import Floats, Ints
from core.clock import Clock
from core.records import Tube
from explain.causes.places import feet

MAX_PAUSE_SECONDS = 2.0
"""Seconds for which a thing may be lost and still be the same when it is found again."""
MAX_DISTANCE_HEIGHTS, MAX_HEIGHT_RATIO = 1.0, 1.6
"""It is the same within so many of its heights of where it was expected, and if it is at most so many times as tall."""


class Track(Protocol):
    """What is followed over time, as a :class:`core.records.Tube` has it."""

    @property
    def label(self) -> str:
        """Name of the object."""

    @property
    def frames(self) -> Ints:
        """(T,) int64, ascending."""

    @property
    def boxes(self) -> Floats:
        """(T, 4) float32."""


def rejoined(tubes: Sequence[Tube], clock: Clock | None) -> list[Tube]:
    """Join the tubes that go on where another one was lost, in order of their first frame; without a clock none."""
    if clock is None:
        return list(tubes)
    before = {after: one for one, after in continued(tubes, clock)}  # one goes on, of two that are as near
    behind = {one: after for after, one in before.items()}
    heads = sorted(set(range(len(tubes))) - set(behind.values()))
    return [_along(tubes, head, behind) for head in heads]


def _along(tubes: Sequence[Tube], head: int, behind: dict[int, int]) -> Tube:
    chain = [head]
    while chain[-1] in behind:
        chain.append(behind[chain[-1]])
    if len(chain) == 1:
        return tubes[head]
    frames, boxes, confidence = (
        np.concatenate([getattr(tubes[i], name) for i in chain]) for name in ("frames", "boxes", "confidence")
    )
    return Tube(tubes[head].label, frames, boxes, confidence)


def continued(tracks: Sequence[Track], clock: Clock) -> list[tuple[int, int]]:
    """Pair the tracks of one label of which the second begins where and when the first one was lost."""
    if len(tracks) < 2:
        return []
    starts = clock.seconds([track.frames[0] for track in tracks])
    ends = clock.seconds([track.frames[-1] for track in tracks])
    pause = starts[None, :] - ends[:, None]
    labels = np.array([track.label for track in tracks])
    possible = (pause > 0) & (pause <= MAX_PAUSE_SECONDS) & (labels[:, None] == labels)
    cost = np.full(pause.shape, np.inf)
    for a, b in np.argwhere(possible):
        cost[a, b] = _strangeness(tracks[a], tracks[b], float(pause[a, b]), clock)
    pairs = np.argwhere(np.isfinite(cost) & (cost == cost.min(axis=0)) & (cost == cost.min(axis=1, keepdims=True)))
    return [(a, b) for a, b in pairs.tolist()]


def _strangeness(before: Track, after: Track, pause: float, clock: Clock) -> float:
    """Return how many heights off a track begins from where another was expected; infinite where that is too far."""
    last, first = feet(before.boxes)[-1], feet(after.boxes)[0]
    tall = max(last[2], first[2]) / min(last[2], first[2])
    points, seconds = feet(before.boxes)[-4:, :2], clock.seconds(before.frames[-4:])
    pace = (points[-1] - points[0]) / (seconds[-1] - seconds[0]) if len(points) > 1 else np.zeros(2)
    off = float(np.hypot(*(last[:2] + pace * pause - first[:2])) / last[2])
    still = float(np.hypot(*(last[:2] - first[:2])) / last[2])
    return min(off, still) if min(off, still) <= MAX_DISTANCE_HEIGHTS and tall <= MAX_HEIGHT_RATIO else float("inf")
