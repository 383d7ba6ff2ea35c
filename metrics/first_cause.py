"""Right first cause: does the first of all causes lie on what is unusual, and name it?"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.records import Cause, Pixels

LEAST_IOU = 0.3
VEHICLES = frozenset({"car", "bus", "truck"})
"""They count as one: which of them a small electric cart is, nobody can say."""
DONE_ON = {"ride": frozenset({"bicycle", "skateboard"}), "drive": VEHICLES}
"""Actions that name an object, for it is what they are done on."""


@dataclass(frozen=True)
class Region:
    """What is unusual in a frame.

    Attributes:
        coarse: ``object``, ``action`` or ``location``.
        fine: its name within that type.
        box: in pixels of the clip.
        track: of which it is a part; one vote each.
    """

    coarse: str
    fine: str
    box: Pixels
    track: Hashable


@dataclass(frozen=True)
class Verdict:
    """What the first cause of one frame is worth.

    Attributes:
        said: coarse and fine name of the first cause; None where there is no cause.
        found: for each region of the frame, whether the cause lies on it.
        named: for each region, whether it lies on it and names it.
        tracks: of the regions.
    """

    said: tuple[str, str] | None
    found: tuple[bool, ...]
    named: tuple[bool, ...]
    tracks: tuple[Hashable, ...]

    @property
    def right(self) -> bool:
        """Whether it names a region that it lies on."""
        return any(self.named)


@dataclass(frozen=True)
class Shares:
    """Shares from 0 to 1, NaN of nothing.

    Attributes:
        top1: frames whose first cause is right.
        found: frames whose first cause lies on a region, whatever it is called.
        top1_tracks: tracks that are right.
        frames, tracks: how many there are.
    """

    top1: float
    found: float
    top1_tracks: float
    frames: int
    tracks: int


def overlap(a: Pixels, b: Pixels) -> float:
    """Intersection over union of two boxes; 0 where both are without area.

    >>> overlap((0, 0, 2, 2), (1, 0, 3, 2)) == 1 / 3
    True
    """
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    whole = sum(max(0.0, x2 - x1) * max(0.0, y2 - y1) for x1, y1, x2, y2 in (a, b)) - shared
    return shared / whole if whole > 0 else 0.0


def names(coarse: str, fine: str, region: Region) -> bool:
    """Tell whether a cause of that name says what the region shows.

    An object is named by its name, and by the action that is done on it (:data:`DONE_ON`); an action by its name; a
    place by any cause of type ``location``, as there is no common list of places. ``unknown`` names nothing.

    >>> names("action", "ride", Region("object", "skateboard", (0, 0, 1, 1), 1))
    True
    """
    if region.coarse == "location":
        return coarse == "location"
    if region.coarse == "action":
        return (coarse, fine) == ("action", region.fine)
    same = fine == region.fine or {fine, region.fine} <= VEHICLES
    return same if coarse == "object" else coarse == "action" and region.fine in DONE_ON.get(fine, ())


def judge(cause: Cause | None, regions: Sequence[Region], least: float = LEAST_IOU) -> Verdict:
    """Hold one frame's first cause against what is annotated there.

    Args:
        cause: the first of all causes, its box at that frame; None where there is none.
        regions: of the frame.
        least: IoU from which a cause lies on a region.
    """
    tracks = tuple(region.track for region in regions)
    if cause is None:
        nothing = (False,) * len(regions)
        return Verdict(None, nothing, nothing, tracks)
    found = tuple(overlap(cause.box, region.box) >= least for region in regions)
    named = tuple(on and names(cause.coarse, cause.fine, r) for on, r in zip(found, regions, strict=True))
    return Verdict((cause.coarse, cause.fine), found, named, tracks)


def tracks_right(verdicts: Iterable[Verdict]) -> dict[Hashable, bool]:
    """Give each annotated track one vote: it is right when the most frequent answer of its frames is.

    The answer of a frame is the first cause's name where it lies on the track's region, and "elsewhere" where it lies
    on no region at all. A frame whose first cause lies on another region alone says nothing of this track; a track of
    which no frame says anything is wrong, and so is a tie that a wrong answer is part of.

    Args:
        verdicts: of every annotated frame.
    """
    votes: dict[Hashable, Counter[tuple[tuple[str, str] | None, bool]]] = defaultdict(Counter)
    for verdict in verdicts:
        for track, found, named in zip(verdict.tracks, verdict.found, verdict.named, strict=True):
            if found:
                votes[track][verdict.said, named] += 1
            elif not any(verdict.found):
                votes[track][None, False] += 1
            else:
                votes[track].update()
    return {track: _best_are_right(answers) for track, answers in votes.items()}


def _best_are_right(answers: Counter[tuple[tuple[str, str] | None, bool]]) -> bool:
    most = max(answers.values(), default=0)
    return most > 0 and all(right for (_, right), count in answers.items() if count == most)


def shares(verdicts: Sequence[Verdict]) -> Shares:
    """Put the verdicts of annotated frames together."""
    tracks = tracks_right(verdicts)
    return Shares(
        top1=_mean([v.right for v in verdicts]),
        found=_mean([any(v.found) for v in verdicts]),
        top1_tracks=_mean(list(tracks.values())),
        frames=len(verdicts),
        tracks=len(tracks),
    )


def _mean(values: Sequence[bool]) -> float:
    return float(np.mean(values)) if values else float("nan")
