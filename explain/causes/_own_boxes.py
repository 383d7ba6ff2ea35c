"""What a thing's own boxes say of its speed and shape: numbers that a sentence may state.

The attributes that things are scored by are means of what lies inside their boxes. The one that stands out of many is
often a wrong one: somebody else runs through the box, or one box of two persons is twice as tall. The way of the boxes,
and the median of their shapes, are not moved by either.
"""

import numpy as np

from core.arrays import Doubles, Ints
from core.clock import Clock
from core.scored_things import ScoredThings
from core.things import ATTRIBUTES, Things
from explain.causes.tubes import MAX_SPEED_ERROR

SPEED, WIDTH, HEIGHT = "speed", "width", "height"
AROUND_SECONDS = 1.0
"""Before and after a moment over which boxes are looked at: as far as the attributes are means."""
MIN_BOXES = 3
"""Boxes that the picture's edge does not cut off, at least; fewer say nothing."""
SAME_MOMENT_SECONDS = 1e-6


def by_own_boxes(scored: ScoredThings, row: int, clock: Clock) -> dict[str, float]:
    """Return a thing's speed, width and height by its own boxes around one of its rows, each in the attribute's unit.

    Args:
        scored: things of a clip.
        row: of the thing, in the frame that is told of.
        clock: when the clip's frames are shown.

    Returns:
        Name of the attribute to its value; NaN where the boxes are too few, nothing is known of usual heights, or the
        way of the boxes is not straight enough to know the speed to a fifth, by two standard errors.
    """
    rows = _around(scored.things, row, clock)
    if len(rows) < MIN_BOXES:
        return dict.fromkeys((SPEED, WIDTH, HEIGHT), float("nan"))
    boxes = scored.things.boxes[rows].astype(np.float64)
    wide, high = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0).T
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return {
        SPEED: _slope(middle, clock.seconds(scored.things.frames[rows])) / float(high.mean()),
        WIDTH: float(np.median(wide / high)),
        HEIGHT: float(np.median(high * _usual_over_pixels(scored, rows))),
    }


def _around(things: Things, row: int, clock: Clock) -> Ints:
    """Return the rows of a row's thing around it in which it is whole."""
    own = np.flatnonzero((things.tracks == things.tracks[row]) & ~things.cut)
    apart = np.abs(clock.seconds(things.frames[own]) - clock.at(int(things.frames[row])))
    return own[apart <= AROUND_SECONDS + SAME_MOMENT_SECONDS]


def _slope(points: Doubles, seconds: Doubles) -> float:
    """Return the length of the slope of a straight line through (N, 2) points over time; NaN where it is not known."""
    apart = seconds - seconds.mean()
    slope = apart @ (points - points.mean(axis=0)) / float(apart @ apart)
    off = points - points.mean(axis=0) - apart[:, None] * slope
    error = np.sqrt(float((off**2).sum()) / (2 * (len(points) - 2)) / float(apart @ apart))
    length = float(np.hypot(*slope))
    return length if error <= MAX_SPEED_ERROR * length else float("nan")


def _usual_over_pixels(scored: ScoredThings, rows: Ints) -> Doubles:
    """Return, for each row, what a height in pixels is multiplied by to be a multiple of the usual one there, (N,)."""
    heights: Doubles = scored.things.values[rows, ATTRIBUTES.index(HEIGHT)]
    if HEIGHT not in scored.names or (heights <= 0).any():
        return np.full(len(rows), np.nan)
    measured: Doubles = scored.measured[rows, scored.names.index(HEIGHT)]
    return measured / heights
