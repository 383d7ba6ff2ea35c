"""Rain and snow are taken out of the pictures that a detector is shown: a drop is at a place for one moment only.

Where differing pixels are all over the picture, small spots of them get the median over time (decision 0028).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from core.arrays import Floats, Images
from core.records import Frames

APART_SECONDS, PICTURES_AROUND = 0.1, 2
"""Seconds between the pictures that the middle is of; and how many of them on either side."""
WIDTH = 360
"""Pixels across the picture in which drops are looked for."""
MIN_DIFFERENCE = 10.0
"""Least difference of grey, of 255 and averaged over 3×3 pixels, so that noise is none, from the middle value."""
CELLS_ACROSS, MIN_DROP_SHARE, MAX_DROP_SHARE, MIN_WET_SHARE = 6, 0.003, 0.2, 0.7
"""Cells across the picture; the share of a cell's pixels that are drops from which it is wet, and from which the light
or the view has changed; and the share of wet cells from which there is weather."""
MAX_LIFT, MAX_DENSE_SHARE = 1.3, 0.7
"""In dense rain more of a cell may be drops, up to the second, where they are at other places a moment later: where
pixels that are drops in both pictures are at most the first times as many as if the two were independent. Of a change
of the light, which is the same in both, they are at least 1.4 times as many."""
MIN_REPLACED_DIFFERENCE = 10
"""Difference of any colour from which a pixel is replaced in weather."""
MAX_SPOT_AREA = 230 / 360**2
"""Area of a drop or flake at most, in squares of the picture's width."""


@dataclass
class _Held:
    """A frame, its small grey picture, and, once those around it are here, its drops, and if all is wet."""

    frame: Frames
    small: Images
    drops: Floats | None = None
    wet: bool | None = None

    @property
    def image(self) -> Images:
        return np.asarray(self.frame.images[0])


class Weather:
    """Takes drops and flakes out of a stream of frames.

    Args:
        rate: frames in a second.

    Attributes:
        wet: for each frame so far, whether there was weather.
    """

    def __init__(self, rate: float) -> None:
        self._apart = max(1, round(APART_SECONDS * rate))
        self.reach = PICTURES_AROUND * self._apart
        self.wet: list[bool] = []

    def clear(self, chunks: Iterable[Frames]) -> Iterator[Frames]:
        """Give the same frames again, each once those :attr:`reach` frames behind it are here.

        Args:
            chunks: consecutive frames of one stretch without a gap.
        """
        held: list[_Held] = []
        given = 0
        for chunk in chunks:
            alone = (
                Frames(chunk.images[i : i + 1], chunk.first + i, chunk.times[i : i + 1]) for i in range(len(chunk))
            )
            held += [_Held(frame, _small(frame.images[0])) for frame in alone]
            ready = len(held) - 2 * self.reach
            if ready > given:
                yield self._cleared(held, given, ready)
                spare = max(0, ready - 3 * self.reach)
                held, given = held[spare:], ready - spare
        if given < len(held):
            yield self._cleared(held, given, len(held))

    def _cleared(self, held: Sequence[_Held], first: int, stop: int) -> Frames:
        here = range(max(0, first - self.reach), min(stop + self.reach, len(held)))
        wet = np.array([self._wet(held, row) for row in here])
        images = [held[row].image for row in range(first, stop)]
        for row in range(first, stop):
            there = wet[max(row - self.reach - here.start, 0) : row + self.reach + 1 - here.start]
            self.wet.append(bool(there.mean() > 0.5))
            if self.wet[-1]:
                middle = _middle([held[i].image for i in self._near(row, len(held))])
                images[row - first] = _replaced(images[row - first], middle)
        times = np.concatenate([one.frame.times for one in held[first:stop]])
        return Frames(np.stack(images), held[first].frame.first, times)

    def _wet(self, held: Sequence[_Held], row: int) -> bool:
        one, other = held[row], row - self._apart if row >= self._apart else row + self._apart
        if one.wet is None:
            one.wet = _wet(self._drops(held, row), self._drops(held, other) if other < len(held) else None)
        return one.wet

    def _drops(self, held: Sequence[_Held], row: int) -> Floats:
        one = held[row]
        if one.drops is None:
            one.drops = _drops(one.small, _middle([held[i].small for i in self._near(row, len(held))]))
        return one.drops

    def _near(self, row: int, count: int) -> range:
        """Return the frames that a middle value is of; at the stretch's ends those that are there."""
        first = max(0, min(row - self.reach, count - 1 - 2 * self.reach))
        return range(first, min(first + 2 * self.reach + 1, count), self._apart)


def _small(image: Images) -> Images:
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    if width > WIDTH:
        grey = cv2.resize(grey, (WIDTH, max(1, round(height * WIDTH / width))), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def _middle(images: Sequence[Images]) -> Images:
    """Return the middle of the values of each pixel; of an even number of pictures, the lower one of the two."""
    ranks = [image.copy() for image in images]
    # Bubbles up to the middle: minima and maxima of whole pictures are a tenth of a median's time.
    for last in range(len(ranks) - 1, (len(ranks) - 1) // 2 - 1, -1):
        for i in range(last):
            ranks[i], ranks[i + 1] = (
                np.asarray(cv2.min(ranks[i], ranks[i + 1]), np.uint8),
                np.asarray(cv2.max(ranks[i], ranks[i + 1]), np.uint8),
            )
    return ranks[(len(ranks) - 1) // 2]


def _drops(grey: Images, middle: Images) -> Floats:
    """Return which pixels of a picture may be drops, 1 or 0."""
    apart = cv2.subtract(grey, middle, dtype=cv2.CV_16S)
    return np.asarray(np.abs(cv2.blur(apart, (3, 3))) >= MIN_DIFFERENCE, np.float32)


def _wet(drops: Floats, other: Floats | None) -> bool:
    """Tell whether drops are everywhere in a picture; ``other``: those of another moment, if there is one."""
    cells = _cells(drops)
    most = MAX_DENSE_SHARE if other is not None and _independent(drops, other, cells) else MAX_DROP_SHARE
    return bool(((cells >= MIN_DROP_SHARE) & (cells < most)).mean() >= MIN_WET_SHARE)


def _independent(drops: Floats, other: Floats, cells: Floats) -> bool:
    """Tell whether drops of two moments, dense in both, lie together no more often than by chance."""
    if cells.max() < MAX_DROP_SHARE:
        return False
    others = _cells(other)
    if others.mean() < cells.mean() / 2:
        return False
    return float((drops * other).mean()) <= MAX_LIFT * float((cells * others).mean())


def _cells(drops: Floats) -> Floats:
    """Return the share of drops in each cell, (R, C)."""
    height, width = drops.shape
    down = _shares(height, max(1, round(CELLS_ACROSS * height / width)))
    return np.asarray(down @ drops @ _shares(width, CELLS_ACROSS).T)


@lru_cache(maxsize=8)
def _shares(length: int, cells: int) -> Floats:
    """Return which share of a cell each pixel of a line is, (cells, length); a pixel may lie in two."""
    edges = np.linspace(0, length, cells + 1)[:, None]
    begins, ends = np.maximum(edges[:-1], np.arange(length)), np.minimum(edges[1:], np.arange(length) + 1)
    return np.asarray(np.maximum(ends - begins, 0) * (cells / length), np.float32)


def _replaced(image: Images, middle: Images) -> Images:
    """Give small spots that differ the middle value; the edges of what moves are larger, and stay."""
    far = (cv2.absdiff(np.ascontiguousarray(image), middle).max(axis=2) >= MIN_REPLACED_DIFFERENCE).astype(np.uint8)
    _, numbers, facts, _ = cv2.connectedComponentsWithStats(far, connectivity=8)
    small = facts[:, cv2.CC_STAT_AREA] <= MAX_SPOT_AREA * image.shape[1] ** 2
    small[0] = False
    # The rim of a drop differs less than its middle.
    wide = cv2.dilate(small[numbers].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(wide[..., None] > 0, middle, image)
