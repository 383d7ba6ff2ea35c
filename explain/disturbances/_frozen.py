"""``frozen``: the picture stands still although the scene does not."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles
from core.clock import Clock
from explain.disturbances._series import Rows
from explain.disturbances._stretches import Stretch, folded, merged, runs

SECONDS, FRAMES = {2: 0.9, 1: 1.9}, 5
"""How long the picture must stand still between frames that differ, and at either end of the clip; and in frames."""
QUIET, PULSE, PULSES = 2.0, 12.0, 6
"""Largest change of a frame that may repeat the one before, and of a key frame and those that follow it, so many."""
MIN_ACTIVE, ACTIVE_QUANTILE = 8.0, 0.85
"""Change of the frames around, at the :data:`ACTIVE_QUANTILE`, for doubled frames lie among them."""
MAX_STILL, MIN_ABRUPT, CONTEXT_SECONDS = 0.3, 0.4, 1.5
"""Shares of that change: under which a frame belongs to the stillness, over which the last one before it must lie; and
the seconds around that are looked at."""
LEAP, WIDE_LEAP, FAR_LEAP, SOON = 0.9, 1.2, 3.0, 0.5
"""Change when the picture goes on, as a share of the middle one of the frames that change in so many seconds after it:
the least, one that tells where it is in two places, and one that tells in any; what enters a still scene changes less
at first than later, and what appears there changes twice as much."""
MAX_NOISE, MIN_LEAP_PLACES, MIN_CROWD_PLACES = 0.2, 2, 3
"""Noise of a still picture as a share of that around; places at which a wide leap shows; and places at which things
move on either side and go on at once, which tell without one."""
MIN_ALIKE = 0.6
"""Share of blocks alike in the first frame of a frozen picture: it is of the scene, not of a hand or another place."""
VOTED, SHAKEN = 0.65, 0.3
"""Thumbnail pixels that so many blocks went along: it is the camera that moves beside the stillness, not the scene."""
MIN_LIGHT_FRACTION = 0.02
"""Share of the picture that light falls on, from which it may be the light that moves."""
LIVE, DEAD = 0.9, 0.99
"""Share of unchanged pixels of the middle cell up to which a picture has noise everywhere, and from which nowhere."""


@dataclass(frozen=True)
class _Side:
    """Medians of the frames beside a still stretch.

    ``change`` is the :data:`ACTIVE_QUANTILE`, ``soon`` that of the nearest ones, ``light`` and ``shake`` are maxima.
    """

    change: float
    soon: float
    noise: float
    places: float
    light: float
    shake: float


def find(rows: Rows, clock: Clock, blank: Bools) -> list[Stretch]:
    """List the stretches in which the picture stands still; ``blank`` are the (frames,) without a picture.

    A scene in which nothing moves is coded by repeating it, and looks the same. But it comes to rest and wakes up
    little by little and in one place, while a picture that froze stops amid motion and leaps when it goes on.
    """
    found: list[Stretch] = []
    for measure in ("peak", "wide"):
        change = rows[measure].astype(np.float64)
        change[0] = 0.0
        for run in _quiet(change, blank):
            one = _whole(rows, change, clock, run, blank)
            if one is not None:
                found.append(one)
    return merged(found)


def _quiet(change: Doubles, blank: Bools) -> list[Stretch]:
    """List runs of frames that hardly differ from the one before; a key frame's pulse does not end one."""

    def pulse(one: Stretch, after: Stretch) -> bool:
        between = slice(one.last + 1, after.first)
        short = after.first - one.last - 1 <= PULSES
        return short and change[between].max() <= PULSE and not blank[between].any()

    return [run for run in folded(runs((change <= QUIET) & ~blank), pulse) if len(run) >= FRAMES]


def _whole(rows: Rows, change: Doubles, clock: Clock, run: Stretch, blank: Bools) -> Stretch | None:
    """Return the frames that show one picture, from the one that is repeated on; None where the scene came to rest."""
    before, after = (_side(rows, change, clock, *side, blank) for side in ((run.first - 1, -1), (run.last + 1, 1)))
    whole = _sharpened(change, run, before, after)
    sides = [side for side in (before, after) if side]
    inside = rows[run.first : run.last + 1]
    calm = float(np.median(inside["noise"]))
    if not sides or any(
        side.change < MIN_ACTIVE or calm > MAX_NOISE * side.noise or side.shake >= SHAKEN for side in sides
    ):
        return None
    if before and change[max(whole.first + 1 - FRAMES, 0) : whole.first + 1].max() < MIN_ABRUPT * before.change:
        return None
    leap = change[whole.last + 1] / max(after.soon, 1.0) if after else WIDE_LEAP
    places = int(rows["places"][whole.last + 1]) if after else MIN_CROWD_PLACES
    if (
        leap < LEAP
        or rows["alike"][whole.first] < MIN_ALIKE
        or clock.length(whole.first, whole.last) < SECONDS[len(sides)]
    ):
        return None
    noisy = np.median(inside["same"]) >= DEAD and _live(rows, run, blank)
    dark = max(side.light for side in sides) < MIN_LIGHT_FRACTION
    crowd = min(places, *(side.places for side in sides)) >= MIN_CROWD_PLACES and dark
    leapt = len(sides) == 2 and leap >= WIDE_LEAP and places >= MIN_LEAP_PLACES
    far = len(sides) == 2 and leap >= FAR_LEAP and dark
    return whole if noisy or crowd or leapt or far else None


def _sharpened(change: Doubles, run: Stretch, before: "_Side | None", after: "_Side | None") -> Stretch:
    """Widen a still stretch by the frames that a codec spends on sharpening it, at both ends."""
    first, last = run.first, run.last
    while before and 1 < first > run.first - PULSES and change[first - 1] <= min(MAX_STILL * before.change, PULSE):
        first -= 1
    while after and last + 2 < len(change) and last < run.last + PULSES:
        if change[last + 1] > min(MAX_STILL * after.change, PULSE):
            break
        last += 1
    return Stretch(max(first - 1, 0), last)


def _live(rows: Rows, run: Stretch, blank: Bools) -> bool:
    """Return whether the rest of the clip has noise: a scene that is still by itself has none most of the time."""
    rest = ~blank
    rest[run.first : run.last + 1] = False
    rest[0] = False
    return bool(np.median(rows["same"][rest]) <= LIVE)


def _side(rows: Rows, change: Doubles, clock: Clock, start: int, way: int, blank: Bools) -> _Side | None:
    """Measure the frames beside a still stretch, from ``start`` on; None where the clip or its picture ends there."""
    at = start + (1 if way > 0 else 0)
    frames: list[int] = []
    while 0 < at < len(change) and abs(clock.at(at) - clock.at(start)) <= CONTEXT_SECONDS and not blank[at]:
        frames.append(at)
        at += way
    if len(frames) < 2:
        return None
    part, soon = rows[frames], change[[frame for frame in frames if abs(clock.at(frame) - clock.at(start)) <= SOON]]
    moving = float(np.median(soon[soon > QUIET])) if (soon > QUIET).any() else 0.0
    busy = float(np.quantile(change[frames], ACTIVE_QUANTILE))
    light = float(np.maximum(part["lit"], part["glow"]).max())
    shake = float((np.hypot(part["x"], part["y"]) * (part["votes"] >= VOTED)).max())
    return _Side(busy, moving, float(np.median(part["noise"])), float(np.median(part["places"])), light, shake)
