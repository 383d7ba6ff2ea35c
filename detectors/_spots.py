"""The places of a clip where something stands or is gone, followed from view to view."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from core.arrays import Bools, Floats
from core.clock import Clock
from core.spot import LEFT, MIN_NATS, TAKEN, Spot
from detectors._changes import AROUND_PIXELS
from detectors._lasting import SMOOTHED_PIXELS, Lasting
from detectors._views import MEDIAN_SECONDS

MIN_PEAK_FRACTION = 0.5
"""A spot reaches as far as seconds are at least so large a share of those at its middle."""
MAX_APART_SECONDS = 5.0
"""A spot that is not seen for longer has ended."""
MIN_PRESENT_FRACTION = 0.5
"""Share of a spot's pixels that show no background while something stands there, or is gone."""
SAME_PLACE_FRACTION = 0.3
"""Of the smaller of two boxes: from so large a common part on they are one place."""
RISE_NATS = 0.05
"""Steps in which a spot's score is kept while it rises."""


@dataclass
class _Open:
    """A spot that is followed: its first half is as it was at its highest score, the other as it is."""

    box: tuple[int, int, int, int]
    mask: Bools
    began: float
    peak: int
    score: float
    gained: float
    lasted: float
    usual: float
    seen: float
    present: float
    rise: list[tuple[int, float]]


@dataclass
class Spots:
    """Follows spots; those that scored lowest are dropped where there are more than ``most``."""

    most: int = 500
    _open: list[_Open] = field(default_factory=list)
    _ended: list[_Open] = field(default_factory=list)
    _shape: tuple[int, int] = (1, 1)
    _seconds: float = 0.0

    def add(self, lasting: Lasting, surplus: Floats, usual: Floats) -> None:
        """Take the next view's standing, (h, w) scores, and the (h, w) seconds for which something stands usually."""
        self._shape, self._seconds = (surplus.shape[0], surplus.shape[1]), lasting.view.seconds
        for now in _places(lasting, surplus, usual):
            self._join(now)
        for one in self._open:
            if lasting.present[one.mask].mean() >= MIN_PRESENT_FRACTION:
                one.present = self._seconds
        gone = [one for one in self._open if self._seconds - one.seen > MAX_APART_SECONDS]
        self._open = [one for one in self._open if one not in gone]
        self._ended = sorted([*self._ended, *gone], key=lambda one: -one.score)[: self.most]

    def _join(self, now: _Open) -> None:
        best = max(self._open, key=lambda one: _common(one.box, now.box), default=None)
        if best is None or _common(best.box, now.box) <= SAME_PLACE_FRACTION:
            self._open.append(now)
            return
        best.seen = now.seen
        if now.score >= best.score:
            # What stands there now may be another thing than what the spot began with.
            best.box, best.mask, best.began = now.box, now.mask, now.began
            best.peak, best.score, best.gained = now.peak, now.score, now.gained
            best.lasted, best.usual = now.lasted, now.usual
            if now.score >= best.rise[-1][1] + RISE_NATS:
                best.rise += now.rise

    def found(self, clock: Clock, size: tuple[int, int]) -> tuple[Spot, ...]:
        """Return the spots of a clip of (width, height) pixels, by their first frame."""
        across = size[0] / self._shape[1], size[1] / self._shape[0]
        spots = [self._spot(one, clock, across) for one in [*self._ended, *self._open]]
        return tuple(sorted(_merged(spots), key=lambda spot: (spot.first, spot.box)))

    def _spot(self, one: _Open, clock: Clock, across: tuple[float, float]) -> Spot:
        x1, y1, x2, y2 = one.box
        box = (x1 * across[0], y1 * across[1], x2 * across[0], y2 * across[1])
        first = clock.frame(max(one.began, 0.0))
        still_there = one.present >= self._seconds
        # A median shows for half of its seconds what is gone.
        last = len(clock) - 1 if still_there else max(clock.frame(max(one.present - MEDIAN_SECONDS / 2, 0.0)), first)
        return Spot(
            box, first, last, LEFT if one.gained >= 0 else TAKEN, one.score,
            peak=min(max(one.peak, first), last), seconds=one.lasted, usual=one.usual, rise=tuple(one.rise),
        )  # fmt: skip


def _places(lasting: Lasting, surplus: Floats, usual: Floats) -> Iterator[_Open]:
    """Yield each place of a view that scores."""
    count, areas = cv2.connectedComponents((surplus > MIN_NATS).astype(np.uint8))
    around, seconds = np.ones((SMOOTHED_PIXELS, SMOOTHED_PIXELS), np.uint8), lasting.view.seconds
    for number in range(1, count):
        inside = areas == number
        # The average over a neighbourhood reaches beyond what stands.
        near = cv2.dilate(inside.astype(np.uint8), around) * lasting.seconds * (1 + lasting.smooth)
        row, column = (int(place) for place in np.unravel_index(int(near.argmax()), near.shape))
        standing = (lasting.seconds > MIN_PEAK_FRACTION * lasting.seconds[row, column]).astype(np.uint8)
        standing = cv2.morphologyEx(standing, cv2.MORPH_CLOSE, around)
        parts = cv2.connectedComponents(standing)[1]
        mask = np.asarray(parts == parts[row, column])
        most = np.unravel_index(int(np.where(inside, surplus, -1).argmax()), surplus.shape)
        yield _Open(
            box=_box(mask), mask=mask, began=float(np.median(lasting.since[mask])), peak=lasting.view.frame,
            score=float(surplus[most]), gained=float(np.mean(lasting.gained[mask])),
            lasted=float(lasting.seconds[row, column]), usual=float(usual[most]), seen=seconds, present=seconds,
            rise=[(lasting.view.frame, float(surplus[most]))],
        )  # fmt: skip


def _merged(spots: list[Spot]) -> list[Spot]:
    """Join spots that are one place at one time, as where several people came to stand together."""
    found = list[Spot]()
    for spot in sorted(spots, key=lambda one: -one.score):
        same = next((i for i, one in enumerate(found) if _same(one, spot)), None)
        if same is None:
            found.append(spot)
        else:
            found[same] = _joined(found[same], spot)
    return found


def _same(one: Spot, other: Spot) -> bool:
    together = one.first <= other.last and other.first <= one.last
    return together and _common(one.box, other.box) > SAME_PLACE_FRACTION


def _joined(best: Spot, other: Spot) -> Spot:
    """Return the higher of two spots, over the time of both; it is known as soon as one of them is."""
    rise, top = list[tuple[int, float]](), -np.inf
    for frame, score in sorted([*best.rise, *other.rise]):
        if score >= top + RISE_NATS:
            rise.append((frame, score))
            top = score
    return replace(best, last=max(best.last, other.last), rise=tuple(rise))


def _box(mask: Bools) -> tuple[int, int, int, int]:
    """Return the box of a mask, (x1, y1, x2, y2), without the rim that differences over a neighbourhood have."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    rim = AROUND_PIXELS // 2
    y1, y2, x1, x2 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    down, across = min(rim, (y2 - y1 - 1) // 2), min(rim, (x2 - x1 - 1) // 2)
    return x1 + across, y1 + down, x2 - across, y2 - down


def _common(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Return the common area of two boxes over that of the smaller one."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return max(wide, 0) * max(tall, 0) / max(least, 1e-9)
