"""How improbable an object's place, direction and speed, and what a vehicle does, are at a camera, in nats.

And actions that an object or a speed implies: a person moving on a bicycle rides, one too fast to walk runs.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from core.arrays import Doubles, Floats
from core.clock import Clock
from core.normality import Places
from core.records import Tube
from explain.ava import official
from explain.causes import places as learnt
from explain.causes._vehicles import STAND, TURN, VEHICLES, travel
from explain.causes.places import MIN_SAMPLES, tail
from explain.causes.tubes import speed

PLACE, FLOW = "in an unusual place", "against the flow"
"""What is said of an object behind its name."""
MIN_SURPRISAL_NATS = 1.0
"""Places and directions less improbable than this, in nats, are no causes."""
RIDDEN = frozenset({"bicycle", "skateboard", "motorcycle", "horse"})
MIN_RIDING_HEIGHTS_PER_SECOND = 0.15
"""Heights a second from which it moves; a box that stands still shakes by less."""
MIN_RIDING_SAMPLES = 3
RUNNING_SURPRISAL = 3.7
"""A speed this improbable for a person, in nats, is running: among eighty moments, one person in a hundred."""


def location_causes(tube: Tube, places: Mapping[str, Places], clock: Clock | None) -> Iterator[tuple[str, Floats]]:
    """List what is unusual about where an object is and which way it goes.

    Args:
        tube: of the object.
        places: label to where its class stands and moves, learnt from sure boxes alone; a label that is not there has
            no unusual place, and neither has what the model is unsure of.
        clock: when frames are shown; without it nothing is said of directions.

    Yields:
        A name and, for each of the tube's T frames, how improbable it is, (T,) float32 in nats.
    """
    known = places.get(tube.label)
    if known is None or float(tube.confidence.mean()) < learnt.MIN_CONFIDENCE:
        return
    far = _nats(tail(known.distance, learnt.distance(known, tube.boxes)), known.moments)
    if float(far.mean()) >= MIN_SURPRISAL_NATS:
        yield f"{tube.label} {PLACE}", far
    if clock is not None and len(tube.frames) >= MIN_SAMPLES:
        share = np.full(len(tube.frames), learnt.against_flow(known, tube, clock))
        against = _nats(share, known.moments)
        if float(against[0]) >= MIN_SURPRISAL_NATS:
            yield f"{tube.label} {FLOW}", against


def pace(tube: Tube, places: Mapping[str, Places], clock: Clock | None) -> float:
    """Return how improbable a tube's speed is for its class, in nats; NaN where nothing is known of it."""
    known = places.get(tube.label)
    if known is None or clock is None or len(known.speed) < 2 or len(tube.frames) < MIN_SAMPLES:
        return float("nan")
    fast = travel(tube, clock) if tube.label in VEHICLES else speed(tube, clock)
    return float(_nats(tail(known.speed, np.array([fast])), known.moments)[0])


def oddness(name: str, label: str, places: Mapping[str, Places]) -> float:
    """Return how improbable it is that a vehicle drives, or stands, in nats; 0 where the camera cannot tell.

    It cannot of a class that it seldom saw, whose rarity says enough, and of turns, for which the moments of normal
    footage are too short.
    """
    known = places.get(label)
    if known is None or len(known.speed) < 2 or name == TURN:
        return 0.0
    drives = tail(known.speed, np.array([learnt.MIN_MOVING_HEIGHTS_PER_SECOND]))
    return float(_nats(1.0 - drives if name == STAND else drives, known.moments)[0])


def implied(tube: Tube, clock: Clock | None) -> str | None:
    """Return the AVA name of what is done with an object that moves, or None; without a clock nothing moves."""
    if clock is None or len(tube.frames) < MIN_RIDING_SAMPLES or speed(tube, clock) < MIN_RIDING_HEIGHTS_PER_SECOND:
        return None
    return official("ride") if tube.label in RIDDEN else None


def running_action(speed_surprisal: float) -> str | None:
    """Return AVA's name for running where a person's speed, so improbable in nats, is too fast to walk; else None."""
    return official("run/jog") if speed_surprisal >= RUNNING_SURPRISAL else None


def _nats(share: Doubles, count: int) -> Floats:
    """Turn the share of ``count`` normal cases that are as extreme into nats, Laplace-smoothed."""
    surprise: Floats = (-np.log((count * share + 1.0) / (count + 1.0))).astype(np.float32)
    return surprise
