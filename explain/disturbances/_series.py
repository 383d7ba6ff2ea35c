"""What is measured of each frame: one small row each, so that eight hours of video fit into memory."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.arrays import Floats
from explain.disturbances.registration import register
from explain.disturbances.thumbnails import GRID, Thumbnail, cells

CELLS = GRID[0] * GRID[1]
DETAIL_UNIT = 8.0
"""Detail is kept in so many steps a grey level."""
BOX_PIXELS = 8
"""Side in thumbnail pixels of the square that change is averaged over before the largest is taken."""
MIN_WIDE_CELLS = 4
"""Change is wide where so many cells show it: more than a burnt-in clock has."""
MIN_CHANGE_LEVELS = 5.0
"""Grey levels of a square's change from which something happened there."""
MAX_NOISE_LEVELS = 8
"""Grey levels that a single pixel's change counts for noise at most, so that things that move hardly do."""
MAX_COLOUR_LEVELS = 2
"""Grey levels around the middle colour within which a pixel shows it."""
MIN_REPEATED_FRACTION = 0.98
"""Share of a cell's pixels that are the same as in the frame before where it repeats that frame."""
FLAT, STRONG = 3, 100
"""Grey levels up to which neighbours have one colour, and by which the channels of a strong colour differ."""
ROW = np.dtype(
    [("peak", "f2"), ("wide", "f2"), ("places", "u1"), ("noise", "f2"), ("same", "f2"),
     ("x", "f4"), ("y", "f4"), ("votes", "f2"), ("alike", "f2"), ("colour", "f2"), ("vivid", "f2"), ("uniform", "f2"),
     ("bars", "f2"), ("grain", "f2"), ("lit", "f2"), ("other", "f2"), ("glow", "f2"), ("level", "u1", (CELLS,)),
     ("detail", "u1", (CELLS,)), ("held", "u1", (CELLS // 8,))]
)  # fmt: skip
"""Of a frame against the one before: largest change of a square, that of the fourth-most changed cell, how many
separate places changed; mean change of single pixels, and the share of them that did not change, of the middle cell;
displacement in thumbnail pixels, share of blocks that vote for it, share that look the same.

Of a frame by itself: colour of its less and of its more coloured cells, share of pixels of one colour, whether it is
made of a few flat and strong colours (0 to 1), correlation of neighbouring pixels; light that fell on a part
(:mod:`explain.disturbances.monitor`); brightness and detail of each cell; a bit for each cell that repeats the frame
before."""
Rows = npt.NDArray[Any]


@dataclass
class Series:
    """Rows of all frames so far, in an array that doubles when it is full."""

    rows: Rows = field(default_factory=lambda: np.zeros(256, ROW))
    count: int = 0

    def add(self, row: Rows) -> None:
        """Keep the row of one more frame."""
        if self.count == len(self.rows):
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
        self.rows[self.count] = row
        self.count += 1

    @property
    def all(self) -> Rows:
        """Rows of all frames: (frames,) of :data:`ROW`."""
        return self.rows[: self.count]


def measure(now: Thumbnail, before: Thumbnail | None) -> Rows:
    """Measure a frame by itself and against the one before: () of :data:`ROW`, what is not of one frame left at 0."""
    row = np.zeros((), ROW)
    row["level"] = np.rint(cells(now.grey))
    fine = cv2.absdiff(now.grey, cv2.blur(now.grey, (5, 5)))
    row["detail"] = np.minimum(np.rint(cells(fine) * DETAIL_UNIT), 255)
    row["colour"], row["vivid"] = now.colours
    _kind(row, now)
    row["alike"] = 1.0
    if before is not None:
        change = cv2.blur(cv2.absdiff(now.grey, before.grey), (BOX_PIXELS, BOX_PIXELS))
        row["peak"], row["wide"] = _largest(change)[[-1, -MIN_WIDE_CELLS]]
        row["places"] = _places(change)
        raw = cv2.absdiff(now.picked, before.picked)
        row["noise"] = np.minimum(raw, MAX_NOISE_LEVELS).mean()
        same = cells((raw.max(-1) == 0).astype(np.float32))
        row["same"], row["held"] = np.median(same), np.packbits(same >= MIN_REPEATED_FRACTION)
        shift = register(before.structure, now.structure)
        row["x"], row["y"], row["votes"], row["alike"] = shift.x, shift.y, shift.votes, shift.still
    return row


def _kind(row: Rows, now: Thumbnail) -> None:
    """Measure whether a frame is a picture at all."""
    red, green, blue = cv2.split(now.picked)
    middle = [int(np.median(channel[::2, ::2])) for channel in (red, green, blue)]
    low, high = (tuple(value + sign * MAX_COLOUR_LEVELS for value in middle) for sign in (-1, 1))
    row["uniform"] = cv2.countNonZero(cv2.inRange(now.picked, low, high)) / red.size
    row["grain"] = cv2.matchTemplate(green[:, 1:], np.ascontiguousarray(green[:, :-1]), cv2.TM_CCOEFF_NORMED)[0, 0]
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    strong = cv2.countNonZero(cv2.inRange(spread, STRONG, 255)) / red.size
    if strong > 0.2:
        steps = cv2.absdiff(now.picked[1:], now.picked[:-1]).max(-1)
        row["bars"] = min(float((steps <= FLAT).mean()), 2 * strong)


def _places(change: Floats) -> int:
    """Count the separate places of (h, w) where something changed, 255 at most."""
    few = (change[BOX_PIXELS // 2 :: BOX_PIXELS, BOX_PIXELS // 2 :: BOX_PIXELS] > MIN_CHANGE_LEVELS).astype(np.uint8)
    return min(int(cv2.connectedComponents(few, connectivity=8)[0]) - 1, 255)


def _largest(picture: Floats) -> Floats:
    """Return the largest value of (h, w) in each cell, ascending: (48,)."""
    h, w = picture.shape
    columns, rows = (np.arange(count) * side // count for count, side in zip(GRID, (w, h), strict=True))
    return np.sort(np.maximum.reduceat(np.maximum.reduceat(picture, rows, 0), columns, 1).ravel())
