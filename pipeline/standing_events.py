"""Events of what stands, or is gone: each spot above the camera's threshold is one, beside the events of what moves."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Bools
from core.records import Event
from core.spot import Spot


def standing_events(spots: Sequence[Spot], threshold: float, hidden: Bools) -> list[tuple[Event, Spot]]:
    """Make an event of each spot above a threshold, from when it was left, or gone, until that ended.

    Args:
        spots: of a clip.
        threshold: in nats.
        hidden: (T,) frames that a camera fault hides: a spot that becomes known in one of them tells of the camera.

    Returns:
        Events in order of time, with their spots; the score at the peak is in nats.
    """
    found = [
        (Event(spot.first, spot.last, spot.peak, spot.score), spot)
        for spot in spots
        if (known := spot.known(threshold)) is not None and not hidden[min(known, len(hidden) - 1)]
    ]
    return sorted(found, key=lambda pair: (pair[0].first, pair[0].last))


def flagged(spots: Sequence[Spot], threshold: float, frames: int) -> Bools:
    """Mark the frames of events of what stands, (frames,): from when each could be known until it ended.

    What was left is known only after it has stood for longer than usual; the frames before do not count as flagged, or
    it would seem to be known the moment it was left.
    """
    inside = np.zeros(frames, np.bool_)
    for spot in spots:
        if (known := spot.known(threshold)) is not None:
            inside[known : max(spot.last, known) + 1] = True
    return inside
