"""``light``, ``covered`` and ``day/night``: what becomes of brightness, detail and colour of the picture's cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles
from core.clock import Clock
from core.pictures import MAX_DARK_BRIGHTNESS
from explain.disturbances._series import CELLS, DETAIL_UNIT, Rows
from explain.disturbances._stretches import Stretch, folded, frames_in, hysteresis, joined, lasting, near, runs, within

DARK_LEVEL = 6.0
"""Grey levels added before brightness is compared, for in the dark noise is as large as light."""
SUDDEN_LOG_RATIO_SECONDS = ((0.15, 1.0), (0.25, 4.0))
"""Logarithms by which the light changes, within so many seconds."""
MIN_CELL_FRACTION, MIN_CHANGE_FRACTION = 0.75, 0.4
"""Share of the cells that change together, by so much of the middle one's change at least."""
END_FRACTION = 0.5
MAX_FLASH_SECONDS = 10.0
"""Seconds within which light that goes and comes again is one change."""
BEGIN_FRACTION, HALF_FRACTION, REMAINING_FRACTION = 0.2, 0.5, 0.08
MIN_COVERED_FRACTION, MIN_LEFT_COVERED_FRACTION, MAX_DETAIL_FRACTION = 0.55, 0.4, 0.35
"""Share of the cells whose detail is gone, and at which it is back; share of its usual detail that a cell has then."""
COVERED_SECONDS, JOIN = 0.9, 1.0
RICH, TOP = 0.6, 0.97
"""A cell's usual detail is its median over frames with so much of the detail of the clip's richest ones."""
SOME, BARE, PLAIN, EMPTY = 0.75, 0.6, 1.5, 0.5
"""Another place has detail, too: a quarter of its cells have more than this share of what the middle cell had, or more
than so many grey levels; and its middle cell has more than the last."""
MIN_DETAIL_LEVELS, MIN_TEXTURED_FRACTION = 0.25, 0.3
"""Grey levels of usual detail from which a cell can lose any, and the share of such cells that is needed."""
LIT, OTHER, GLOW, PART_SECONDS = 0.2, 0.05, 0.03, 0.4
"""Shares of the picture that light changes while nothing else happens: lit, changed otherwise, under a soft light."""
_CHUNK = 8192
GREY, COLOUR = 1.5, 2.5
"""A picture is grey whose more coloured cells have no more than the first, coloured where the less coloured have the
second (``colours`` of a thumbnail): a red bus in a grey picture makes neither."""
MAX_DIMMED_FRACTION, MIN_LIGHT_FRACTION = 0.45, 0.7
"""Shares of the brightness of the clip's bright times: up to the first one a picture below
:data:`core.pictures.MAX_DARK_BRIGHTNESS` is dark, from the second one on it is light."""
TURN_SECONDS, OPEN_SECONDS = 3.0, 1.5
"""How long a state must last, and at either end of the clip."""
MAX_JOINED_SECONDS = 1.5


def light(rows: Rows, clock: Clock, hidden: Bools) -> list[Stretch]:
    """List the stretches in which the whole picture changes brightness, until it settles, but for ``hidden`` frames."""
    found: list[Stretch] = []
    for limit, seconds in SUDDEN_LOG_RATIO_SECONDS:
        step = frames_in(seconds, clock)
        amount = np.abs(change(rows, step))
        amount[within(hidden, step, 0)] = 0.0
        over = hysteresis(amount >= limit, amount >= limit * END_FRACTION)
        changes = [_trimmed(rows, Stretch(max(run.first - step, 0), run.last)) for run in over]
        # What changes suddenly also changed within the longer time, but that tells less of when.
        found += [one for one in changes if not any(near(one, other, clock, 0.0) for other in found)]
    found.sort(key=lambda one: one.first)
    return _undone(rows, joined(found, clock, JOIN), clock)


def _undone(rows: Rows, lights: list[Stretch], clock: Clock) -> list[Stretch]:
    """Make one of two changes of which the second undoes the first soon after."""

    def undoes(one: Stretch, after: Stretch) -> bool:
        first, second = (settled(rows, change, clock) for change in (one, after))
        soon = clock.at(after.first) - clock.end(one.last) < MAX_FLASH_SECONDS
        return soon and first * second < 0 and abs(first + second) < 0.5 * abs(first)

    return folded(lights, undoes)


def change(rows: Rows, step: int) -> Doubles:
    """Measure by how much the whole picture grew lighter in ``step`` frames: (frames,) logarithms, 0 at the start."""
    found = np.zeros(len(rows))
    for first in range(step, len(rows), _CHUNK):
        last = min(first + _CHUNK, len(rows))
        part = _logarithms(rows[first:last]) - _logarithms(rows[first - step : last - step])
        middle = np.median(part, axis=1)
        along = (part * np.sign(middle)[:, None] >= MIN_CHANGE_FRACTION * np.abs(middle)[:, None]).mean(axis=1)
        found[first:last] = np.where(along >= MIN_CELL_FRACTION, middle, 0.0)
    return found


def settled(rows: Rows, one: Stretch, clock: Clock) -> float:
    """Measure by how much lighter the picture is a second behind a stretch than a second before it, in logarithms."""
    step = frames_in(1.0, clock)
    before, after = rows[max(one.first - step, 0) : one.first], rows[one.last + 1 : one.last + 1 + step]
    if not len(before) or not len(after):
        return 0.0
    return float(np.median(np.median(_logarithms(after), axis=0) - np.median(_logarithms(before), axis=0)))


def _logarithms(rows: Rows) -> Doubles:
    return np.asarray(np.log(rows["level"].astype(np.float64) + DARK_LEVEL))


def _trimmed(rows: Rows, one: Stretch) -> Stretch:
    """Cut a stretch down to where light leaves the brightness of its beginning, and reaches that of its end."""
    part = np.median(_logarithms(rows[one.first : one.last + 1]), axis=1)
    first = one.first + _left(part, BEGIN_FRACTION)
    last = min(one.last - _left(part[::-1], REMAINING_FRACTION) + 1, one.last)
    return Stretch(min(first, last), last)


def _left(part: Doubles, edge: float) -> int:
    """Return the first frame of those that lead to half of the whole change without coming back under its edge."""
    away = np.abs(part - part[0]) / max(float(np.ptp(part)), 1e-6)
    half = np.flatnonzero(away >= HALF_FRACTION)
    near = np.flatnonzero(away[: half[0]] <= edge) if len(half) else np.zeros(1, np.intp)
    return int(near[-1]) + 1 if len(half) else 0


def parts(rows: Rows, clock: Clock, hidden: Bools) -> list[Stretch]:
    """List the stretches in which light falls on a part of the picture, and nothing else changes."""
    lit = (rows["lit"] >= LIT) & (rows["other"] <= OTHER)
    seen = (lit | (rows["glow"] >= GLOW)) & ~hidden
    return lasting(joined(runs(seen), clock, JOIN), clock, PART_SECONDS)


def covered(poor: Doubles, clock: Clock, hidden: Bools) -> list[Stretch]:
    """List the stretches in which most of the picture has lost its detail, of :func:`poverty`."""
    found = hysteresis((poor >= MIN_COVERED_FRACTION) & ~hidden, (poor >= MIN_LEFT_COVERED_FRACTION) & ~hidden)
    return lasting(joined(found, clock, JOIN), clock, COVERED_SECONDS)


def poverty(rows: Rows, hidden: Bools) -> Doubles:
    """Measure in which share of the textured cells detail is gone: (frames,) in [0, 1]; 0 where too few had any."""
    found, total = np.zeros(len(rows)), np.zeros(len(rows))
    for part in _chunks(len(rows)):
        total[part] = _detail(rows[part]).mean(axis=1)
    if hidden.all():
        return found
    rich = np.flatnonzero(~hidden & (total >= RICH * np.quantile(total[~hidden], TOP)))
    rich = rich[:: max(1, len(rich) // _CHUNK)]
    usual, level = np.median(_detail(rows[rich]), axis=0), np.median(rows["level"][rich], axis=0)
    textured = usual * (level + 10.0) >= MIN_DETAIL_LEVELS
    if textured.sum() < MIN_TEXTURED_FRACTION * CELLS:
        return found
    for part in _chunks(len(rows)):
        detail = _detail(rows[part])
        bare = np.quantile(detail, SOME, axis=1) < BARE * np.median(usual)
        bare &= np.quantile(rows["detail"][part], SOME, axis=1) <= PLAIN * DETAIL_UNIT
        bare |= np.median(rows["detail"][part], axis=1) <= EMPTY * DETAIL_UNIT
        found[part] = (detail[:, textured] < MAX_DETAIL_FRACTION * usual[textured]).mean(axis=1) * bare
    return found


def _detail(rows: Rows) -> Doubles:
    """Return the cells' detail for their brightness, so that a darker picture has as much: (frames, 48)."""
    return np.asarray(rows["detail"] / DETAIL_UNIT / (rows["level"].astype(np.float64) + 10.0))


def _chunks(count: int) -> Iterator[slice]:
    return (slice(first, first + _CHUNK) for first in range(0, count, _CHUNK))


@dataclass(frozen=True)
class Turn(Stretch):
    """A change between day and night; ``what`` became of the picture: ``grey``, ``colour``, ``dark`` or ``light``."""

    what: str


def turns(rows: Rows, clock: Clock, hidden: Bools) -> list[Turn]:
    """List the changes between day and night, in order; ``hidden`` are frames that do not show the scene."""
    seen = np.flatnonzero(~hidden)
    if len(seen) < 3:
        return []
    grey, coloured = rows["vivid"][seen] <= GREY, rows["colour"][seen] >= COLOUR
    changes = _turns(grey, coloured, ("grey", "colour"), clock, seen)
    level = np.median(rows["level"], axis=1)[seen]
    bright = float(np.quantile(level, 0.9))
    if bright > MAX_DARK_BRIGHTNESS:
        dark = min(MAX_DARK_BRIGHTNESS, MAX_DIMMED_FRACTION * bright)
        light = level >= max(1.3 * dark, MIN_LIGHT_FRACTION * bright)
        changes += _turns(level <= dark, light, ("dark", "light"), clock, seen)
    found: list[Turn] = []
    for turn in sorted(changes, key=lambda turn: turn.first):
        if not found or clock.at(turn.first) - clock.at(found[-1].last) > MAX_JOINED_SECONDS:
            found.append(turn)
    return found


def _turns(low: Bools, high: Bools, names: tuple[str, str], clock: Clock, seen: npt.NDArray[np.intp]) -> list[Turn]:
    """Follow frames between a low and a high state; a state counts when it lasts."""
    state = np.where(low, 1, np.where(high, 2, 0))
    told = np.flatnonzero(state)
    if not len(told):
        return []
    starts = np.flatnonzero(np.diff(state[told], prepend=0))
    ends = np.append(starts[1:], len(told)) - 1
    kept: list[tuple[int, int, int]] = []
    for number, (a, b) in enumerate(zip(told[starts].tolist(), told[ends].tolist(), strict=True)):
        outer = number in (0, len(starts) - 1)
        if clock.length(int(seen[a]), int(seen[b])) < (OPEN_SECONDS if outer else TURN_SECONDS):
            continue
        if kept and kept[-1][0] == state[a]:
            a = kept.pop()[1]
        kept.append((int(state[a]), a, b))
    return [Turn(int(seen[one[2] + 1]), int(seen[other[1]]), names[other[0] - 1]) for one, other in pairwise(kept)]
