"""How improbable an object's place, direction and speed are for its class at a camera, in nats."""

from collections.abc import Iterator, Mapping

import numpy as np

from core.clock import Clock
from core.normality import Places
from core.records import Floats, Tube
from explain import places as learnt
from explain.heat import Doubles
from explain.places import LEAST_SAMPLES, tail
from explain.tubes import speed

PLACE, FLOW = "in an unusual place", "against the flow"
"""What is said of an object behind its name."""
LEAST = 1.0
"""Places and directions less improbable than this, in nats, are no causes."""


def whereabouts(tube: Tube, places: Mapping[str, Places], clock: Clock | None) -> Iterator[tuple[str, Floats]]:
    """List what is unusual about where an object is and which way it goes.

    Args:
        tube: of the object.
        places: label to where its class stands and moves; a label that is not there has no unusual place.
        clock: when frames are shown; without it nothing is said of directions.

    Yields:
        A name and, for each of the tube's T frames, how improbable it is, (T,) float32 in nats.
    """
    known = places.get(tube.label)
    if known is None:
        return
    far = _nats(tail(known.distance, learnt.distance(known, tube.boxes)), known.moments)
    if float(far.mean()) >= LEAST:
        yield f"{tube.label} {PLACE}", far
    if clock is not None and len(tube.frames) >= LEAST_SAMPLES:
        share = np.full(len(tube.frames), learnt.against_flow(known, tube, clock))
        against = _nats(share, known.moments)
        if float(against[0]) >= LEAST:
            yield f"{tube.label} {FLOW}", against


def pace(tube: Tube, places: Mapping[str, Places], clock: Clock | None) -> float:
    """Return how improbable a tube's speed is for its class, in nats; NaN where nothing is known of it."""
    known = places.get(tube.label)
    if known is None or clock is None or len(known.speed) < 2 or len(tube.frames) < LEAST_SAMPLES:
        return float("nan")
    return float(_nats(tail(known.speed, np.array([speed(tube, clock)])), known.moments)[0])


def _nats(share: Doubles, count: int) -> Floats:
    """Turn the share of ``count`` normal cases that are as extreme into nats, Laplace-smoothed."""
    surprise: Floats = (-np.log((count * share + 1.0) / (count + 1.0))).astype(np.float32)
    return surprise
