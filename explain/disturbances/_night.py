"""``day/night``: the picture loses its colour or its light for good, or gets it back."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core.arrays import Bools
from core.clock import Clock
from explain.causes.plausible import MAX_DARK_BRIGHTNESS
from explain.disturbances._series import Rows
from explain.disturbances._stretches import Stretch

GREY, COLOUR = 1.5, 2.5
"""A picture is grey whose more coloured cells have no more than the first, coloured where the less coloured have the
second (``colours`` of a thumbnail): a red bus in a grey picture makes neither."""
MAX_DIMMED_FRACTION, MIN_LIGHT_FRACTION = 0.45, 0.7
"""Shares of the brightness of the clip's bright times: up to the first one a picture below
:data:`explain.causes.plausible.MAX_DARK_BRIGHTNESS` is dark, from the second one on it is light."""
SECONDS, OPEN_SECONDS = 3.0, 1.5
"""How long a state must last, and at either end of the clip."""
MAX_JOINED_SECONDS = 1.5


@dataclass(frozen=True)
class Turn(Stretch):
    """A change between day and night; ``what`` became of the picture: ``grey``, ``colour``, ``dark`` or ``light``."""

    what: str


def find(rows: Rows, clock: Clock, hidden: Bools) -> list[Turn]:
    """List the changes between day and night, in order; ``hidden`` are frames that do not show the scene."""
    seen = np.flatnonzero(~hidden)
    if len(seen) < 3:
        return []
    grey, coloured = rows["vivid"][seen] <= GREY, rows["colour"][seen] >= COLOUR
    turns = _turns(grey, coloured, ("grey", "colour"), clock, seen)
    level = np.median(rows["level"], axis=1)[seen]
    bright = float(np.quantile(level, 0.9))
    if bright > MAX_DARK_BRIGHTNESS:
        dark = min(MAX_DARK_BRIGHTNESS, MAX_DIMMED_FRACTION * bright)
        light = level >= max(1.3 * dark, MIN_LIGHT_FRACTION * bright)
        turns += _turns(level <= dark, light, ("dark", "light"), clock, seen)
    found: list[Turn] = []
    for turn in sorted(turns, key=lambda turn: turn.first):
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
        if clock.length(int(seen[a]), int(seen[b])) < (OPEN_SECONDS if outer else SECONDS):
            continue
        if kept and kept[-1][0] == state[a]:
            a = kept.pop()[1]
        kept.append((int(state[a]), a, b))
    return [Turn(int(seen[one[2] + 1]), int(seen[other[1]]), names[other[0] - 1]) for one, other in pairwise(kept)]
