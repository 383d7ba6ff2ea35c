"""A clip's picture without what moves: the median of a few looks a second, small and grey."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Images
from core.errors import expect
from core.records import Frames

SIDE_PIXELS = 160
"""Longer side of a view."""
LOOKS_PER_SECOND, LOOKS_A_VIEW = 4.0, 2
"""How often a frame is looked at, and how many looks lie between two views."""
MEDIAN_SECONDS, LEAST_LOOKS = 3.0, 5
"""A view is the median of the looks of so many seconds, of so many at least."""
MIN_MOVED_LEVELS, MIN_MOVED_FRACTION = 8, 0.002
"""Grey levels by which a pixel moved, and share of such pixels from which the scene was in motion."""
MAX_GAP_SECONDS = 1.5
"""Looks that lie farther apart make no view together."""


@dataclass(frozen=True)
class View:
    """What stood still in the last seconds.

    Attributes:
        grey: (h, w) uint8, longer side :data:`SIDE_PIXELS` at most.
        frame: number of the last frame that it is made of.
        seconds: when that is shown.
    """

    grey: Images
    frame: int
    seconds: float


class Views:
    """Makes the views of a clip while it streams past; it holds the looks of :data:`MEDIAN_SECONDS`."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Images]] = deque()
        self._count, self._moving, self._seconds = 0, False, -np.inf

    def add(self, chunk: Frames) -> Iterator[View]:
        """Take a clip's next frames, and yield the views that they complete.

        Raises:
            ValueError: frames have another size than those before.
        """
        for number, (image, seconds) in enumerate(zip(chunk.images, chunk.times.tolist(), strict=True), chunk.first):
            if seconds >= self._seconds + 1 / LOOKS_PER_SECOND - 1e-3:
                self._seconds = seconds
                look = reduced(image)
                if not self._frozen(look):
                    yield from self._look(look, number, seconds)

    def _look(self, look: Images, number: int, seconds: float) -> Iterator[View]:
        if self._looks and seconds > self._looks[-1][0] + MAX_GAP_SECONDS:
            self._looks.clear()
        self._looks.append((seconds, look))
        while self._looks[0][0] <= seconds - MEDIAN_SECONDS + 1e-3:
            self._looks.popleft()
        self._count += 1
        if self._count % LOOKS_A_VIEW == 0 and len(self._looks) >= LEAST_LOOKS:
            yield View(_median([grey for _, grey in self._looks]), number, seconds)

    def _frozen(self, look: Images) -> bool:
        """Tell whether the picture stands still to the last level although something was moving in it."""
        if not self._looks:
            return False
        before = self._looks[-1][1]
        expect(look.shape == before.shape, "frames", f"of one shape, {before.shape} when reduced", look.shape)
        change = cv2.absdiff(look, before)
        if self._moving and not change.any():
            return True
        self._moving = bool((change > MIN_MOVED_LEVELS).mean() > MIN_MOVED_FRACTION)
        return False


def reduced(image: Images) -> Images:
    """Reduce an (H, W, 3) RGB picture to the grey of a view: (h, w) uint8."""
    scale = min(SIDE_PIXELS / max(image.shape[:2]), 1.0)
    size = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    return np.asarray(cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY), np.uint8)


def _median(looks: list[Images]) -> Images:
    middle = len(looks) // 2
    found: Images = np.partition(np.stack(looks), middle, axis=0)[middle]
    return found
