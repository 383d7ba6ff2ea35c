"""Lines of text that run through the picture: rows in which strokes of letters all go on by the same way.

People and vehicles go on too, but bend, turn, grow or fill no row so densely; what a line covers is one thin band.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import binary_opening, maximum_filter, maximum_filter1d, uniform_filter, uniform_filter1d

from core.arrays import Bools, Floats, Images, Ints

APART_SECONDS = 0.1
"""Seconds between the two frames that are compared."""
MAX_WIDTH = 640
"""Pixels across a picture at most; a wider one is reduced."""
MIN_STROKE, MIN_CHANGE, MIN_STROKE_PIXELS = 40.0, 20, 20
"""Least second derivative of grey across, of 255, at a stroke's pixel; least change of grey at one that moves; and how
many such pixels a row of cells has at least in both frames."""
MIN_STEP, MAX_STEP = 1 / 120, 1 / 6
"""Part of the picture's width that a line goes on between the two frames."""
MIN_CORRELATION = 0.5
"""Of the strokes with the earlier ones, moved on."""
MAX_STEP_CHANGE = 0.15
"""Share by which the ways of neighbouring frames may differ, one pixel at least."""
MIN_SECONDS, MIN_SEEN_SHARE = 1.0, 0.8
"""A line runs for so many seconds at least, and is seen in this share of the frames of any that long a stretch."""
MIN_ROW_SHARE, MIN_DENSITY, MAX_ROWS = 0.2, 0.6, 3
"""Share of a row that a line fills at some moment; share of the cells between its first and its last that have strokes;
and the rows of cells that it covers at most."""
MIN_BODY_SHARE = 0.5
"""Share of a line's cells that are hot :data:`MAX_ROWS` rows above or below, and share of the frames in which they are,
from which it is lettering on a vehicle."""
TRAIL_SECONDS = 0.5
"""Seconds for which what a line covered, or will cover, may be hot."""


@dataclass(frozen=True)
class Moved:
    """How the strokes in each row of cells went on.

    Attributes:
        ways: (R,) pixels to the right since the earlier frame, 0 where they do not go on together.
        cells: (R, C) those with strokes that did.
    """

    ways: Ints
    cells: Bools


class Strokes:
    """Compares each frame's strokes with those of one that is :data:`APART_SECONDS` seconds earlier.

    Args:
        rate: analysed frames in a second.
        shape: (rows, columns) of cells in a picture.
    """

    def __init__(self, rate: float, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._earlier: deque[tuple[Images, Floats]] = deque(maxlen=max(1, round(APART_SECONDS * rate)))

    def add_frame(self, grey: Images) -> Moved:
        """Take the next frame's (H, W) grey values."""
        if grey.shape[1] > MAX_WIDTH:
            size = MAX_WIDTH, max(1, round(grey.shape[0] * MAX_WIDTH / grey.shape[1]))
            grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        bent = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 2, 0, ksize=1))
        ready = len(self._earlier) == self._earlier.maxlen
        found = self._moved(grey, bent, *self._earlier[0]) if ready else None
        self._earlier.append((grey, bent))
        rows, columns = self._shape
        return found or Moved(np.zeros(rows, np.int64), np.zeros((rows, columns), np.bool_))

    def _moved(self, grey: Images, bent: Floats, before: Images, bent_before: Floats) -> Moved:
        rows, columns = self._shape
        changed = cv2.absdiff(grey, before) > MIN_CHANGE
        now, then = (changed & (np.abs(one) >= MIN_STROKE) for one in (bent, bent_before))
        ways, cells = np.zeros(rows, np.int64), np.zeros((rows, columns), np.bool_)
        ends = np.linspace(0, grey.shape[0], rows + 1).round().astype(int)
        for row, span in enumerate(slice(top, bottom) for top, bottom in pairwise(ends.tolist())):
            if min(np.count_nonzero(now[span]), np.count_nonzero(then[span])) >= MIN_STROKE_PIXELS:
                ways[row], alike = _way(now[span] * bent[span], then[span] * bent_before[span])
                if abs(ways[row]) < MIN_STEP * grey.shape[1] or not len(alike):
                    ways[row] = 0
                    continue
                filled = np.flatnonzero(alike) * columns // grey.shape[1]
                cells[row] = np.bincount(filled, alike[alike > 0], columns)[:columns] >= 2
        return Moved(ways, cells)


def _way(now: Floats, then: Floats) -> tuple[int, Ints]:
    """Tell how far strokes (h, W) went on, and how many of each column did; none where they did not."""
    width = now.shape[1]
    far = round(width * MAX_STEP)
    length = next_fast_len(width + far, real=True)
    product = (rfft(now, length, axis=1) * np.conj(rfft(then, length, axis=1))).sum(axis=0)
    both = np.roll(irfft(product, length), far)[: 2 * far + 1]
    way = int(both.argmax()) - far
    a, b = now[:, max(way, 0) : width + min(way, 0)], then[:, max(-way, 0) : width - max(way, 0)]
    energy = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    if float((a * b).sum()) < MIN_CORRELATION * max(energy, 1.0):
        return 0, np.zeros(0, np.int64)
    alike = np.zeros(width, np.int64)
    alike[max(way, 0) : width + min(way, 0)] = (a * b > 0).sum(axis=0)
    return way, alike


def lines(moved: Sequence[Moved], hot: Bools, rate: float, reach: int) -> Bools:
    """Tell which cells a line of text runs through, from where it enters to where it leaves.

    Args:
        moved: of T consecutive analysed frames.
        hot: (T, R, C) cells.
        rate: analysed frames in a second.
        reach: frames before and behind within which a line fills :data:`MIN_ROW_SHARE` of its row.

    Returns:
        (T, R, C) the cells of a line, and those between them; also :data:`TRAIL_SECONDS` before
        and after, since what it covers stays in a detector's window.
    """
    ways, cells = np.stack([one.ways for one in moved]), np.stack([one.cells for one in moved])
    if not ways.any():
        return cells
    between = _between(cells)
    dense = cells.sum(axis=2) >= MIN_DENSITY * between.sum(axis=2)
    ways = np.where(dense, ways, 0)
    steady = standing(_steady(ways)[..., None], max(2, round(MIN_SECONDS * rate)))[..., 0]
    share = np.where(steady, cells.mean(axis=2), 0.0).astype(np.float32)
    wide = maximum_filter1d(share, 2 * reach + 1, axis=0, mode="constant") >= MIN_ROW_SHARE
    there = steady & wide
    around = (2 * reach + 1, 1)
    # Groups of more than MAX_ROWS rows one under the other are no lines.
    there &= ~binary_opening(maximum_filter(there, around, mode="constant"), np.ones((1, MAX_ROWS + 1), np.bool_))
    body = there & _inside(there, between, hot)
    bodies, all_lines = (uniform_filter(rows.astype(np.float32), around) for rows in (body, there))
    there &= ~(bodies > MIN_BODY_SHARE * all_lines)
    filled = between & there[..., None]
    trail = 2 * round(TRAIL_SECONDS * rate) + 1
    return np.asarray(maximum_filter1d(filled.astype(np.uint8), trail, axis=0, mode="constant") > 0)


def _between(cells: Bools) -> Bools:
    """Fill each row (T, R, C) between its first and its last cell."""
    since, until = (np.maximum.accumulate(one, axis=2) for one in (cells, cells[..., ::-1]))
    return np.asarray(since & until[..., ::-1])


def _steady(ways: Ints) -> Bools:
    """Tell where strokes go on as in two frames of the four around, (T, R)."""
    agree = np.zeros(ways.shape, np.int64)
    around = np.pad(ways, ((2, 2), (0, 0)))
    for apart in (0, 1, 3, 4):
        other = around[apart : apart + len(ways)]
        near = np.abs(ways - other) <= np.maximum(1.0, MAX_STEP_CHANGE * np.abs(ways))
        agree += near & (other != 0)
    return np.asarray((ways != 0) & (agree >= 2))


def _inside(there: Bools, between: Bools, hot: Bools) -> Bools:
    """Mark rows (T, R) of lines that are hot at some distance above or below, too: the side of a vehicle."""
    found = np.zeros_like(there)
    length = np.maximum(between.sum(axis=2), 1)
    for far in (-MAX_ROWS, MAX_ROWS):
        beyond = np.zeros_like(hot)
        beyond[:, max(-far, 0) : hot.shape[1] - max(far, 0)] = hot[:, max(far, 0) : hot.shape[1] + min(far, 0)]
        found |= there & ((beyond & between).sum(axis=2) > MIN_BODY_SHARE * length)
    return found


def standing(flags: Bools, reach: int, mostly: float = MIN_SEEN_SHARE) -> Bools:
    """Tell in which frames of (T, R, C) a cell's flag is up in most of some stretch of ``reach`` frames around it."""
    reach = min(reach, len(flags))
    share = uniform_filter1d(flags.astype(np.float32), reach, axis=0, mode="constant", origin=-(reach // 2))
    # share[t] is the mean of the stretch that begins at t; the last stretches would reach beyond the end.
    share[len(flags) - reach + 1 :] = 0.0
    best = maximum_filter1d(share, reach, axis=0, mode="constant", origin=(reach - 1) // 2)
    return np.asarray(best >= mostly)
