"""Text that a recorder burns into the picture: a clock, a name, a running line that the camera's footage did not have.

It is sharp, bright, near the upper or lower edge, and wrong in every frame, since no detector has learnt to expect it.
Its heat is left out of the scores, which would else stay near the threshold for as long as it is there.
"""

import dataclasses
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, label, maximum_filter1d, uniform_filter1d

from core.records import Evidence, Floats, Images

EDGE = 0.2
"""Share of the picture's height, from above and from below, in which text is looked for."""
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
BESIDE = 2
"""Cells to the left and right of a text's that belong to it where they are hot; above and below it is one."""
STANDS, MOSTLY = 2.0, 0.8
"""Text stands for at least so many seconds, and is seen in this share of the frames of any that long a stretch."""

Flags = npt.NDArray[np.bool_]
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
    text: Flags
    total: float


class BurntIn:
    """Watches the edges of a clip's frames for text; what it says of a frame comes :data:`STANDS` seconds later.

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
        self._rows = np.unique(np.r_[0 : min(edge, rows), max(rows - edge, 0) : rows])
        self._ring: list[_Seen] = []
        self._known = 0
        self._sharp: deque[Flags] = deque(maxlen=max(1, round(EARLIER * rate)) + 1)
        self._first = np.full((rows, columns), -1, np.int64)
        self._last = self._first.copy()

    def see(self, frame: int, image: Images, heat: Floats) -> None:
        """Take the next analysed frame: (H, W, 3) uint8, and its (H, W) heat."""
        rows, columns = self._shape
        whole = heat[: rows * self.cell, : columns * self.cell]
        cells = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)[self._rows], np.float32)
        text = (cells > HOT * self.normal) & self._letters(image)
        self._ring.append(_Seen(frame, cells, text, float(heat.sum(dtype=np.float64))))

    def decide(self, ended: bool = False) -> list[Decided]:
        """Return what text does to the frames of which that is known now, and was not said yet.

        Args:
            ended: nothing more will be seen.
        """
        ready = len(self._ring) - (0 if ended else self.reach)
        if ready <= self._known:
            return []
        flags = np.stack([seen.text for seen in self._ring])
        standing = _standing(flags, self.reach) if flags.any() else flags
        if standing.any():
            hot = np.stack([seen.heat for seen in self._ring]) > HOT * self.normal
            standing = standing | (self._beside(standing) & hot)
        decided = [self._decided(self._ring[row], standing[row]) for row in range(self._known, ready)]
        # Those that follow still look back one stretch.
        self._ring = self._ring[max(0, ready - self.reach) :]
        self._known = min(ready, self.reach)
        return decided

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

    def _beside(self, standing: Flags) -> Flags:
        """Mark the cells beside those of a text: its box, and the digits in it that change."""
        whole = np.zeros((len(standing), *self._shape), np.uint8)
        whole[:, self._rows] = standing
        wider = np.stack([cv2.dilate(one, np.ones((3, 2 * BESIDE + 1), np.uint8)) for one in whole])
        return np.asarray(wider[:, self._rows] > 0, np.bool_)

    def _decided(self, seen: _Seen, flags: Flags) -> Decided:
        if not flags.any():
            return Decided(seen.frame, 0.0, ())
        whole = np.zeros(self._shape, np.bool_)
        whole[self._rows] = flags
        self._first[whole & (self._first < 0)] = seen.frame
        self._last[whole] = seen.frame
        area, held = self.cell**2, float(seen.heat[flags].sum(dtype=np.float64)) * self.cell**2
        heat_left = max(1.0 - held / max(seen.total, 1e-30), 1e-6)
        area_left = 1.0 - area * int(flags.sum()) / (self.size[0] * self.size[1])
        boxes = tuple(self._box(span) for span, _ in _groups(whole))
        return Decided(seen.frame, max(10.0 * math.log10(area_left / heat_left), 0.0), boxes)

    def _box(self, span: tuple[slice, slice]) -> Box:
        y, x = span
        return x.start * self.cell, y.start * self.cell, x.stop * self.cell, y.stop * self.cell

    def _letters(self, image: Images) -> Flags:
        """Tell which of the cells near the edges have strokes that stand still, or are of a line that runs, (R, C)."""
        rows, columns = self._shape
        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        bent = [cv2.filter2D(grey, cv2.CV_32F, kernel) for kernel in (ACROSS, ACROSS.T)]
        sharp = np.stack([np.abs(one[: rows * self.cell, : columns * self.cell]) > STROKE for one in bent])
        part: Flags = sharp.reshape(2, rows, self.cell, columns, self.cell)[:, self._rows]
        self._sharp.append(part)
        strokes = part.mean(axis=(2, 4)) > STROKES
        shared, either = (both.sum(axis=(2, 4)) for both in (part & self._sharp[0], part | self._sharp[0]))
        wide = strokes.all(axis=0).mean(axis=1, keepdims=True) >= WIDE
        letters: Flags = (strokes & ((shared >= STILL * either) | wide)).all(axis=0)
        return letters


def without(evidence: Evidence, boxes: Iterable[Box]) -> Evidence:
    """Return evidence of a frame without the heat in some boxes."""
    heat = evidence.heat.copy()
    for x1, y1, x2, y2 in boxes:
        heat[y1:y2, x1:x2] = 0.0
    return dataclasses.replace(evidence, heat=heat)


def _standing(flags: Flags, reach: int) -> Flags:
    """Tell in which frames a cell's text has stood or will stand for a stretch of ``reach`` frames, (T, R, C)."""
    reach = min(reach, len(flags))
    share = uniform_filter1d(flags.astype(np.float32), reach, axis=0, mode="constant", origin=-(reach // 2))
    # share[t] is the mean of the stretch that begins at t; the last stretches would reach beyond the end.
    share[len(flags) - reach + 1 :] = 0.0
    best = maximum_filter1d(share, reach, axis=0, mode="constant", origin=(reach - 1) // 2)
    return np.asarray(best >= MOSTLY)


def _groups(cells: Flags) -> Iterator[tuple[tuple[slice, slice], Flags]]:
    """Yield where the connected groups of cells are, and which cells of that span are theirs."""
    numbers, _ = label(cells, np.ones((3, 3)))
    for number, span in enumerate(find_objects(numbers), 1):
        yield span, numbers[span] == number
