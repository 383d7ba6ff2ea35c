"""Actions that an object or a speed implies: a person moving on a bicycle rides, one too fast to walk runs."""

from core.clock import Clock
from core.records import Tube
from explain.ava import official
from explain.causes.tubes import speed

RIDDEN = frozenset({"bicycle", "skateboard", "motorcycle", "horse"})
MIN_MOVING_HEIGHTS_PER_SECOND = 0.15
"""Heights a second from which it moves; a box that stands still shakes by less."""
MIN_SAMPLES = 3
RUNNING_SURPRISAL = 3.7
"""A speed this improbable for a person, in nats, is running: among eighty moments, one person in a hundred."""


def implied(tube: Tube, clock: Clock | None) -> str | None:
    """Return the AVA name of what is done with an object that moves, or None; without a clock nothing moves."""
    if clock is None or len(tube.frames) < MIN_SAMPLES or speed(tube, clock) < MIN_MOVING_HEIGHTS_PER_SECOND:
        return None
    return official("ride") if tube.label in RIDDEN else None


def running_action(speed_surprisal: float) -> str | None:
    """Return AVA's name for running where a person's speed, so improbable in nats, is too fast to walk; else None."""
    return official("run/jog") if speed_surprisal >= RUNNING_SURPRISAL else None
