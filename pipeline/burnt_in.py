"""Text that a recorder burns into the picture: a clock, a name, a running line that the camera's footage did not have.

Near the upper or lower edge whatever has strokes that stand still counts; in the middle, where things stop too, a thin
line of them alone. Its heat is left out of the scores (decision 0023).
"""

import dataclasses
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import find_objects, label, maximum_filter, maximum_filter1d

from core.arrays import Bools, Floats, Images, Ints
from core.records import Evidence
from pipeline.heat_score import Patch, decibels
from pipeline.running_lines import Moved, Strokes, lines, standing

EDGE_SHARE = 0.2
"""Share of the picture's height, from above and from below, in which any text is looked for."""
CELLS_ACROSS = 30
"""Cells across the picture."""
MIN_HOT = 8.0
"""Heat of a cell with text, in multiples of the camera's normal mean."""
MIN_STROKE, MIN_STROKE_SHARE = 50.0, 0.02
"""Second derivative of grey, of 255, at a stroke's pixel; and share of such pixels in a cell, across and down each."""
MIN_STILL_SHARE, EARLIER_SECONDS = 0.5, 0.5
"""Share of letters' strokes that were there so many seconds earlier, or twice as many: they may blink."""
BEND_KERNEL = np.array([[1.0, -2.0, 1.0]], np.float32)
BESIDE_CELLS, MIN_WARM = 2, 3.0
"""Cells beside a text's, left and right, that belong to it where they are so warm; at the edges one above and below."""
HALO_CELLS = 2
"""Cells above and below a running line that it warms."""
MIN_LINE_CELLS, MAX_LINE_ROWS, MIN_LINE_ASPECT, MIN_COOL_SHARE = 4, 3, 2.5, 0.5
"""A line in the middle of the picture: cells across at least and down at most, how many times as long as tall, and the
share of the cells beyond the next ones above and below that are not hot."""
MIN_BAR_SHARE = 0.7
"""Share of a running line's row that is warm where a bar comes or goes."""
STANDS_SECONDS, MIN_SEEN_SHARE = 2.0, 0.3
"""Text stands for at least so many seconds, and is seen in this share of the frames of any that long a stretch."""
FADE_SECONDS = 1.0
"""Seconds before and behind in which its cells belong to it where they are hot."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class BurntInText:
    """A burnt-in text: where it is, in pixels (x1, y1, x2, y2), and its first and last frame."""

    box: Box
    first: int
    last: int


@dataclass(frozen=True)
class TextEffect:
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
    fine: Floats
    heat: Floats
    still: Bools
    moved: Moved


class TextDetector:
    """Watches a clip's frames for text; what it says of a frame comes twice :data:`STANDS_SECONDS` seconds later.

    Args:
        normal: the camera's mean heat per pixel.
        rate: analysed frames in a second.
        size: (height, width) of the picture.
        patch: whose mean error counts half in the detector's scores.
    """

    def __init__(self, normal: float, rate: float, size: tuple[int, int], patch: Patch = (0.0, 0.0)) -> None:
        self.normal, self.rate, self.size, self.patch = normal, rate, size, patch
        self.reach = max(2, math.ceil(STANDS_SECONDS * rate))
        self.cell = max(4, round(size[1] / CELLS_ACROSS))
        self._shape = rows, columns = max(1, size[0] // self.cell), max(1, size[1] // self.cell)
        edge = max(1, round(EDGE_SHARE * rows))
        self._edge = np.minimum(np.arange(rows), np.arange(rows)[::-1])[:, None] < edge
        self._strokes = Strokes(rate, self._shape)
        self._ring: list[_Seen] = []
        self._known = 0
        self._sharp: deque[tuple[Bools, Ints]] = deque(maxlen=2 * max(1, round(EARLIER_SECONDS * rate)) + 1)
        self._first = np.full((rows, columns), -1, np.int64)
        self._last = self._first.copy()

    def add_frame(self, frame: int, image: Images, heat: Floats) -> None:
        """Take the next analysed frame: (H, W, 3) uint8, and its (H, W) heat."""
        rows, columns = self._shape
        whole = heat[: rows * self.cell, : columns * self.cell]
        fine = np.asarray(cv2.resize(whole, (2 * columns, 2 * rows), interpolation=cv2.INTER_AREA), np.float32)
        cells = np.asarray(cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)
        self._ring.append(_Seen(frame, fine, cells, self._letters(grey), self._strokes.add_frame(grey)))

    def decide(self, ended: bool = False) -> list[TextEffect]:
        """Return what text does to the frames of which that is known now, and was not said yet.

        Args:
            ended: nothing more will be seen.
        """
        ready = len(self._ring) - (0 if ended else 2 * self.reach)
        if ready <= self._known:
            return []
        flags = self._text()
        decided = [self._decided(self._ring[row], flags[row]) for row in range(self._known, ready)]
        # Those that follow still look back two stretches.
        self._ring = self._ring[max(0, ready - 2 * self.reach) :]
        self._known = min(ready, 2 * self.reach)
        return decided

    def _text(self) -> Bools:
        """Tell which cells are text in each frame, (T, R, C)."""
        heat = np.stack([seen.heat for seen in self._ring])
        warm, hot = heat > MIN_WARM * self.normal, heat > MIN_HOT * self.normal
        still = np.stack([seen.still for seen in self._ring]) & hot
        if not still.any() and not any(seen.moved.ways.any() for seen in self._ring):
            return still
        stands = standing(still, self.reach, MIN_SEEN_SHARE) & standing(hot, self.reach)
        text = (stands & self._edge) | self._lines(stands & ~self._edge, hot)
        # It may fade in, and what it covered stays in a detector's window.
        text |= hot & maximum_filter1d(text, 2 * round(FADE_SECONDS * self.rate) + 1, axis=0, mode="constant")
        running = lines([seen.moved for seen in self._ring], hot, self.rate, 2 * self.reach)
        running |= _bars(running, warm, self.reach)
        # Above and below a text in the middle are people.
        around = _beside(text & self._edge, 1) | _beside(running & self._edge, HALO_CELLS) | _beside(text | running, 0)
        return text | running | (around & warm)

    def _lines(self, standing: Bools, hot: Bools) -> Bools:
        """Keep the groups of cells that are long and thin."""
        kept = np.zeros_like(standing)
        for row in np.flatnonzero(standing.any(axis=(1, 2))).tolist():
            for (y, x), there in _groups(standing[row]):
                tall, long = y.stop - y.start, x.stop - x.start
                around = [hot[row, at, x] for at in (y.start - 2, y.stop + 1) if 0 <= at < hot.shape[1]]
                cool = 1.0 - float(np.mean(around)) if around else 1.0
                if (
                    long >= MIN_LINE_CELLS
                    and tall <= MAX_LINE_ROWS
                    and long >= MIN_LINE_ASPECT * tall
                    and cool >= MIN_COOL_SHARE
                ):
                    kept[row, y, x] |= there
        return kept

    def texts(self) -> tuple[BurntInText, ...]:
        """Return the texts of the clip so far."""
        found = []
        for span, there in _groups(self._first >= 0):
            first, last = self._first[span][there], self._last[span][there]
            found.append(BurntInText(self._box(span), int(first.min()), int(last.max())))
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

    def _decided(self, seen: _Seen, flags: Bools) -> TextEffect:
        if not flags.any():
            return TextEffect(seen.frame, 0.0, ())
        self._first[flags & (self._first < 0)] = seen.frame
        self._last[flags] = seen.frame
        # What lies under the text counts as cold, as most of an empty picture does.
        left = np.where(flags.repeat(2, axis=0).repeat(2, axis=1), np.float32(0), seen.fine)
        raised = decibels(seen.fine, self.patch) - decibels(left, self.patch)
        boxes = tuple(self._box(span) for span, _ in _groups(flags))
        return TextEffect(seen.frame, raised, boxes)

    def _box(self, span: tuple[slice, slice]) -> Box:
        y, x = span
        right, lower = (
            side if part.stop == count else part.stop * self.cell
            for part, count, side in zip((x, y), self._shape[::-1], self.size[::-1], strict=True)
        )
        return x.start * self.cell, y.start * self.cell, right, lower

    def _letters(self, grey: Images) -> Bools:
        """Tell which cells have strokes across and down that stand still, (R, C)."""
        rows, columns = self._shape
        bent = (cv2.filter2D(grey, cv2.CV_16S, kernel) for kernel in (BEND_KERNEL, BEND_KERNEL.T))
        sharp: Bools = np.stack([np.abs(one[: rows * self.cell, : columns * self.cell]) > MIN_STROKE for one in bent])
        count = self._counted(sharp)
        self._sharp.append((sharp, count))
        strokes = (count > MIN_STROKE_SHARE * self.cell**2).all(axis=0)
        still = np.zeros_like(strokes)
        if strokes.any():
            for earlier, there in (self._sharp[len(self._sharp) // 2], self._sharp[0]):
                shared = self._counted(sharp & earlier)
                still |= (shared >= MIN_STILL_SHARE * (count + there - shared)).all(axis=0)
        return np.asarray(strokes & still)

    def _counted(self, sharp: Bools) -> Ints:
        """Count the pixels of each cell, (2, R, C)."""
        rows, columns = self._shape
        across = sharp.reshape(2, rows, self.cell, -1).sum(axis=2, dtype=np.uint16)  # whole rows at once are quick
        return np.asarray(across.reshape(2, rows, columns, self.cell).sum(axis=3, dtype=np.int64))


def _bars(running: Bools, warm: Bools, reach: int) -> Bools:
    """Mark the whole rows of running lines that are warm: a bar comes with the line, and goes with it."""
    rows = maximum_filter(running.any(axis=2), (reach + 1, 3), mode="constant")
    return np.broadcast_to((rows & (warm.mean(axis=2) >= MIN_BAR_SHARE))[..., None], warm.shape)


def _beside(text: Bools, far: int) -> Bools:
    """Mark the cells beside those of a text, and ``far`` above and below: its box, and the digits in it that change."""
    kernel = np.ones((2 * far + 1, 2 * BESIDE_CELLS + 1), np.uint8)
    return np.stack([cv2.dilate(one, kernel) for one in text.astype(np.uint8)]) > 0


def mask_heat(evidence: Evidence, boxes: Iterable[Box]) -> Evidence:
    """Return evidence of a frame without the heat in some boxes."""
    heat = evidence.heat.copy()
    for x1, y1, x2, y2 in boxes:
        heat[y1:y2, x1:x2] = 0.0
    return dataclasses.replace(evidence, heat=heat)


def _groups(cells: Bools) -> Iterator[tuple[tuple[slice, slice], Bools]]:
    """Yield where the connected groups of cells are, and which cells of that span are theirs."""
    numbers, _ = label(cells, np.ones((3, 3)))
    for number, span in enumerate(find_objects(numbers), 1):
        yield span, numbers[span] == number
