"""Frames per second of a data set's clip, which only its frames' times tell."""

from core.datasets import Footage
from core.errors import DataError

_LOOK_FRAMES = 64


def frame_rate(clip: Footage) -> float:
    """Measure frames per second on the first frames of a clip.

    Raises:
        DataError: it has fewer than two frames, or they all have the same time.
    """
    first = next(iter(clip.frames(_LOOK_FRAMES)), None)
    if first is None or len(first) < 2 or first.times[-1] <= first.times[0]:
        raise DataError(f"clip {clip.name!r} has no two frames at different times; a clip of normal footage has many")
    return float((len(first) - 1) / (first.times[-1] - first.times[0]))
