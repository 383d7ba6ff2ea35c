"""What vehicles do, told by their tracks: ``drive``, ``stand``, ``turn``; nothing where a track is too short to tell.

A vehicle that comes nearer moves little in the picture and grows instead, so a box's relative growth counts as motion.
Velocities are slopes of straight lines fitted over a moment, each with its standard error: what the shaking of boxes
could have done alone is neither driving nor standing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles
from core.clock import Clock
from core.records import Tube

DRIVEN = frozenset({"car", "bus", "truck"})
VEHICLES = DRIVEN | {"motorcycle"}
DONE_BY_VEHICLES = DRIVE, STAND, TURN = "drive", "stand", "turn"
MOMENT_SECONDS, STILL_SECONDS = 1.0, 2.0
"""Over which a velocity is fitted, and for which a vehicle must not move to be one that stands."""
MIN_COVERED_FRACTION = 0.8
"""Share of :data:`STILL_SECONDS` that samples must cover."""
MIN_SAMPLES = 3
"""Of a moment: a line through two boxes has no error that could be known."""
MIN_BOX_DEVIATION = 0.03
"""Standard deviation of a box's place and of its logarithmic size, in heights, that is assumed at least."""
MIN_DRIVING_SPEED, MAX_STANDING_SPEED = 0.15, 0.08
"""Heights a second, or relative growth a second, from which a vehicle drives, and up to which it stands."""
DRIVING_STANDARD_ERRORS = 4.0
"""Standard errors by which a velocity must differ from what it is not: three components shake, in every sample."""
STANDING_STANDARD_ERRORS = 2.0
"""The same where a fault costs little: a vehicle that stands is slower than one that drives by half."""
MIN_TURN_RADIANS = np.pi / 4
"""Change of direction in the picture, in radians, that is a turn: a straight way stays straight in perspective."""
MIN_TURN_HEIGHTS = 3.0
"""Heights that a vehicle must go for its change of direction to be known."""
EDGE_PIXELS = 2.0
"""Pixels from the picture's edge within which a box is cut off, so that its direction is not the vehicle's."""

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Motion:
    """Velocity of a track at each of its T samples.

    Attributes:
        way: (T, 2) of the middle of the box's lower edge, in heights a second.
        speed: (T,) of centre and size together, per second.
        error: (T,) standard error of each component.
        known: (T,) whether there were samples enough.
    """

    way: Doubles
    speed: Doubles
    error: Doubles
    known: Bools


def doings(tube: Tube, clock: Clock, size: tuple[int, int]) -> Iterator[tuple[str, Rows]]:
    """Return what a vehicle does, and in which of its samples; nothing for any other object; ``size`` is (w, h).

    Yields:
        ``drive``, ``stand`` or ``turn``, and positions in the tube, ascending. A sample has one of them at most.
    """
    if tube.label not in VEHICLES or len(tube.frames) < MIN_SAMPLES:
        return
    when = clock.seconds(tube.frames)
    now, long = _motion(tube, when, MOMENT_SECONDS), _motion(tube, when, STILL_SECONDS)
    covered = _length(when, STILL_SECONDS) >= MIN_COVERED_FRACTION * STILL_SECONDS
    still = long.known & covered & (long.speed + STANDING_STANDARD_ERRORS * long.error <= MAX_STANDING_SPEED)
    moves = now.known & ~still & (now.speed >= np.maximum(MIN_DRIVING_SPEED, DRIVING_STANDARD_ERRORS * now.error))
    uncut = (tube.boxes[:, :2] > EDGE_PIXELS) & (tube.boxes[:, 2:] < np.array(size) - EDGE_PIXELS)
    turns = _turns(tube, now, moves & uncut.all(axis=1))
    # At the ends of a track a moment has too few samples of its own.
    moves = (_near(when, MOMENT_SECONDS) & moves[None, :]).any(axis=1) & ~still
    stands = (_near(when, STILL_SECONDS) & still[None, :]).any(axis=1) & ~moves
    for name, which in ((DRIVE, moves & ~turns), (STAND, stands), (TURN, turns)):
        if which.any():
            yield name, np.flatnonzero(which)


def travel(tube: Tube, clock: Clock) -> float:
    """Return the median speed of a vehicle, growth included, per second; 0 where the track is too short to tell."""
    motion = _motion(tube, clock.seconds(tube.frames), MOMENT_SECONDS)
    return float(np.median(motion.speed[motion.known])) if motion.known.any() else 0.0


def _near(when: Doubles, window: float) -> Bools:
    """Return which samples lie within half a window of each other, (T, T)."""
    near: Bools = np.abs(when[:, None] - when[None, :]) <= window / 2 + 1e-6
    return near


def _length(when: Doubles, window: float) -> Doubles:
    """Return the seconds from the first to the last sample of the window around each sample, (T,)."""
    first = np.searchsorted(when, when - window / 2 - 1e-6)
    last = np.searchsorted(when, when + window / 2 + 1e-6, side="right") - 1
    return when[last] - when[first]


def _motion(tube: Tube, when: Doubles, window: float) -> _Motion:
    """Fit straight lines to what is within half a window of each sample."""
    x1, y1, x2, y2 = tube.boxes.astype(np.float64).T
    high = np.maximum(y2 - y1, 1.0)
    grown = np.log(np.maximum(x2 - x1, 1.0) * high) / 2
    points = np.stack([(x1 + x2) / 2, y2, (y1 + y2) / 2, grown], axis=1)
    near = _near(when, window)
    count = near.sum(axis=1)
    height = near @ high / count
    unit = np.stack([height, height, height, np.ones_like(height)], axis=1)
    apart = near * (when[None, :] - (near @ when / count)[:, None])
    spread = (apart**2).sum(axis=1)[:, None]
    slope = np.divide(apart @ points, spread, out=np.zeros_like(points), where=spread > 0)
    middle = near @ points / count[:, None]
    left = near @ points**2 - count[:, None] * middle**2 - slope**2 * spread
    variance = np.maximum(left, 0.0) / np.maximum(count - 2, 1)[:, None] / unit**2
    shake = np.sqrt(np.maximum(variance, MIN_BOX_DEVIATION**2).mean(axis=1))
    velocity = slope / unit
    return _Motion(
        way=velocity[:, :2],
        speed=np.sqrt((velocity[:, [0, 2, 3]] ** 2).sum(axis=1)),
        error=np.divide(shake, np.sqrt(spread[:, 0]), out=np.full_like(shake, np.inf), where=spread[:, 0] > 0),
        known=count >= MIN_SAMPLES,
    )


def _turns(tube: Tube, motion: _Motion, moves: Bools) -> Bools:
    """Tell in which samples a vehicle turns: from its first direction, and not yet in its last one, (T,)."""
    turning = np.zeros(len(moves), np.bool_)
    pace = np.hypot(*motion.way.T)
    rows = np.flatnonzero(moves & (pace >= DRIVING_STANDARD_ERRORS * motion.error))
    if len(rows) < MIN_SAMPLES:
        return turning
    boxes = tube.boxes[rows].astype(np.float64)
    feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
    gone = np.hypot(*np.diff(feet, axis=0).T).sum() / max(float(np.median(boxes[:, 3] - boxes[:, 1])), 1.0)
    heading = np.unwrap(np.arctan2(motion.way[rows, 1], motion.way[rows, 0]))
    doubt = motion.error[rows] / pace[rows]
    turned = abs(heading[-1] - heading[0]) - STANDING_STANDARD_ERRORS * float(np.hypot(doubt[0], doubt[-1]))
    # A track that jumps to another vehicle changes its direction at once.
    if gone < MIN_TURN_HEIGHTS or turned < MIN_TURN_RADIANS or np.abs(np.diff(heading)).max() > MIN_TURN_RADIANS:
        return turning
    off = np.abs(heading - heading[0]), np.abs(heading - heading[-1])
    turning[rows[(off[0] > MIN_TURN_RADIANS / 4) & (off[1] > MIN_TURN_RADIANS / 4)]] = True
    return turning
