"""``moved``, at once or by a slow zoom or turn, and ``shaken``: where the camera looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from core.arrays import Bools, Doubles
from core.clock import Clock
from explain.disturbances._series import Rows
from explain.disturbances._stretches import Stretch, frames_in, hysteresis, joined, lasting
from explain.disturbances._views import (
    MAX_DRIFT_PIXELS,
    MEMBERS,
    MIN_ALIKE_FRACTION,
    MIN_MOVE_FRACTION,
    VOTED,
    Snapshot,
    Stay,
    View,
    middle,
    place_of,
)
from explain.disturbances.registration import Similarity, register, similarity
from explain.disturbances.thumbnails import structure

LEAPT, TRAVELLED = 0.3, 3.0
"""A view of another place comes at once, with fewer blocks alike, or travels so many thumbnail pixels; what is parked
before a camera does neither."""
MIN_DIFFERENCE_FRACTION, MAX_DISPLACEMENT_PIXELS = 0.5, 3.0
"""A change of view lasts while frames differ half as much as the most different one; so many pixels count as all."""
SLID, ARRIVED = 0.25, 0.9
"""Shares of the way at which a view that slides off slowly has begun to, and is there."""
FIRST_SNAPSHOTS = 4
"""Snapshots of a view that tell whether the one before it is lost."""
MIN_BLANK_FRACTION = 0.3
"""Share of cells without detail from which another view is one that is hidden."""
MIN_HIDDEN_SECONDS = 0.9
SHAKEN, SHAKING, WAY = 0.45, 0.25, 0.65
"""Thumbnail pixels that frames lie off their usual place, most and least in a shake; share of blocks that vote so."""
MAX_STILL_PIXELS = 0.05
"""Thumbnail pixels under which a displacement is the measurement's own."""
WINDOW, SHAKE_SECONDS, JOIN = 1.0, 0.3, 1.5
"""Seconds of which the usual place is the median; that a shake lasts; and between two that are one."""
TO_AND_FRO, QUICK = 3, 4.0
"""So many moves, each within so many seconds of the one before, are a shake."""
LEFT, THERE, LESS = 0.6, 0.8, 0.2
"""Share of the blocks alike that are left once a view has changed, and that are alike once another one is reached; and
share of all blocks by which fewer are alike once a view begins to change."""
LAST_SNAPSHOTS = 4
"""Snapshots at the end of a clip that tell what a view became that has no time to last."""


@dataclass(frozen=True)
class Move(Stretch):
    """The view changed.

    Attributes:
        pixels: how far it lies from the view before, to the right and down in thumbnail pixels; None where it shows
            another place.
        back: whether that view was seen before.
        likeness: how the view before was enlarged or turned, where that is known.
    """

    pixels: tuple[float, float] | None
    back: bool = False
    likeness: Similarity | None = None


def moves(views: Sequence[View], stays: Sequence[Stay], rows: Rows, hidden: Bools) -> list[Move]:
    """List the changes of view, in order, from what ``follow`` found; ``hidden``: (frames,) where a view is covered."""
    shown = [stay for stay in stays if stay.view >= 0 and stay.snapshots]
    kept = [stay for stay in shown if np.mean([hidden[one.frame] for one in stay.snapshots]) <= 0.5]
    if not kept:
        return []
    move = MIN_MOVE_FRACTION * kept[0].snapshots[0].grey.shape[1]
    found, seen = _open(stays, kept, rows, move, hidden), {kept[0].view}
    for before, after in pairwise(kept):
        if before.view != after.view:
            shift = register(views[before.view].now, views[after.view].home, True)
            shifted = place_of(shift, move) == "shifted"
            ends = before.snapshots[-1].frame, after.snapshots[0].frame
            if shifted or _leapt(rows[ends[0] + 1 : ends[1] + 1]):
                pixels = (shift.x, shift.y) if shifted else None
                found.append(Move(*_when(*ends, rows, hidden), pixels, after.view in seen))
            seen.add(after.view)
    found += [slide for view in views for slide in _slid(view, move)]
    return sorted(found, key=lambda one: one.first)


def covers(stays: Sequence[Stay], rows: Rows, poor: Doubles, clock: Clock) -> list[Stretch]:
    """List the stretches in which the view is lost and little detail is left: something is right before the camera."""
    found = []
    for stay in stays:
        places = stay.places(MIN_MOVE_FRACTION * stay.snapshots[0].grey.shape[1]) if stay.snapshots else []
        # Once such a view has settled, what follows is held against it, and no more against the scene.
        first_ones = places[:FIRST_SNAPSHOTS]
        if first_ones.count("lost") <= len(first_ones) / 2:
            continue
        first, last = stay.snapshots[0].frame, stay.snapshots[-1].frame
        usual = float(np.median(poor[first : last + 1]))
        if usual >= MIN_BLANK_FRACTION:
            while first and poor[first - 1] >= usual / 2:
                first -= 1
            while last + 1 < len(poor) and poor[last + 1] >= usual / 2:
                last += 1
            found.append(Stretch(first, last))
    return lasting(joined(found, clock, JOIN), clock, MIN_HIDDEN_SECONDS)


def _leapt(rows: Rows) -> bool:
    path = np.hypot(rows["x"], rows["y"]) * (rows["votes"] >= WAY)
    return bool(rows["alike"].min() < LEAPT or path.sum() >= TRAVELLED)


def _open(stays: Sequence[Stay], kept: Sequence[Stay], rows: Rows, move: float, hidden: Bools) -> list[Move]:
    """Find a displacement so near the clip's end that it has no time to last."""
    stay = stays[-1]
    told = [shift for shift, place in zip(stay.shifts, stay.places(move), strict=True) if place == "shifted"]
    x, y = ([getattr(shift, name) for shift in told] for name in ("x", "y"))
    if stay.view >= 0 or len(told) < max(2, len(stay.shifts) / 2) or max(np.ptp(x), np.ptp(y)) > MAX_DRIFT_PIXELS:
        return []
    ends = kept[-1].snapshots[-1].frame, stay.snapshots[0].frame
    return [Move(*_when(*ends, rows, hidden), (float(np.median(x)), float(np.median(y))))]


def _slid(view: View, move: float) -> list[Move]:
    """Find a view that slides off little by little."""
    track = np.array(view.track).reshape(-1, 3)
    off = np.hypot(track[:, 1], track[:, 2])
    end = float(np.median(off[-3:])) if len(off) else 0.0
    if end < move:
        return []
    first, last = (int(np.flatnonzero(off >= share * end)[0]) for share in (SLID, ARRIVED))
    return [Move(int(track[max(first - 1, 0), 0]), int(track[last, 0]), (float(track[-1, 1]), float(track[-1, 2])))]


def _when(before: int, after: int, rows: Rows, hidden: Bools) -> tuple[int, int]:
    """Find the frames of a change between two snapshots: behind what hid it, or those that differ most."""
    frames = np.arange(before + 1, after + 1)
    if hidden[frames].any():
        behind = min(int(frames[hidden[frames]][-1]) + 1, after)
        return behind, behind
    part = rows[frames]
    off = np.hypot(part["x"], part["y"]) * (part["votes"] >= VOTED)
    differ = np.maximum(1.0 - part["alike"], np.minimum(off / MAX_DISPLACEMENT_PIXELS, 1.0))
    strong = frames[differ >= MIN_DIFFERENCE_FRACTION * differ.max()]
    return int(strong[0]), int(strong[-1])


def shakes(rows: Rows, clock: Clock, hidden: Bools, moved: Sequence[Move]) -> list[Stretch]:
    """List the stretches in which the picture moves to and fro, as when wind or a lorry shakes the camera."""
    away = amplitude(rows, clock)
    away[hidden] = 0.0
    found = hysteresis(away >= SHAKEN, away >= SHAKING) + fro(moved, clock)
    found = joined(sorted(found, key=lambda one: one.first), clock, JOIN)
    return lasting(found, clock, SHAKE_SECONDS)


def fro(moved: Sequence[Move], clock: Clock) -> list[Stretch]:
    """List the stretches in which a camera moves so often that it must be swaying."""
    rows: list[list[Move]] = []
    for one in moved:
        near = rows and clock.at(one.first) - clock.at(rows[-1][-1].last) < QUICK
        rows.append([*rows.pop(), one] if near else [one])
    return [Stretch(row[0].first, row[-1].last) for row in rows if len(row) >= TO_AND_FRO]


def amplitude(rows: Rows, clock: Clock) -> Doubles:
    """Measure how far frames lie from where the picture usually lies in that second: (frames,) thumbnail pixels."""
    step = np.stack([rows["x"], rows["y"]], 1).astype(np.float64)
    step[(rows["votes"] < WAY) | (np.hypot(step[:, 0], step[:, 1]) < MAX_STILL_PIXELS)] = 0.0
    path = step.cumsum(axis=0)
    rest = median_filter(path, (max(3, frames_in(WINDOW, clock)), 1), mode="nearest")
    return np.asarray(np.hypot(*(path - rest).T))


def zooms(views: Sequence[View], stays: Sequence[Stay], moved: Sequence[Move], hidden: Bools) -> list[Move]:
    """List slow zooms and turns, given the known moves and the (frames,) ``hidden`` in which a view is covered."""
    shown = [one for stay in stays for one in stay.snapshots if not hidden[one.frame]]
    kept = [stay for stay in stays if stay.view >= 0 and any(not hidden[one.frame] for one in stay.snapshots)]
    found, seen = [], set[int]()
    for before, after in zip(kept, [*kept[1:], None][: len(kept)], strict=True):
        seen.add(before.view)
        start = before.snapshots[0].frame
        known = [one for one in moved if start < one.first]
        if after is None:
            found += _found(views[before.view], [one for one in shown if one.frame >= start], known, False)
        elif before.view != after.view:
            first_ones = after.snapshots[:MEMBERS]
            here = [one for one in shown if start <= one.frame <= first_ones[-1].frame]
            among = [one for one in known if one.first <= after.snapshots[0].frame]
            found += _found(views[before.view], here, among, after.view in seen)
    return found


def _found(view: View, shown: Sequence[Snapshot], known: Sequence[Move], back: bool) -> list[Move]:
    """Hold the last snapshots of a stretch against the view that it began with."""
    if known or len(shown) < MEMBERS + LAST_SNAPSHOTS:
        return []
    last = middle(shown[-LAST_SNAPSHOTS:])
    if all(register(one, structure(last)).still >= MIN_ALIKE_FRACTION for one in (view.now, view.home)):
        return []
    likeness = similarity(middle(shown[:MEMBERS]), last) or similarity(view.grey, last)
    if likeness is None:
        return []
    # Between these frames snapshots leave what the first of them show, and come to what the last ones do.
    ends = _leaves(shown), shown[::-1][_rough(shown[::-1], THERE)].frame
    return [Move(min(ends), max(ends), None, back, likeness)]


def _rough(shown: Sequence[Snapshot], share: float) -> int:
    """Return which snapshot is the last that shows roughly what the first ones do."""
    home = structure(middle(shown[:MEMBERS]))
    still = np.array([register(home, one.structure).still for one in shown])
    return int(np.flatnonzero(still >= share * np.median(still[:MEMBERS]))[-1])


def _leaves(shown: Sequence[Snapshot]) -> int:
    """Find the last snapshot that shows what came before it: at first roughly, then against those just before."""
    rough = _rough(shown, LEFT)
    before = shown[max(0, rough - 2 * MEMBERS) : max(MEMBERS, rough - MEMBERS // 2)]
    home = structure(middle(before[-MEMBERS:]))
    near = shown[len(before) : rough + 1]
    usual = float(np.median([register(home, one.structure).still for one in before[-MEMBERS:]]))
    here = [one for one in near if register(home, one.structure).still >= usual - LESS]
    return here[-1].frame if here else (near or shown)[0].frame
