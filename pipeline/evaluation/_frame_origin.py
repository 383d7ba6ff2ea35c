"""Detects predictions that count frames from another number than the labels do.

The number of matching frames is no evidence: an event that a system finds two frames before the labels begin, and
leaves one frame before they end, matches one frame more if it is moved by one. A frame 0 is evidence, and so are
stretches of frames that equal labelled ones at both ends after a shift: predictions made for the labelled frames do
so, and detected events do so only by accident.
"""

import numpy as np

from core.arrays import Ints
from footage.predictions import Rows

FRAME = 0xFFFFFFFF
LEAST_SHARE = 0.5
"""Of the predicted stretches, how many must be labelled ones: a system may have no answer for a clip's first frames."""


def hint(predicted: Rows, asked: Ints, labelled: Ints) -> str:
    """Return a sentence if frames seem to be counted from another number, else an empty string.

    Args:
        predicted: the predictions, as their file has them.
        asked: places of the predicted frames in the labels' videos, see :class:`footage.predictions.Rows`.
        labelled: places of the labelled frames.
    """
    asked, labelled = np.unique(asked), np.unique(labelled)
    matched = {shift: len(np.intersect1d(asked + shift, labelled)) for shift in (0, 1, -1)}
    number = "do both files count from the same number?"
    if _names_zero(asked) and not _names_zero(labelled) and matched[1] >= max(matched[0], 1):
        return (
            f"the predictions name a frame 0 and the labels do not: {matched[1]} frames would match in place of "
            f"{matched[0]} if the predictions' frames were not one too low; {number}"
        )
    mine, theirs = _stretches(asked), _stretches(labelled)
    for shift, way in ((1, "too low"), (-1, "too high")):
        same = len({(a + shift, b + shift) for a, b in mine} & theirs)
        if not same or matched[shift] <= matched[0]:
            continue
        if same >= (max(2, len(mine)) if _in_spans(predicted) else min(max(2, LEAST_SHARE * len(mine)), len(mine))):
            return (
                f"{matched[shift]} frames would match in place of {matched[0]}, and begin and end where labelled ones "
                f"do, if the predictions' frames were not one {way}; {number}"
            )
    return ""


def _names_zero(places: Ints) -> bool:
    return bool((places & FRAME == 0).any())


def _stretches(places: Ints) -> set[tuple[int, int]]:
    """Return the first and the last place of each stretch of consecutive frames, from ascending places."""
    breaks = np.flatnonzero(np.diff(places) != 1)
    firsts, lasts = places[np.r_[0, breaks + 1][: len(places)]], places[np.r_[breaks, len(places) - 1][: len(places)]]
    return set(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _in_spans(rows: Rows) -> bool:
    """Tell whether a file lists spans, a class with one score from a frame to another, as events are written.

    The ends of such a span are the system's own, and one may lie a frame beside the labels' by accident, but not all.
    """
    if not len(rows.place):
        return False
    goes_on = (np.diff(rows.place) == 1) & (np.diff(rows.kind) == 0) & (np.diff(rows.score) == 0)
    return len(rows.place) >= 2 * (len(rows.place) - int(goes_on.sum()))
