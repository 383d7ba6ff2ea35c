"""What became of a clip's frames while it was read: seconds of those that came, and what did not."""

import numpy as np

from core import _notes
from core._index import Index
from core._losses import TAIL_TOLERANCE_SECONDS, Spans
from core._medium import Medium
from core._view import Painter
from core.arrays import Bools
from core.limits import shown
from core.records import Reading

LATE_TOLERANCE_FRACTION = 0.01
"""Share of a step by which a frame that comes too late lies behind the one before."""


class Seconds:
    """Seconds of frames in the order of being shown, always growing.

    Attributes:
        last: seconds of the last frame.
    """

    def __init__(self, index: Index) -> None:
        when = index.timing
        self.times, self.step, self.in_turn = when.times, when.step, when.in_turn
        if self.in_turn:
            self._turn = np.cumsum(index.shows) - 1
            self._slots = when.times[index.shows]
            self._slot, self._late = -1, index.scan.depth
        self._start: float | None = None
        self.last = -self.step

    def told(self, row: int | None) -> float:
        """Return the seconds between the first frame and this one, as the file tells them; NaN where it does not."""
        time = self._by_turn(row) if self.in_turn else self._by_row(row)
        if self._start is None:
            self._start = 0.0 if np.isnan(time) else time
            return 0.0
        return time - self._start

    def grown(self, time: float) -> float:
        """Return the seconds of a frame, more than of the frame before.

        A late frame comes a hair behind the one before, so that those that follow keep their own seconds.
        """
        if np.isnan(time):
            time = self.last + self.step
        self.last = time if time > self.last else self.last + LATE_TOLERANCE_FRACTION * self.step
        return self.last

    def _by_row(self, row: int | None) -> float:
        return float("nan") if row is None or not 0 <= row < len(self.times) else float(self.times[row])

    def _by_turn(self, row: int | None) -> float:
        """Return the time of the next slot, or of a later one where frames before this one were lost."""
        self._slot += 1
        if row is not None and 0 <= row < len(self._turn):
            self._slot = max(self._slot, int(self._turn[row]) - self._late)
        beyond = self._slot - len(self._slots) + 1
        return float(self._slots[min(self._slot, len(self._slots) - 1)]) + max(beyond, 0) * self.step


class Outcome:
    """Notes which rows gave frames, and tells at the end what a reader must know."""

    def __init__(self, index: Index, path: Medium) -> None:
        self.index, self.name = index, repr(shown(path))
        self.read = 0
        self.end = 0.0
        self._seen = np.zeros(len(index.shows), np.bool_)
        self._smeared = np.zeros(len(index.shows), np.bool_)
        self._unknown = 0

    def note(self, row: int | None, seconds: float, smeared: bool) -> None:
        """Count a frame, with the row that it came in, when it is shown, and whether it is known to be damaged."""
        self.read += 1
        self.end = seconds + self.index.timing.step
        if row is None or not 0 <= row < len(self._seen) or self._seen[row] or not self.index.shows[row]:
            self._unknown += 1
        else:
            self._seen[row] = True
            self._smeared[row] = smeared

    def reading(self, failures: int, painter: Painter) -> Reading:
        """Return what a reader must know, given the container's errors and what the frames went through."""
        index = self.index
        lost = self._lost()
        late = lost & (index.timing.times < 0)
        joined = _notes.join([*self._spans(lost), *index.losses.spans], index.timing.step / 2)
        unread = tuple((round(first, 3), round(last, 3)) for first, last in joined)
        announced = max(index.announced, self.read)
        gone = int((lost & ~late).sum()) + index.losses.behind + index.losses.dropped
        notes = [*self._damage(gone, announced, tuple(span for span in unread if span[1] > 0), failures), *index.notes]
        if painter.other is not None:
            (w, h), (v, k) = painter.other, index.scan.view.coded
            size = f"changes its size to {w}x{h}; it was scaled to its first size, {v}x{k}"
            notes.append(f"the picture of {self.name} {size}")
        if painter.guessed:
            notes.append(
                f"the colours of {self.name} may be off: it names a colour matrix that cannot be converted from"
            )
        return Reading(announced, self.read, unread, tuple(notes))

    def _lost(self) -> Bools:
        """Return the rows that announced a frame and gave none; frames of an unknown row stand for the earliest."""
        lost = np.asarray(self.index.shows & ~self._seen, np.bool_)
        lost[np.flatnonzero(lost)[: self._unknown]] = False
        return lost

    def _spans(self, marked: Bools) -> list[tuple[float, float]]:
        """Return the stretches of time in which all frames are marked."""
        times = self.index.timing.times
        rows = np.flatnonzero(self.index.shows & ~np.isnan(times))
        rows = rows[np.argsort(times[rows], kind="stable")]
        edges = np.flatnonzero(np.diff(marked[rows].astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        ends = np.append(times[rows], times[rows[-1:]] + self.index.timing.step)
        return [(float(ends[first]), float(ends[stop])) for first, stop in edges]

    def _damage(self, gone: int, announced: int, unread: Spans, failures: int) -> list[str]:
        """Say what is missing, and what may look wrong."""
        index, smeared = self.index, int(self._smeared.sum())
        length = index.losses.length if index.losses.length is not None else self.end + index.timing.step
        last = unread[-1] if unread else (0.0, 0.0)
        length = max(length, last[1])
        short = bool(gone) and last[1] >= length - index.timing.step and last[1] - last[0] >= TAIL_TOLERANCE_SECONDS
        lost = _notes.unread(gone, announced, unread) if gone else ""
        if index.losses.ends_early:
            whole = max(index.losses.length or 0.0, last[1])
            return ["; ".join(filter(None, (f"{self.name} is cut: {_notes.only(self.end, whole, self.read)}", lost)))]
        behind = [_notes.rest(self.name, self.end, index.losses.rest)] if index.losses.rest else []
        if not (gone or smeared or failures or index.losses.places):
            return behind
        places = max(len(self._spans(self._lost() | self._smeared)), index.losses.places, failures, 1)
        first = _notes.only(self.end, length, self.read) if short else ""
        around = "" if lost else "what is around them may be smeared"
        looks = f"{_notes.counted(smeared)} may be smeared" if smeared else around
        said = "; ".join(filter(None, (first, lost, looks)))
        return [f"{self.name} is damaged in {_notes.counted(places, 'place')}: {said}", *behind]
