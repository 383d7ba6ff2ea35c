"""When a change of the picture began, and when it was over: it is told by what changes much, and begins with little."""

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from core.arrays import Bools, Doubles
from core.clock import Clock
from explain.disturbances._light import DARK_LEVEL
from explain.disturbances._moves import Move
from explain.disturbances._series import DETAIL_UNIT, Rows
from explain.disturbances._stretches import Stretch, frames_in
from explain.disturbances._views import VOTED

Span = TypeVar("Span", bound=Stretch)
STEP_SECONDS = 0.3
MAX_SHIFT_SECONDS, CONTEXT_SECONDS = 4.0, 8.0
"""Seconds by which a beginning is put back at most, and those whose middle rate of change is the scene's own."""
MIN_RATE_RATIO, MIN_CHANGE_FRACTION = 2.0, 0.02
"""How many times the scene's own rate a change has while it goes on, and that share of the whole change besides."""
MAX_PAUSE_SECONDS = 0.2
FULL_CHANGE_LOG_RATIO = 1.0
MIN_STEP_PIXELS = 0.3


def covers(spans: Sequence[Stretch], rows: Rows, clock: Clock, off: Bools) -> list[Stretch]:
    """Widen stretches by the frames in which cells' brightness or detail changes, up to the (frames,) ``off``."""
    return [_widened(one, _looks(rows, one, clock), clock, off) for one in spans]


def lights(spans: Sequence[Span], rows: Rows, clock: Clock, off: Bools) -> list[Span]:
    """Widen changes of light by the frames in which the brightness already, or still, goes the same way."""
    return [_widened(one, _looks(rows, one, clock)[:, :, :1], clock, off) for one in spans]


def moves(spans: Sequence[Move], rows: Rows, clock: Clock, off: Bools) -> list[Move]:
    """Put the beginnings of moves back to where the picture began to go along."""
    found = []
    for one in spans:
        if one.pixels is not None:
            least = max(0, one.first - frames_in(CONTEXT_SECONDS, clock))
            part = rows[least : one.first + 1]
            path = np.stack([part["x"], part["y"]], 1) * (part["votes"] >= VOTED)[:, None]
            rate = np.hypot(*_change(path.cumsum(0), frames_in(STEP_SECONDS, clock)).T)
            one = dataclasses.replace(one, first=_back(rate, MIN_STEP_PIXELS, one.first, clock, off))
        found.append(one)
    return found


def _looks(rows: Rows, one: Span, clock: Clock) -> Doubles:
    """Return brightness and detail of the cells around a stretch as logarithms: (frames, 48, 2)."""
    beside = frames_in(CONTEXT_SECONDS, clock)
    part = rows[max(0, one.first - beside) : one.last + 1 + beside]
    level, detail = (part[name].astype(np.float64) for name in ("level", "detail"))
    return np.stack([np.log(level + DARK_LEVEL), np.log(detail / DETAIL_UNIT + 1.0)], -1)


def _widened(one: Span, looks: Doubles, clock: Clock, off: Bools) -> Span:
    """Widen a stretch at both ends; ``looks`` has up to AROUND seconds more at both."""
    step, signed = frames_in(STEP_SECONDS, clock), looks.shape[2] == 1
    start = one.first - max(0, one.first - frames_in(CONTEXT_SECONDS, clock))
    end = start + one.last - one.first
    whole = _size(looks[start : end + 1] - np.median(looks[max(0, start - step) : max(1, start)], 0), signed).max()
    rate = _size(_change(looks, step), signed)
    first = _back(rate[: start + 1], MIN_CHANGE_FRACTION * whole, one.first, clock, off)
    rate = _size(_change(looks[::-1], step), signed)
    behind = len(off) - 1 - one.last
    last = len(off) - 1 - _back(rate[: len(looks) - end], MIN_CHANGE_FRACTION * whole, behind, clock, off[::-1])
    return dataclasses.replace(one, first=first, last=last)


def _change(values: Doubles, step: int) -> Doubles:
    """Measure how far values lie from those ``step`` frames before, or from the first: of the same shape."""
    before = np.concatenate([np.repeat(values[:1], min(step, len(values)), 0), values[:-step]])
    return np.asarray(values - before[: len(values)], np.float64)


def _size(change: Doubles, signed: bool) -> Doubles:
    """Average a change over the cells, each counted up to CELL: what goes both ways cancels out where ``signed``."""
    part = np.clip(change, -FULL_CHANGE_LOG_RATIO, FULL_CHANGE_LOG_RATIO)
    return np.asarray(np.abs(part.mean((1, 2))) if signed else np.abs(part).mean((1, 2)), np.float64)


def _back(rate: Doubles, least: float, first: int, clock: Clock, off: Bools) -> int:
    """Walk back from a beginning, the last of ``rate``, while the picture changes more than the scene does."""
    step, pause = frames_in(STEP_SECONDS, clock), frames_in(MAX_PAUSE_SECONDS, clock)
    before = rate[:-1][::-1][: frames_in(MAX_SHIFT_SECONDS, clock)]
    blocked = np.flatnonzero(off[max(0, first - len(before)) : first][::-1])
    before = before[: int(blocked[0])] if len(blocked) else before
    if len(before) < 2:
        return first
    over = np.flatnonzero(before > MIN_RATE_RATIO * np.median(rate[:-1]) + least)
    rests = np.flatnonzero(np.diff(over, prepend=-1) > pause)
    over = over[: int(rests[0])] if len(rests) else over
    return first - min(int(over[-1]) + step, len(before)) if len(over) else first
