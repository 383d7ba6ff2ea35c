"""Ways from a detector's heat to the map that places are told by (decision 0017); protocols name theirs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from core.arrays import Floats

SECONDS = 0.5
"""How long the frames that ``tube`` takes together last."""
UNSEEN = 0.15
"""Of the shorter side of the picture: a person's height where the camera's normal footage shows none."""


@dataclass(frozen=True)
class Scale:
    """How large and long-lasting a person is, in cells and frames of a kept map; both odd, so that they have a middle.

    Attributes:
        side: cells along a side of the square that a person's height makes.
        frames: that are taken together.
    """

    side: int
    frames: int


def scale_of(person: float, size: tuple[int, int], fps: float) -> Scale:
    """Measure a person by a map's cells and frames.

    Args:
        person: height in cells; 0 where it is not known.
        size: height and width of the map, in cells.
        fps: frames per second.

    >>> scale_of(7.6, (60, 90), 10.0), scale_of(0.0, (60, 90), 25.0)
    (Scale(side=7, frames=5), Scale(side=9, frames=13))
    """
    return Scale(_odd(person or UNSEEN * min(size)), _odd(SECONDS * fps))


def _odd(length: float) -> int:
    return 2 * max(0, round((length - 1) / 2)) + 1


def raw(heat: npt.NDArray[np.float16], scale: Scale) -> Floats:
    """Take the heat as it is."""
    return heat.astype(np.float32)


def patch(heat: npt.NDArray[np.float16], scale: Scale) -> Floats:
    """Give each cell the mean of the hottest person-sized square that covers it, so that a square is hot as a whole.

    What lies outside the picture is its mirror image.
    """
    made: Floats = heat.astype(np.float32)
    for axis in (1, 2):
        made = uniform_filter1d(made, scale.side, axis)
    for axis in (1, 2):
        made = maximum_filter1d(made, scale.side, axis)
    return made


def tube(heat: npt.NDArray[np.float16], scale: Scale) -> Floats:
    """Average the frames around each, as many before as behind, and then do as :func:`patch`."""
    return patch(uniform_filter1d(heat.astype(np.float32), scale.frames, 0), scale)


HEAT_MAPS: dict[str, Callable[[npt.NDArray[np.float16], Scale], Floats]] = {"tube": tube, "patch": patch, "raw": raw}
"""Name to ``((T, h, w) heat, scale) -> (T, h, w) float32``; the first is what is used unasked."""
SAID = {
    "tube": "averaged over {frames} frames, then in each cell the mean of the hottest square of {side}x{side} cells, "
    "{known}, that covers it",
    "patch": "in each cell the mean of the hottest square of {side}x{side} cells, {known}, that covers it",
    "raw": "as the detector gives it",
}
DEFAULT = next(iter(HEAT_MAPS))
