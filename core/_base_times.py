"""Base times of MP4 fragments: which go on, begin anew or cannot be right; where they run back, FFmpeg drops frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from core._moof import FIRST_NEGATIVE_TIME, Part

WRAPS = (1 << 64, 1 << 63, 1 << 33, 1 << 32, 1 << 31)
"""Where counters begin again."""
MAX_WRAP_SECONDS = 60
"""Longest time between the fragments before and after a counter began again."""
MAX_FREE_FRACTION = 0.5
"""Share of a fragment that fragments with a wrong base time may leave free between their neighbours."""
MAX_LAG_SECONDS = 8 * 3600
"""Seconds beyond which the last fragment's base time cannot lie behind the others."""
MAX_WRONG_FRAGMENTS = 64
MAX_OVERLAP_FRACTION = 0.5
"""Share of the fragments that begin before the one before them ends, beyond which base times are no clock's."""
MAX_BASE_TIME = 1 << 62
"""Base times from here on are taken down to the first one, as are those that do not fit into their bytes."""


@dataclass(frozen=True)
class Patch:
    """Bytes to be read in place of a file's own ones, from a position on."""

    start: int
    cover: bytes

    def covered(self, content: bytes, position: int) -> bytes:
        """Lay the bytes over some that were read at a position."""
        first, last = max(self.start, position), min(self.start + len(self.cover), position + len(content))
        if first >= last:
            return content
        own = self.cover[first - self.start : last - self.start]
        return content[: first - position] + own + content[last - position :]


@dataclass(frozen=True)
class BaseTimes:
    """What is to be known of the base times of a track's fragments.

    Attributes:
        track: its number.
        patches: base times that let each fragment follow the one before, where its own does not.
        wrong: how many cannot be right, and are bridged from those around.
        restarts: (position in the file, by how many seconds) of each fragment from which on they run back.
        clockless: whether they are no clock's, so that each fragment follows the one before at once.
    """

    track: int
    patches: tuple[Patch, ...] = ()
    wrong: int = 0
    restarts: tuple[tuple[int, float], ...] = ()
    clockless: bool = False


def base_times(track: int, parts: Sequence[Part]) -> BaseTimes:
    """Bring the base times of a track's parts into one line; parts without one are left as they are."""
    told = [part for part in parts if part.width]
    if not told:
        return BaseTimes(track)
    line = _Line(told)
    line.mend()
    if line.clockless:
        begin = next((time for time in line.told if time is not None), 0)
        line.times = list(accumulate((part.lasts for part in told[:-1]), initial=begin))
    first = line.times[0]
    if first < 0 or any(
        time >= min(MAX_BASE_TIME, 1 << 8 * part.width) for time, part in zip(line.times, told, strict=True)
    ):
        line.times = [time - first for time in line.times]
    patches = tuple(
        Patch(part.at, part.timed(time)) for time, part in zip(line.times, told, strict=True) if time != part.time
    )
    if line.clockless:
        return BaseTimes(track, patches, clockless=True)
    scale = told[0].scale or 1
    restarts = tuple((told[row].at, back / scale) for row, back in line.restarts)
    return BaseTimes(track, patches, len(line.wrong), restarts)


class _Line:
    """Base times of fragments, mended in place.

    Attributes:
        parts: of the fragments.
        told: their base times as a signed counter has them; None where no clock shows such a one.
        times: mended.
        wrong: rows that are timed by those around them.
        restarts: (row, by how many ticks) of those that begin anew.
        clockless: whether most run back.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.told = [_signed(part) for part in parts]
        last, scale = self.told[-1], parts[-1].scale
        if last is not None and scale and len(parts) > 1 and self.told[-2] is not None:
            ahead = last - self.told[-2] - parts[-2].lasts
            if ahead > MAX_LAG_SECONDS * scale and not _wraps(-ahead, scale):
                self.told[-1] = None
        self.wrong = {row for row, time in enumerate(self.told) if time is None}
        self.restarts: list[tuple[int, int]] = []
        self.clockless = False
        self._ahead, self._reached = 0, 0
        self.times = list[int]()
        self._begin()

    def _begin(self) -> None:
        """Let fragments whose base time no clock shows follow the one before; the first ones lie before the next."""
        lead = next((row for row, time in enumerate(self.told) if time is not None), len(self.told))
        lasting = sum(part.lasts for part in self.parts[:lead])
        end = max(self.told[lead] - lasting, 0) if lead < len(self.told) else 0  # type: ignore[operator]
        for time, part in zip(self.told, self.parts, strict=True):
            self.times.append(end if time is None else time)
            end = self.times[-1] + part.lasts

    def mend(self) -> None:
        """Undo wraps, bridge what cannot be right, and let what begins anew follow what was before."""
        rows = range(1, len(self.times))
        if sum(not self._goes_on(row) for row in rows) > MAX_OVERLAP_FRACTION * len(rows) > MAX_OVERLAP_FRACTION:
            self.clockless = True
            return
        for row in rows:
            if row >= self._reached:
                self.times[row] += self._ahead
            if self._goes_on(row):
                continue
            back = self._end(row - 1) - self.times[row]
            if counter := _wraps(back, self.parts[row].scale):
                self._move(row, counter)
            elif not self._bridged(row):
                if back <= self.parts[row - 1].last + self.parts[row - 1].step // 2:
                    self._time(row, row + 1, self._end(row - 1))
                else:
                    self.restarts.append((row, back))
                    self._move(row, back)

    def _goes_on(self, row: int) -> bool:
        """Tell whether a fragment begins behind the last frame of the one before."""
        before = self.parts[row - 1]
        return self.times[row] > self._end(row - 1) - before.last or self.times[row] >= self._end(row - 1)

    def _end(self, row: int) -> int:
        return self.times[row] + self.parts[row].lasts

    def _move(self, row: int, by: int) -> None:
        self.times[row] += by
        self._ahead += by

    def _time(self, first: int, stop: int, begin: int) -> None:
        """Let fragments follow one another from a time on."""
        for row in range(first, stop):
            self.times[row] = begin
            begin += self.parts[row].lasts
        self.wrong.update(range(first, stop))
        self._reached = max(self._reached, stop)

    def _bridged(self, row: int) -> bool:
        """Put fragments before a place where base times run back, or behind it, into the room that others leave."""
        lasting = 0
        for first in range(row - 1, max(row - 1 - MAX_WRONG_FRAGMENTS, -1), -1):
            lasting += self.parts[first].lasts
            if first == 0 and row == 1 and self.times[row] >= lasting:
                self._time(0, 1, self.times[row] - lasting)
                return True
            room = self.times[row] - self._end(first - 1) if first else -1
            single = first == row - 1 and room > lasting - self.parts[first].last
            if single or self._fits(room, lasting, first, row):
                self._time(first, row, self._end(first - 1))
                return True
        lasting = 0
        for stop in range(row + 1, min(row + 1 + MAX_WRONG_FRAGMENTS, len(self.times))):
            lasting += self.parts[stop - 1].lasts
            if self._fits(self.times[stop] + self._ahead - self._end(row - 1), lasting, row, stop):
                self._time(row, stop, self._end(row - 1))
                return True
        return False

    def _fits(self, room: int, lasting: int, first: int, stop: int) -> bool:
        """Tell whether fragments fill some room but for half of one of them."""
        return lasting - self.parts[stop - 1].last < room <= lasting + MAX_FREE_FRACTION * lasting / (stop - first)


def _signed(part: Part) -> int | None:
    if part.impossible:
        return None
    return part.time - 2 * FIRST_NEGATIVE_TIME if part.time >= FIRST_NEGATIVE_TIME else part.time


def _wraps(back: int, scale: int) -> int:
    """Return the counter that began again where a time runs back; 0 where none did."""
    near = MAX_WRAP_SECONDS * (scale or 1)
    return next((counter for counter in WRAPS if abs(counter - back) <= near), 0)
