"""Actions that an object implies: whoever moves in a car drives, whoever moves on a bicycle rides."""

from core.records import Tube
from explain.actions._ava import official
from explain.tubes import speed

RIDDEN = frozenset({"bicycle", "skateboard", "motorcycle", "horse"})
DRIVEN = frozenset({"car", "bus", "truck"})
MOVING = 0.15
"""Heights a second from which a vehicle moves; a box that stands still shakes by less."""
LEAST_SAMPLES = 3


def implied(tube: Tube, fps: float | None) -> str | None:
    """Return the AVA name of what is done with an object that moves, or None.

    Args:
        tube: of the object.
        fps: frames per second; without it nothing is known to move.
    """
    if fps is None or len(tube.frames) < LEAST_SAMPLES or speed(tube, fps) < MOVING:
        return None
    if tube.label in DRIVEN:
        return official("drive")
    return official("ride") if tube.label in RIDDEN else None
