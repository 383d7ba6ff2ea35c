"""What the camera does to its picture, told from all frames of a clip while they stream past.

A camera is moved or shaken, the light changes, the signal is lost, the picture freezes. Detectors call all that
unusual, and object models find cars in it. Here each frame is measured against the one before, on a thumbnail; a row of
numbers is kept of it, and a snapshot a few times a second; causes are told from the whole series once the clip has
ended, or from what there is of it so far.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from core.arrays import Floats
from core.clock import Clock
from core.disturbance import Disturbance
from core.errors import expect
from core.records import Frames
from explain.disturbances import _causes, _partial
from explain.disturbances._series import Series, measure
from explain.disturbances._views import Snapshots
from explain.disturbances.registration import MIN_CORRELATION, blocks, correlations
from explain.disturbances.thumbnails import Thumbnail, size_of, structure

MAX_LEVELS_PER_SECOND = 2.0
"""Grey levels a second by which the background follows the picture."""
MIN_CHANGE_LEVELS, MIN_CHANGE_FRACTION = 12.0, 0.15
"""Grey levels, and share of the background's brightness, from which a pixel is lighter or darker."""
MIN_LIGHT_CHANGE = 20.0, 0.25
"""The same of pixels on which a light falls."""
MAX_GLOW_BACKGROUND = 70.0
"""Median brightness of a picture under which a light in it counts."""
MIN_AREA_FRACTION = 0.02
MAX_SLOPE = 0.2
"""Steepest slope of a light, as a share of its height a thumbnail pixel; an object's outline is steeper."""
MAX_CHANGED_FRACTION, MAX_CHANGED_LOOKS = 0.5, 4
"""Where more than this share of the picture has changed in more looks than that, the background is made anew."""
MAX_CUT_ALIKE_FRACTION = 0.3
"""Share of blocks alike under which a frame shows another picture than the one before."""


@dataclass
class Glow:
    """Holds a clip's pictures against a background that follows them slowly."""

    background: Floats | None = None
    seconds: float = 0.0
    odd: int = 0

    def forget(self) -> None:
        """Begin anew: the picture was gone, or shows another view."""
        self.background = None

    def update(self, seconds: float, now: Thumbnail) -> tuple[float, float, float]:
        """Measure one picture.

        Returns:
            Share of the picture that became lighter or darker and shows the same as before; share that changed in
            another way; share of a dark picture that a light without edges falls on.
        """
        if self.background is None:
            self.background, self.seconds = now.grey.copy(), seconds
            return 0.0, 0.0, 0.0
        change = now.grey - self.background
        self.odd = self.odd + 1 if np.mean(np.abs(change) > MIN_CHANGE_LEVELS) > MAX_CHANGED_FRACTION else 0
        if self.odd > MAX_CHANGED_LOOKS:
            self.background, self.odd = now.grey.copy(), 0
            return 0.0, 0.0, 0.0
        lit, other = _lit(self.background, now, change)
        glow = _soft(self.background, change)
        step = MAX_LEVELS_PER_SECOND * min(1.0, max(seconds - self.seconds, 0.0))
        self.background += np.clip(change, -step, step)
        self.seconds = seconds
        return lit, other, glow


def _lit(background: Floats, now: Thumbnail, change: Floats) -> tuple[float, float]:
    limit = np.maximum(MIN_CHANGE_LEVELS, MIN_CHANGE_FRACTION * background)
    if np.mean(np.abs(change) > limit) < MIN_AREA_FRACTION:
        return 0.0, 0.0
    lighter, darker, either = (
        blocks((part > limit).astype(np.float32)) > 0.5 for part in (change, -change, np.abs(change))
    )
    found, _ = correlations(structure(background), now.structure)
    shares = [float((part & (found > MIN_CORRELATION)).mean()) for part in (lighter, darker)]
    return max(shares), float(either.mean()) - max(shares)


def _soft(background: Floats, change: Floats) -> float:
    bright = change > np.maximum(MIN_LIGHT_CHANGE[0], MIN_LIGHT_CHANGE[1] * background)
    area = float(bright.mean())
    if area < MIN_AREA_FRACTION or np.median(background) > MAX_GLOW_BACKGROUND:
        return 0.0
    around = cv2.dilate(bright.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    steep = np.hypot(cv2.Sobel(change, -1, 1, 0, ksize=1), cv2.Sobel(change, -1, 0, 1, ksize=1)) / 2
    edge = float(np.quantile(steep[around], 0.98)) / max(float(np.quantile(change[bright], 0.9)), 1.0)
    return area if edge <= MAX_SLOPE else 0.0


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
        if row["alike"] < MAX_CUT_ALIKE_FRACTION or _partial.is_blank(row[None])[0]:
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
