"""Thumbnails that are kept, a few a second of a short clip and fewer of a long one, more where the view changes."""

from dataclasses import dataclass, field

import numpy as np

from core.arrays import Floats, Images
from explain.disturbances.registration import register
from explain.disturbances.thumbnails import Thumbnail, structure

INTERVAL_SECONDS = 0.25
MAX_SNAPSHOTS = 1000
"""Snapshots in all; beyond it every second one is dropped."""
MAX_ALIKE_FRACTION, MIN_LEAP_PIXELS = 0.7, 0.8
"""A snapshot is kept out of turn when fewer of its blocks are like the last one's, or it lies so many pixels off."""


@dataclass(frozen=True)
class Snapshot:
    """One kept thumbnail: its frame, its seconds, and (h, w) uint8 grey."""

    frame: int
    seconds: float
    grey: Images
    extra: bool

    @property
    def structure(self) -> Floats:
        """The thumbnail freed of local brightness and contrast."""
        return structure(self.grey.astype(np.float32))


@dataclass
class Snapshots:
    """Keeps snapshots while a clip streams past."""

    kept: list[Snapshot] = field(default_factory=list)
    stride: int = 1
    ticks: int = 0
    due: float = 0.0
    last: Floats | None = None

    def update(self, frame: int, seconds: float, now: Thumbnail) -> bool:
        """Keep a frame if it is time, or if it shows another view than the last one that was kept."""
        if self.last is not None and seconds < self.due:
            return False
        self.due = seconds + INTERVAL_SECONDS - 1e-6
        turn = self.ticks % self.stride == 0
        self.ticks += 1
        changed = False
        if self.last is not None:
            shift = register(self.last, now.structure)
            changed = shift.still < MAX_ALIKE_FRACTION or (shift.length >= MIN_LEAP_PIXELS and shift.votes > 0.5)
        if turn or changed or self.last is None:
            grey = np.asarray(np.rint(now.grey), np.uint8)
            self.kept.append(Snapshot(frame, seconds, grey, changed and not turn))
            self.last = now.structure
        if len(self.kept) > MAX_SNAPSHOTS:
            self._thin()
        return True

    def _thin(self) -> None:
        self.stride *= 2
        regular = [one for one in self.kept if not one.extra][::2]
        extra = [one for one in self.kept if one.extra]
        if len(regular) + len(extra) > MAX_SNAPSHOTS * 3 // 4:
            extra = extra[::2]
        self.kept = sorted([*regular, *extra], key=lambda one: one.frame)
