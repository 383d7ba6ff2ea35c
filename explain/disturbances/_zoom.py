"""``moved``, slowly enlarged or turned: the view is lost without a leap, and what is shown then is the same place."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Bools
from explain.disturbances._moves import Move
from explain.disturbances._similarity import similarity
from explain.disturbances._views import MEMBERS, MIN_ALIKE_FRACTION, Snapshot, Stay, View, middle
from explain.disturbances.registration import register
from explain.disturbances.thumbnails import structure

LEFT, THERE, LESS = 0.6, 0.8, 0.2
"""Share of the blocks alike that are left once a view has changed, and that are alike once another one is reached; and
share of all blocks by which fewer are alike once a view begins to change."""
LAST_SNAPSHOTS = 4
"""Snapshots at the end of a clip that tell what a view became that has no time to last."""


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
