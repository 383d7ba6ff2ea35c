"""The places of a clip where something stands or is gone, followed from view to view."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from core.arrays import Bools, Floats
from core.clock import Clock
from core.spot import LEFT, TAKEN, Spot
from detectors._changes import AROUND_PIXELS
from detectors._lasting import SMOOTHED_PIXELS, Lasting
from detectors._views import MEDIAN_SECONDS

MIN_NATS = 0.7
"""Score from which a place is a spot."""
MIN_PEAK_FRACTION = 0.5
"""A spot reaches as far as seconds are at least so large a share of those at its middle."""
MAX_APART_SECONDS = 5.0
"""A spot that is not seen for longer has ended."""


@dataclass
class _Open:
    box: tuple[int, int, int, int]
    began: float
    frame: int
    seen: float
    score: float
    gained: float


@dataclass
class Spots:
    """Follows spots; those that scored lowest are dropped where there are more than ``most``."""

    most: int = 500
    _open: list[_Open] = field(default_factory=list)
    _ended: list[_Open] = field(default_factory=list)
    _shape: tuple[int, int] = (1, 1)

    def add(self, lasting: Lasting, surplus: Floats) -> None:
        """Take the next view's standing, and (h, w) scores."""
        self._shape = surplus.shape[0], surplus.shape[1]
        seconds = lasting.view.seconds
        for mask, peak, score in _places(lasting, surplus):
            began = seconds - float(lasting.seconds[peak]) - MEDIAN_SECONDS / 2
            gained = float(np.mean(lasting.gained[mask]))
            self._join(_Open(_box(mask), began, lasting.view.frame, seconds, score, gained))
        gone = [one for one in self._open if seconds - one.seen > MAX_APART_SECONDS]
        self._open = [one for one in self._open if one not in gone]
        self._ended = sorted([*self._ended, *gone], key=lambda one: -one.score)[: self.most]

    def _join(self, now: _Open) -> None:
        for one in self._open:
            if _common(one.box, now.box) > 0.3:
                one.seen, one.frame = now.seen, now.frame
                if now.score >= one.score:
                    one.box, one.score, one.gained = now.box, now.score, now.gained
                return
        self._open.append(now)

    def found(self, clock: Clock, size: tuple[int, int]) -> tuple[Spot, ...]:
        """Return the spots of a clip of (width, height) pixels, by their first frame."""
        across = size[0] / self._shape[1], size[1] / self._shape[0]
        spots = []
        for one in [*self._ended, *self._open]:
            x1, y1, x2, y2 = one.box
            box = (x1 * across[0], y1 * across[1], x2 * across[0], y2 * across[1])
            kind = LEFT if one.gained >= 0 else TAKEN
            spots.append(Spot(box, clock.frame(max(one.began, 0.0)), one.frame, kind, one.score))
        return tuple(sorted(spots, key=lambda spot: (spot.first, spot.box)))


def _places(lasting: Lasting, surplus: Floats) -> list[tuple[Bools, tuple[int, int], float]]:
    """Return the mask of each place that scores, the pixel (row, column) that stood longest in it, and its score."""
    count, areas = cv2.connectedComponents((surplus > MIN_NATS).astype(np.uint8))
    around = np.ones((SMOOTHED_PIXELS, SMOOTHED_PIXELS), np.uint8)
    found = list[tuple[Bools, tuple[int, int], float]]()
    for number in range(1, count):
        inside = areas == number
        # The average over a neighbourhood reaches beyond what stands.
        near = cv2.dilate(inside.astype(np.uint8), around) * lasting.seconds * (1 + lasting.smooth)
        row, column = (int(place) for place in np.unravel_index(int(near.argmax()), near.shape))
        standing = (lasting.seconds > MIN_PEAK_FRACTION * lasting.seconds[row, column]).astype(np.uint8)
        standing = cv2.morphologyEx(standing, cv2.MORPH_CLOSE, around)
        parts = cv2.connectedComponents(standing)[1]
        found.append((np.asarray(parts == parts[row, column]), (row, column), float(surplus[inside].max())))
    return found


def _box(mask: Bools) -> tuple[int, int, int, int]:
    """Return the box of a mask, (x1, y1, x2, y2), without the rim that differences over a neighbourhood have."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    rim = AROUND_PIXELS // 2
    y1, y2, x1, x2 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    down, across = min(rim, (y2 - y1 - 1) // 2), min(rim, (x2 - x1 - 1) // 2)
    return x1 + across, y1 + down, x2 - across, y2 - down


def _common(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Return the common area of two boxes over that of the smaller one."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return max(wide, 0) * max(tall, 0) / max(least, 1)
