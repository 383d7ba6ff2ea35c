"""Time stamps as recorders write them, made into seconds that can be believed."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Ints, Seconds

MAX_REORDERED = 17
"""Frames among which a decoder may have to reorder (ITU-T H.264: 16), and one more."""
FAR_SECONDS, FAR_STEPS = 10.0, 100
"""Time stamps are far apart when more than this many seconds, and more than this many usual steps, lie between them."""
JUMP_SECONDS = 3600.0
"""Jumps ahead that are longer are left out of a clip that would else be too long to be read."""
COUNTERS = (2**33, 2**32, 2**31, 2**24)
"""Where counters begin again: MPEG's, RTP's and most others', those read with a sign, and FLV's old ones."""
WRAP_SECONDS = 60.0
"""Longest time between the frames before and after a counter began again."""
WINDOW_FRAMES = 3 * MAX_REORDERED
"""Frames within which time stamps that run back may only be out of order."""
MIN_FILLED_FRACTION, MIN_BACKWARD_FRAMES = 0.75, 1.5
"""Share of the frames, that the time takes which a key frame goes back over, that there are before it and from it on;
frames' time at least, counted with the key frame's own."""
MAX_BREAKS = 2000
"""Places where time stamps run back, from which number on they are not to be made sense of."""


@dataclass(frozen=True)
class Stamps:
    """Time stamps in order.

    Attributes:
        seconds: (N,) from an arbitrary beginning, in the file's order; NaN where none is known or believed.
        wrong: how many time stamps were not believed.
        backs: (seconds from the first frame, by how many seconds) of each place where they ran back.
        jumps: likewise where a jump ahead was left out.
        breaks: rows, of all, from which on it is not known how much time passed since the row before.
        hopeless: whether nothing can be made of them.
    """

    seconds: Seconds
    wrong: int = 0
    backs: tuple[tuple[float, float], ...] = ()
    jumps: tuple[tuple[float, float], ...] = ()
    breaks: tuple[int, ...] = ()
    hopeless: bool = False


def usual(stamps: Ints | Seconds) -> float:
    """Return the median distance between two neighbouring time stamps that differ, 0 where there are no two."""
    steps = np.diff(np.unique(stamps))
    return float(np.median(steps)) if len(steps) else 0.0


def in_order(ticks: Ints, known: Bools, base: float, longest: float, keys: Bools | None = None) -> Stamps:
    """Bring time stamps into one line, whatever wraps, restarts, jumps and bit errors are in them.

    Args:
        ticks: (N,) in the file's order.
        known: (N,) which of them there are.
        base: seconds of a tick.
        longest: seconds that a clip may last; of a longer one, jumps ahead are left out.
        keys: (N,) which rows are key frames: time stamps that run back a little there begin anew, and are not out of
            order.
    """
    seconds = np.full(len(ticks), np.nan)
    rows = np.flatnonzero(known)
    if not len(rows) or base <= 0:
        return Stamps(seconds)
    line = _Line(ticks[rows], base, np.zeros(len(rows), np.bool_) if keys is None else keys[rows])
    breaks = line.suspicious()
    if sum(line.line[row] < line.line[row - 1] for row in breaks) > MAX_BREAKS:
        return Stamps(seconds, hopeless=True)
    if breaks:
        line.drop_outliers()
    if breaks or len(line.overlaps()):
        line.mend()
    line.shorten(longest)
    seconds[rows[line.kept]] = line.seconds()
    broken = tuple(sorted(int(rows[row]) for row in line.broken))
    return Stamps(seconds, line.wrong, tuple(line.backs), tuple(line.jumps), broken)


class _Line:
    """Time stamps that are all known, mended in place."""

    def __init__(self, ticks: Ints, base: float, keys: Bools) -> None:
        self.line, self.base, self.keys = ticks.copy(), base, keys
        self.kept = np.arange(len(ticks))
        self.step = max(usual(ticks), 1.0)
        self.back = int(MAX_REORDERED * self.step)
        self.far = int(max(FAR_SECONDS / base, FAR_STEPS * self.step))
        self.wrong = 0
        self.backs: list[tuple[float, float]] = []
        self.jumps: list[tuple[float, float]] = []
        self.broken = list[int]()

    def suspicious(self) -> list[int]:
        """Return the rows before which there may be a break: most are only frames out of order."""
        steps = np.diff(self.line)
        return [int(place) + 1 for place in np.flatnonzero((steps < -self.back) | (steps > self.far))]

    def drop_outliers(self) -> None:
        """Forget single time stamps that lie far from those before and after them, which agree."""
        wrong = set()
        for row in {place - more for place in self.suspicious() for more in (0, 1)}:
            before, after = self.line[max(row - 8, 0) : row], self.line[row + 1 : row + 9]
            if len(before) and len(after):
                left, right = np.median(before), np.median(after)
                apart = min(abs(self.line[row] - left), abs(self.line[row] - right))
                if abs(left - right) <= self.far < apart:
                    wrong.add(row)
        if wrong:
            self.line, self.kept = (np.delete(values, sorted(wrong)) for values in (self.line, self.kept))
            self.wrong += len(wrong)

    def overlaps(self) -> Ints:
        """Return the key frames that come no later than one before them, so near that others may be out of order."""
        if len(self.line) <= MAX_REORDERED:
            recent = np.maximum.accumulate(self.line)[:-1]
        else:
            padded = np.concatenate([np.full(MAX_REORDERED - 1, self.line[0]), self.line[:-1]])
            recent = np.lib.stride_tricks.sliding_window_view(padded, MAX_REORDERED).max(1)
        back = recent - self.line[1:]
        return 1 + np.flatnonzero(
            self.keys[self.kept][1:] & (back >= self.step / 2) & (back <= WINDOW_FRAMES * self.step)
        )

    def _begins_anew(self, row: int) -> bool:
        """Tell whether the time that a key frame goes back over is filled with frames before it and from it on."""
        if self.line[row] > self.line[row - 1] + self.step / 2:
            return False
        start, end = self.line[row] - self.step / 2, self.line[max(row - MAX_REORDERED, 0) : row].max() + self.step / 2
        parts = self.line[max(row - 2 * WINDOW_FRAMES, 0) : row], self.line[row : row + 2 * WINDOW_FRAMES]
        count = min(int(((part > start) & (part < end)).sum()) for part in parts)
        frames = (end - start) / self.step
        return bool(frames >= MIN_BACKWARD_FRAMES and count >= MIN_FILLED_FRACTION * frames)

    def mend(self) -> None:
        """Undo wraps, bring back what was moved, and go on where time stamps start anew."""
        overlaps = self.overlaps().tolist()
        near = set(overlaps if len(overlaps) <= MAX_BREAKS else [])
        for row in sorted({*self.suspicious(), *near}):
            recent, coming = self.line[max(row - MAX_REORDERED, 0) : row], self.line[row : row + MAX_REORDERED]
            stays = len(coming) == MAX_REORDERED and coming.max() < recent.max() - self.back
            before = int(recent.max())
            if stays or self.line[row] < recent.min() - self.back:
                anew = not self._unwrapped(row, before) and not self._brought_back(row)
            else:
                anew = row in near and self._begins_anew(row)
            if anew:
                ahead = before - int(self.line[row])
                self.backs.append((self._since_start(row), ahead * self.base))
                self.broken.append(int(self.kept[row]))
                self.line[row:] += ahead + int(self.step)

    def _unwrapped(self, row: int, before: int) -> bool:
        """Undo a counter's new beginning; frames from before it that come later keep their time stamps."""
        behind = before - int(self.line[row])
        for counter in COUNTERS:
            if -self.back <= counter - behind <= max(WRAP_SECONDS / self.base, self.far):
                self._move(row, before - counter // 2, counter, below=True)
                return True
        return False

    def _brought_back(self, row: int) -> bool:
        """Move frames back that lie ahead of both those before them and those behind them, which go on."""
        earlier = np.flatnonzero(self.line[:row] < self.line[row])
        if not len(earlier):
            return False
        begin = int(earlier[-1]) + 1
        missed = int(self.line[row] - self.line[begin - 1])
        shift = int(self.line[begin] - self.line[begin - 1] - self.step)
        if shift <= self.far // 2 or missed > 4 * (row - begin + 1) * self.step + self.far:
            return False
        self.line[begin:row] -= shift
        self.wrong += row - begin
        return True

    def shorten(self, longest: float) -> None:
        """Leave out jumps ahead of hours where with them the clip would last longer than ``longest`` seconds."""
        if (self.line.max() - self.line.min()) * self.base <= longest:
            return
        for row in self.suspicious():
            before, coming = (
                int(self.line[max(row - MAX_REORDERED, 0) : row].max()),
                self.line[row : row + MAX_REORDERED],
            )
            if (int(self.line[row]) - before) * self.base > JUMP_SECONDS:
                middle = (before + int(self.line[row])) // 2
                ahead = int(coming[coming > middle].min()) - before
                self.jumps.append((self._since_start(row), ahead * self.base))
                self.broken.append(int(self.kept[row]))
                self._move(row, middle, int(self.step) - ahead, below=False)

    def _move(self, row: int, middle: int, by: int, below: bool) -> None:
        """Move what comes from a row on, but for frames of the other side of ``middle`` that come out of order."""
        near = self.line[row : row + MAX_REORDERED]
        near[near < middle if below else near > middle] += by
        self.line[row + MAX_REORDERED :] += by

    def _since_start(self, row: int) -> float:
        return float(self.line[:row].max() - self.line[:row].min()) * self.base

    def seconds(self) -> Seconds:
        """Return the time stamps in seconds from the earliest one."""
        return np.asarray((self.line - self.line.min()) * self.base, np.float64)


def whole_seconds(ticks: Ints, base: float) -> Ints:
    """Move the frames of the first second to its end, where a reader takes each second's first frame for its beginning.

    FFmpeg gives DHAV's first frame the whole second in which it was recorded, and the next second's first one that
    second, so that a clip which begins at 55.7 s seems to have a gap from 55.3 s to 56.0 s.

    >>> whole_seconds(np.array([55000, 55100, 55200, 56000, 56100, 56200]), 0.001).tolist()
    [55700, 55800, 55900, 56000, 56100, 56200]
    """
    second, steps = round(1 / base), np.diff(ticks)
    later = np.flatnonzero(ticks // second > ticks[0] // second)
    if not len(later) or ticks[0] % second or ticks[later[0]] % second:
        return ticks
    ahead = int(steps[later[0] - 1] - np.median(steps))
    return np.concatenate([ticks[: later[0]] + max(ahead, 0), ticks[later[0] :]])


def spread(seconds: Seconds, step: float) -> Seconds:
    """Part time stamps that are equal evenly until the next one, in the order in which they come.

    >>> spread(np.array([0.0, 0.2, 0.2, 0.4, 0.4]), 0.2).round(3).tolist()
    [0.0, 0.2, 0.3, 0.4, 0.5]
    """
    different, place, count = np.unique(seconds, return_inverse=True, return_counts=True)
    if len(different) == len(seconds):
        return seconds
    room = np.minimum(np.diff(different, append=different[-1] + step), step)
    order = np.argsort(place, kind="stable")
    rank = np.empty(len(seconds), np.int64)
    rank[order] = np.arange(len(seconds)) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(seconds + rank * room[place] / count[place], np.float64)
