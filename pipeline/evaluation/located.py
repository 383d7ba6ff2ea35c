"""Where a joined score lies: boxes of things with the nats of their attributes, and the pixels' error in nats."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles, Floats, Ints
from core.equivalence import Equivalence
from core.errors import expect

COLUMNS = 6
"""Of a row of things: frame, x1, y1, x2, y2, nats."""
COLD = 1e-12


@dataclass(frozen=True)
class NatScale:
    """How the heat of a frame is brought to nats.

    Attributes:
        equivalence: from nats to calibrated scores of pixels.
        decibels: whether these are decibels of an error, as the heat is one.
    """

    equivalence: Equivalence
    decibels: bool = True


@dataclass(frozen=True)
class Located:
    """Where the joined score of one clip lies.

    Attributes:
        things: (M, 6) float64: frame, box (x1, y1, x2, y2) in pixels of the clip, and nats of what scores there.
        pixels: (T,) float32 calibrated scores of the pixels, NaN without one; None where the pixels do not count.
        scale: of the camera.
    """

    things: Doubles
    pixels: Floats | None
    scale: NatScale

    def __post_init__(self) -> None:
        expect(self.things.ndim == 2 and self.things.shape[1] == COLUMNS, "things", "(M, 6)", self.things.shape)

    @property
    def frames(self) -> Ints:
        """The frame of each thing, (M,)."""
        frames: Ints = self.things[:, 0].astype(np.int64)
        return frames

    def in_nats(self, made: Floats) -> Floats:
        """Bring a map of the heat, (T, h, w), to nats.

        The hottest cell of a frame has the nats of the frame's pixels, any other one those of as many decibels less, or
        less in proportion where scores are no decibels.
        """
        if self.pixels is None:
            return np.zeros_like(made)
        top = np.maximum(made.max(axis=(1, 2), keepdims=True), COLD)
        share = np.maximum(made / top, COLD)
        own = np.nan_to_num(self.pixels.astype(np.float64), nan=-np.inf)[:, None, None]
        nats = self.scale.equivalence.inverse
        if self.scale.decibels:
            return np.asarray(nats(own + 10.0 * np.log10(share)), np.float32)
        return np.asarray(nats(own) * share, np.float32)

    def painted(self, made: Floats, cell: int) -> Floats:
        """Return a map in nats, (T, h, w), with the boxes of things in it, where they have more; cells of ``cell``."""
        _, height, width = made.shape
        made, order = made.copy(), np.argsort(self.frames, kind="stable")
        frames, rows = self.frames[order], self.things[order]
        first = np.searchsorted(frames, frames, side="left")
        number = np.arange(len(frames)) - first
        lows, highs = np.floor(rows[:, 1:3] / cell), np.ceil(rows[:, 3:5] / cell)
        # One thing of every frame at a time: no frame is written to twice at once.
        for turn in range(int(number.max(initial=-1)) + 1):
            at = np.flatnonzero((number == turn) & (frames >= 0) & (frames < len(made)))
            across = _between(np.arange(width), lows[at, 0], highs[at, 0])
            down = _between(np.arange(height), lows[at, 1], highs[at, 1])
            inside = down[:, :, None] & across[:, None, :]
            made[frames[at]] = np.maximum(made[frames[at]], np.where(inside, rows[at, 5, None, None], 0.0))
        return made


def _between(cells: Ints, low: Doubles, high: Doubles) -> Bools:
    within: Bools = (cells >= low[:, None]) & (cells < high[:, None])
    return within
