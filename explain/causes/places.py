"""Where each class stands and how it moves at one camera: learnt from its normal footage, and how far off one is.

Distances are measured in the object's own height, so that one rule serves the near and the far end of a picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from core.arrays import Doubles, Floats
from core.clock import Clock
from core.normality import Places
from core.records import Detections, Tube
from explain.causes._vehicles import VEHICLES, travel
from explain.causes.tubes import link, speed

LEAST_POINTS, MOST_POINTS = 60, 1200
"""A class with fewer points has no places; of more, this many are kept, evenly drawn."""
MIN_CONFIDENCE = 0.5
MIN_POINTS = 3
"""A place is known when this many points lie near: a single wrong box in normal footage opens no place."""
SIZE_WEIGHT = 2.0
"""Weight of the logarithm of two heights' ratio beside a distance in heights: half as tall is 1.4 heights away."""
RADIUS_HEIGHTS = 2.0
MIN_MOVING_HEIGHTS_PER_SECOND = 0.25
MIN_NEIGHBOURS = 20
MIN_SAMPLES = 4
PERCENT = np.linspace(0.0, 1.0, 101)

_Seen = tuple[int, Tube, Clock]
"""The number of a moment, a tube in it, and when its frames were shown."""


def learn(moments: Iterable[tuple[Sequence[Detections], Clock]], frames: int) -> dict[str, Places]:
    """Learn where classes stand and move.

    Args:
        moments: detections of a few frames in a row, from many moments of normal footage, with their clip's clock.
        frames: how many frames of footage the moments were drawn from.

    Returns:
        COCO label to its places, for labels with at least :data:`LEAST_POINTS` boxes.
    """
    seen: dict[str, list[_Seen]] = defaultdict(list)
    for number, (moment, clock) in enumerate(moments):
        for tube in link([found.select(found.confidence >= MIN_CONFIDENCE) for found in moment]):
            seen[tube.label].append((number, tube, clock))
    return {
        label: _places(found, frames)
        for label, found in sorted(seen.items())
        if sum(len(tube.frames) for _, tube, _ in found) >= LEAST_POINTS
    }


def _places(found: Sequence[_Seen], frames: int) -> Places:
    moment = np.concatenate([np.full(len(tube.frames), number) for number, tube, _ in found])
    points = np.concatenate([feet(tube.boxes) for _, tube, _ in found])
    motion = np.concatenate([velocity(tube, clock) for _, tube, clock in found])
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).round().astype(int))
    moment, points, motion = moment[chosen], points[chosen], motion[chosen]
    apart = np.array([_distance(points[moment != m], p) for m, p in zip(moment, points, strict=True)])
    # Only tubes that are long enough to be judged: the short ones are often a box that jumped from one to another.
    pace = travel if found[0][1].label in VEHICLES else speed
    speeds = [pace(tube, clock) for _, tube, clock in found if len(tube.frames) >= MIN_SAMPLES]
    return Places(
        points=tuple((round(x, 1), round(y, 1), round(h, 1)) for x, y, h in points.tolist()),
        motion=tuple((round(x, 2), round(y, 2)) for x, y in motion.tolist()),
        distance=tuple(np.quantile(apart, PERCENT).round(3).tolist()),
        speed=tuple(np.quantile(speeds, PERCENT).round(3).tolist()) if speeds else (),
        moments=len({number for number, _, _ in found}),
        frames=frames,
    )


def feet(boxes: Floats | Doubles) -> Doubles:
    """Return the middle of the lower edge and the height of (N, 4) boxes, (N, 3) float64; heights are at least 1."""
    x1, y1, x2, y2 = boxes.astype(np.float64).T
    return np.stack([(x1 + x2) / 2, y2, np.maximum(y2 - y1, 1.0)], axis=1)


def velocity(tube: Tube, clock: Clock) -> Doubles:
    """Return the velocity of the tube's foot point at each of its frames, (T, 2) in box heights a second.

    It is 0 for a tube of one frame.
    """
    points = feet(tube.boxes)
    if len(points) < 2:
        return np.zeros((1, 2))
    moved: Doubles = np.gradient(points[:, :2], clock.seconds(tube.frames), axis=0) / np.median(points[:, 2])
    return moved


def distance(places: Places, boxes: Floats) -> Doubles:
    """How far (N, 4) boxes stand from where their class stands normally, (N,) in their own heights.

    The distance to the :data:`MIN_POINTS`-th nearest known point in position and size, so that a box that is too tall
    for its place is also far away. Infinite where fewer points are known.
    """
    known = np.array(places.points, np.float64).reshape(-1, 3)
    return np.array([_distance(known, point) for point in feet(boxes)])


def _distance(known: Doubles, point: Doubles) -> float:
    if len(known) < MIN_POINTS:
        return float("inf")
    offset = (known[:, :2] - point[:2]) / point[2]
    size = SIZE_WEIGHT * np.log(known[:, 2] / point[2])
    return float(np.sqrt(np.partition((offset**2).sum(axis=1) + size**2, MIN_POINTS - 1)[MIN_POINTS - 1]))


def against_flow(places: Places, tube: Tube, clock: Clock) -> float:
    """Share of those who move near a tube's path that move its way, by the angle between velocities.

    Returns:
        0 to 1; 1 where the tube stands still or where fewer than :data:`MIN_NEIGHBOURS` others are known.
    """
    moves = velocity(tube, clock)
    mean = moves.mean(axis=0)
    points, motion = np.array(places.points).reshape(-1, 3), np.array(places.motion).reshape(-1, 2)
    goes = np.linalg.norm(motion, axis=1) >= MIN_MOVING_HEIGHTS_PER_SECOND
    if not np.linalg.norm(mean) >= MIN_MOVING_HEIGHTS_PER_SECOND or goes.sum() < MIN_NEIGHBOURS:
        return 1.0
    path = feet(tube.boxes)
    gap = (points[goes, None, :2] - path[None, :, :2]) / path[None, :, 2:]
    near = ((gap**2).sum(axis=2) <= RADIUS_HEIGHTS**2).any(axis=1)
    if near.sum() < MIN_NEIGHBOURS:
        return 1.0
    way = motion[goes][near]
    cosine = way @ mean / (np.linalg.norm(way, axis=1) * np.linalg.norm(mean))
    return float((cosine > 0.5).mean())


def density(places: Places, size: tuple[int, int], cells: int = 64) -> Floats:
    """Map where a class stands normally in a picture of (width, height), in so many columns of cells.

    Returns:
        (rows, cells) float32 in [0, 1]: share of the densest cell, each point spread over a third of its height.
    """
    width, height = size
    rows = max(1, round(cells * height / width))
    y, x = np.mgrid[0:rows, 0:cells] + 0.5
    x, y = x * width / cells, y * height / rows
    total = np.zeros((rows, cells))
    for px, py, tall in places.points:
        spread = max(tall / 3, width / cells)
        total += np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * spread**2))
    share: Floats = (total / max(float(total.max()), 1e-9)).astype(np.float32)
    return share


def tail(quantiles: Sequence[float], values: Doubles) -> Doubles:
    """Share of normal cases that reach each value, by interpolation between quantiles.

    >>> tail([1.0, 2.0, 3.0], np.array([0.0, 1.5, 3.0, 4.0])).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """
    levels = np.asarray(quantiles, np.float64)
    if len(levels) < 2:
        return np.ones_like(values)
    upper = np.searchsorted(levels, values, side="left")
    inside = np.clip(upper, 1, len(levels) - 1)
    low, high = levels[inside - 1], levels[inside]
    part = np.divide(values - low, high - low, out=np.zeros_like(values), where=high > low)
    below = (inside - 1 + np.clip(part, 0.0, 1.0)) / (len(levels) - 1)
    return np.where(upper == 0, 1.0, np.where(upper == len(levels), 0.0, 1.0 - below))
