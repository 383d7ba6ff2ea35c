"""Text that a recorder burns into the picture: a clock, a name, a running line that the camera's footage did not have.

It is sharp, bright, and wrong in every frame, since no detector has learnt to expect it. Near the upper or lower edge
whatever has strokes that stand still counts; in the middle, where things stop too, a thin line of them alone.
Its heat is left out of the scores, which would else stay near the threshold for as long as it is there.
"""

import dataclasses
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import find_objects, label, maximum_filter1d, uniform_filter1d

from core.arrays import Bools, Floats, Images
from core.records import Evidence

EDGE = 0.2
"""Share of the picture's height, from above and from below, in which any text is looked for."""
CELLS = 30
"""Cells across the picture."""
HOT = 8.0
"""Heat of a cell with text, in multiples of the camera's normal mean: unknown text has 15 to 50, walls and trees 1."""
STROKE, STROKES = 80.0, 0.02
"""Least second derivative of grey, of 255, at a stroke's pixel, across or down; and least share of a cell's pixels that
are such, of both kinds: the edge of a roof has one of them alone."""
STILL, EARLIER, WIDE = 0.5, 0.5, 0.2
"""Letters stand still: this share of their strokes was there so many seconds earlier. A running line does not; it fills
this share of a row of cells."""
ACROSS = np.array([[1.0, -2.0, 1.0]], np.float32)
BESIDE, WARM = 2, 3.0
"""Cells to the left and right of a text's that belong to it where they are so warm; above and below it is one."""
LONG, TALL, SLIM, COOL = 4, 3, 2.5, 0.5
"""A line in the middle of the picture: cells across at least and down at most, how many times as long as tall, and the
share of the cells beyond the next ones above and below that are not hot: a thing that stops is not as flat."""
STANDS, MOSTLY = 2.0, 0.8
"""Text stands for at least so many seconds, and is seen in this share of the frames of any that long a stretch."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Text:
    """A burnt-in text: where it is, in pixels (x1, y1, x2, y2), and its first and last frame."""

    box: Box
    first: int
    last: int


@dataclass(frozen=True)
class Decided:
    """What text does to one frame.

    Attributes:
        frame: its number.
        decibels: by how much the text raises the score, 0 or more.
        boxes: of the text.
    """

    frame: int
    decibels: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class _Seen:
    frame: int
    heat: Floats
    strokes: Bools
    still: Bools
    total: float


class BurntIn:
    """Watches a clip's frames for text; what it says of a frame comes twice :data:`STANDS` seconds later.

    Args:
        normal: the camera's mean heat per pixel.
        rate: analysed frames in a second.
        size: (height, width) of the picture.
    """

    def __init__(self, normal: float, rate: float, size: tuple[int, int]) -> None:
        self.normal, self.size = normal, size
        self.reach = max(2, math.ceil(STANDS * rate))
        self.cell = max(4, round(size[1] / CELLS))
        self._shape = rows, columns = max(1, size[0] // self.cell), max(1, size[1] // self.cell)
        edge = max(1, round(EDGE * rows))
        self._edge = np.minimum(np.arange(rows), np.arange(rows)[::-1])[:, None] < edge
        self._ring: list[_Seen] = []
        self._known = 0
        self._sharp: deque[Bools] = deque(maxlen=max(1, round(EARLIER * rate)) + 1)
        self._first = np.full((rows, columns), -1, np.int64)
        self._last = self._first.copy()

    def see(self, frame: int, image: Images, heat: Floats) -> None:
        """Take the next analysed frame: (H, W, 3) uint8, and its (H, W) heat."""
        rows, columns = self._shape
        whole = heat[: rows * self.cell, : columns * self.cell]
        cells = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        strokes, still = self._letters(image)
        strokes = strokes & (cells > HOT * self.normal)
        self._ring.append(_Seen(frame, cells, strokes, strokes & still, float(heat.sum(dtype=np.float64))))

    def decide(self, ended: bool = False) -> list[Decided]:
        """Return what text does to the frames of which that is known now, and was not said yet.

        Args:
            ended: nothing more will be seen.
        """
        ready = len(self._ring) - (0 if ended else 2 * self.reach)
        if ready <= self._known:
            return []
        flags = np.stack([seen.strokes for seen in self._ring])
        if flags.any():
            flags = self._text(flags)
        decided = [self._decided(self._ring[row], flags[row]) for row in range(self._known, ready)]
        # Those that follow still look back two stretches.
        self._ring = self._ring[max(0, ready - 2 * self.reach) :]
        self._known = min(ready, 2 * self.reach)
        return decided

    def _text(self, strokes: Bools) -> Bools:
        """Tell which cells are text in each frame, of those with strokes, all (T, R, C)."""
        heat = np.stack([seen.heat for seen in self._ring])
        standing = _standing(np.stack([seen.still for seen in self._ring]), self.reach)
        text = (standing & self._edge) | self._lines(standing & ~self._edge, heat > HOT * self.normal)
        text |= self._running(strokes & self._edge)
        return text | (_beside(text) & (heat > WARM * self.normal)) if text.any() else text

    def _running(self, strokes: Bools) -> Bools:
        """Tell which cells are of a line that runs: it fills much of a row, a little earlier or later at least."""
        wide = (strokes.mean(axis=2) >= WIDE).astype(np.float32)
        near = maximum_filter1d(wide, 2 * self.reach + 1, axis=0, mode="constant") > 0
        rows = _standing(near[:, :, None] & strokes.any(axis=2, keepdims=True), self.reach)
        return strokes & rows

    def _lines(self, standing: Bools, hot: Bools) -> Bools:
        """Keep the groups of cells that are long and thin."""
        kept = np.zeros_like(standing)
        for row in np.flatnonzero(standing.any(axis=(1, 2))).tolist():
            for (y, x), there in _groups(standing[row]):
                tall, long = y.stop - y.start, x.stop - x.start
                around = [hot[row, at, x] for at in (y.start - 2, y.stop + 1) if 0 <= at < hot.shape[1]]
                cool = 1.0 - float(np.mean(around)) if around else 1.0
                if long >= LONG and tall <= TALL and long >= SLIM * tall and cool >= COOL:
                    kept[row, y, x] |= there
        return kept

    def texts(self) -> tuple[Text, ...]:
        """Return the texts of the clip so far."""
        found = []
        for span, there in _groups(self._first >= 0):
            first, last = self._first[span][there], self._last[span][there]
            found.append(Text(self._box(span), int(first.min()), int(last.max())))
        return tuple(found)

    def changed(self, first: int, stop: int) -> bool:
        """Tell whether text was seen in any of the frames from ``first`` to ``stop``, exclusive."""
        return bool(((self._last >= first) & (self._last < stop)).any())

    def state(self) -> dict[str, list[list[int]]]:
        """Return what is known of texts so far, for :meth:`restore`."""
        return {"first": self._first.tolist(), "last": self._last.tolist()}

    def restore(self, state: Mapping[str, Sequence[Sequence[int]]]) -> None:
        """Go on from what an earlier pass over the same clip knew; ignored where it does not fit."""
        first, last = (np.array(state.get(name, ()), np.int64) for name in ("first", "last"))
        if first.shape == last.shape == self._first.shape:
            self._first, self._last = first, last

    def _decided(self, seen: _Seen, flags: Bools) -> Decided:
        if not flags.any():
            return Decided(seen.frame, 0.0, ())
        self._first[flags & (self._first < 0)] = seen.frame
        self._last[flags] = seen.frame
        held = float(seen.heat[flags].sum(dtype=np.float64)) * self.cell**2
        # What lies under the text counts as cold, as most of the picture is where nobody walks.
        heat_left = max(1.0 - held / max(seen.total, 1e-30), 1e-6)
        boxes = tuple(self._box(span) for span, _ in _groups(flags))
        return Decided(seen.frame, -10.0 * math.log10(heat_left), boxes)

    def _box(self, span: tuple[slice, slice]) -> Box:
        y, x = span
        return x.start * self.cell, y.start * self.cell, x.stop * self.cell, y.stop * self.cell

    def _letters(self, image: Images) -> tuple[Bools, Bools]:
        """Tell which cells have strokes across and down, and in which of them these stand still, (R, C)."""
        rows, columns = self._shape
        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        bent = [cv2.filter2D(grey, cv2.CV_32F, kernel) for kernel in (ACROSS, ACROSS.T)]
        sharp = np.stack([np.abs(one[: rows * self.cell, : columns * self.cell]) > STROKE for one in bent])
        part: Bools = sharp.reshape(2, rows, self.cell, columns, self.cell)
        self._sharp.append(part)
        strokes: Bools = (part.mean(axis=(2, 4)) > STROKES).all(axis=0)
        shared, either = (both.sum(axis=(2, 4)) for both in (part & self._sharp[0], part | self._sharp[0]))
        return strokes, (shared >= STILL * either).all(axis=0)


def _beside(text: Bools) -> Bools:
    """Mark the cells beside those of a text: its box, and the digits in it that change."""
    kernel = np.ones((3, 2 * BESIDE + 1), np.uint8)
    return np.stack([cv2.dilate(one, kernel) for one in text.astype(np.uint8)]) > 0


def without(evidence: Evidence, boxes: Iterable[Box]) -> Evidence:
    """Return evidence of a frame without the heat in some boxes."""
    heat = evidence.heat.copy()
    for x1, y1, x2, y2 in boxes:
        heat[y1:y2, x1:x2] = 0.0
    return dataclasses.replace(evidence, heat=heat)


def _standing(flags: Bools, reach: int) -> Bools:
    """Tell in which frames a cell's text has stood or will stand for a stretch of ``reach`` frames, (T, R, C)."""
    reach = min(reach, len(flags))
    share = uniform_filter1d(flags.astype(np.float32), reach, axis=0, mode="constant", origin=-(reach // 2))
    # share[t] is the mean of the stretch that begins at t; the last stretches would reach beyond the end.
    share[len(flags) - reach + 1 :] = 0.0
    best = maximum_filter1d(share, reach, axis=0, mode="constant", origin=(reach - 1) // 2)
    return np.asarray(best >= MOSTLY)


def _groups(cells: Bools) -> Iterator[tuple[tuple[slice, slice], Bools]]:
    """Yield where the connected groups of cells are, and which cells of that span are theirs."""
    numbers, _ = label(cells, np.ones((3, 3)))
    for number, span in enumerate(find_objects(numbers), 1):
        yield span, numbers[span] == number
