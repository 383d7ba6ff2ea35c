"""What the camera does to its picture, told from all frames of a clip while they stream past.

A camera is moved or shaken, the light changes, the signal is lost, the picture freezes. Detectors call all that
unusual, and object models find cars in it. Here each frame is measured against the one before, on a thumbnail; a row of
numbers is kept of it, and a snapshot a few times a second; causes are told from the whole series once the clip has
ended, or from what there is of it so far.
"""

from dataclasses import dataclass, field

from core.clock import Clock
from core.disturbance import Disturbance
from core.errors import expect
from core.records import Frames
from explain.disturbances import _blank, _causes
from explain.disturbances._glow import Glow
from explain.disturbances._series import Series, measure
from explain.disturbances._views import Snapshots
from explain.disturbances.thumbnails import Thumbnail, size_of

MAX_CUT_ALIKE_FRACTION = 0.3
"""Share of blocks alike under which a frame shows another picture than the one before."""


@dataclass
class Monitor:
    """Watches one clip; it holds 139 bytes a frame and at most a thousand thumbnails."""

    _series: Series = field(default_factory=Series)
    _snapshots: Snapshots = field(default_factory=Snapshots)
    _glow: Glow = field(default_factory=Glow)
    _before: Thumbnail | None = None
    _lit: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _size: tuple[int, int] = (1, 1)

    def update(self, frames: Frames) -> None:
        """Measure the next frames, at the clip's size; every frame must be given, in order.

        Raises:
            ValueError: frames were left out.
        """
        expect(frames.first == self._series.count, "frames", f"from {self._series.count} on", f"from {frames.first} on")
        self._size = frames.images.shape[1:3]
        for number, (image, seconds) in enumerate(zip(frames.images, frames.times.tolist(), strict=True), frames.first):
            self._add(number, Thumbnail.of(image), seconds)

    def _add(self, number: int, now: Thumbnail, seconds: float) -> None:
        row = measure(now, self._before)
        if row["alike"] < MAX_CUT_ALIKE_FRACTION or _blank.blank(row[None])[0]:
            self._glow.forget()
        if self._snapshots.update(number, seconds, now):
            self._lit = self._glow.update(seconds, now)
        row["lit"], row["other"], row["glow"] = self._lit
        self._series.add(row)
        self._before = now

    def finish(self, clock: Clock) -> tuple[Disturbance, ...]:
        """List what the camera did so far, by time, with the clip's clock; more frames may follow.

        Raises:
            ValueError: the clock has fewer frames than were seen.
        """
        rows = self._series.all
        expect(len(clock) >= len(rows), "clock", f"of {len(rows)} frames at least", f"one of {len(clock)}")
        if not len(rows):
            return ()
        height, width = self._size
        tall, wide = size_of(height, width)
        known = Clock(clock.times[: len(rows)], clock.step)
        return tuple(_causes.find(rows, self._snapshots.kept, known, (width / wide, height / tall)))
