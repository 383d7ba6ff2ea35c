"""What stood, or was gone, while an event lasted: which places, and what they are in words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.boxes import iou
from core.clock import Clock
from core.records import Event
from core.scored_things import ScoredThings
from core.spot import TAKEN, Spot
from explain.causes.summary import place, timestamp
from explain.labels import article

SAME_PLACE_IOU = 0.3
"""A thing of the object model is what stands where its box fits the place so well."""
TOLD = 2


def spots_in(spots: Sequence[Spot], event: Event) -> tuple[Spot, ...]:
    """Return the places where something stood or was gone during an event, the most unusual first."""
    there = [spot for spot in spots if spot.first <= event.last and spot.last >= event.first]
    return tuple(sorted(there, key=lambda spot: -spot.score))


def say(spots: Sequence[Spot], scored: ScoredThings | None, clock: Clock, size: tuple[int, int]) -> str:
    """Say what stood where and for how long, or since when something is gone; of many places the first ones.

    Args:
        spots: the most unusual first.
        scored: things of the clip, which may name what stood.
        clock: when the clip's frames are shown.
        size: (width, height) of the picture.
    """
    told = []
    for spot in spots[:TOLD]:
        since, until = timestamp(clock.at(spot.first)), timestamp(clock.end(spot.last))
        where = place(spot.box, size)
        if spot.kind == TAKEN:
            told.append(f"Something that stands{where} in the normal footage is gone from {since} to {until}.")
        else:
            told.append(
                f"{_name(spot, scored)} stood{where} from {since} to {until}, where nothing stands for so long."
            )
    return " ".join(told)


def _name(spot: Spot, scored: ScoredThings | None) -> str:
    """Name what the object model saw most often in a place."""
    if scored is None or not len(scored.things):
        return "Something"
    things = scored.things
    rows = np.arange(*np.searchsorted(things.frames, [spot.first, spot.last + 1]))
    fit = iou(things.boxes[rows].astype(np.float64), np.array([spot.box]))[:, 0] >= SAME_PLACE_IOU
    labels = Counter(things.labels[row] for row in rows[fit].tolist())
    if not labels:
        return "Something"
    name = labels.most_common(1)[0][0]
    return f"{article(name).capitalize()} {name}"
