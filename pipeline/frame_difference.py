"""The plain difference of two frames: what any detector has to beat. It knows no normal footage and has no weights."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from core.arrays import Doubles, Floats
from core.clock import Clock
from core.records import Frames
from pipeline import events
from pipeline.events import EventRule

NAME = "frame difference"
SQUARE_PIXELS, SECONDS = 16, 0.2
"""Side of the square that the difference is averaged over, and standard deviation of the Gaussian over time."""


def compared(chunks: Iterable[Frames], difference: list[float]) -> Iterator[Frames]:
    """Yield chunks as they are, and append each frame's difference from the one before.

    It is the greatest mean of the absolute difference in grey levels over a square of :data:`SQUARE_PIXELS`; the first
    frame, and one of another size than the frame before, have 0.
    """
    before: Floats | None = None
    for chunk in chunks:
        for image in chunk.images:
            grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
            change = np.zeros_like(grey) if before is None or before.shape != grey.shape else np.abs(grey - before)
            difference.append(float(cv2.blur(change, (SQUARE_PIXELS, SQUARE_PIXELS)).max()))
            before = grey
        yield chunk


def smoothed(difference: npt.ArrayLike, clock: Clock) -> Doubles:
    """Smooth (T,) differences over :data:`SECONDS`, as the scores of cameras are smoothed before events are cut."""
    return events.smoothed(np.asarray(difference, np.float32), clock, EventRule(smooth=SECONDS)).astype(np.float64)
