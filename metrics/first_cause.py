"""First cause: whether the first of all causes lies on an annotated region, and names it."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis import FrameCause
from core.boxes import iou
from core.records import Pixels

MIN_IOU = 0.3
VEHICLES = frozenset({"car", "bus", "truck"})
"""They count as one, because a small electric cart is none of them clearly."""
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


Vote = tuple[tuple[str, str] | None, bool]
"""What is said of a track in a frame, None for a cause elsewhere or none at all; and whether that is right."""


@dataclass(frozen=True)
class Verdict:
    """The causes of one frame compared with its regions.

    Attributes:
        said: coarse and fine name of the first cause; None where there is no cause.
        found: for each region of the frame, whether the first cause lies on it.
        named: for each region, whether the first cause lies on it and names it.
        votes: for each region, what its first cause says of it. As several regions may be unusual at once, that is the
            first of those causes that do not lie on another region alone.
        tracks: of the regions.
    """

    said: tuple[str, str] | None
    found: tuple[bool, ...]
    named: tuple[bool, ...]
    votes: tuple[Vote, ...]
    tracks: tuple[Hashable, ...]

    @property
    def right(self) -> bool:
        """Whether it names a region that it lies on."""
        return any(self.named)


@dataclass(frozen=True)
class Shares:
    """Shares from 0 to 1, None of nothing.

    Attributes:
        top1: frames whose first cause is right.
        found: frames whose first cause lies on a region, whatever it is called.
        top1_tracks: tracks that are right.
        frames, tracks: how many there are.
    """

    top1: float | None
    found: float | None
    top1_tracks: float | None
    frames: int
    tracks: int


def names(coarse: str, fine: str, region: Region) -> bool:
    """Return whether a cause of that name says what the region shows.

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


def match_first_cause(causes: Sequence[FrameCause], regions: Sequence[Region]) -> Verdict:
    """Compare a frame's causes, best first, with its regions; a cause lies on a region from an IoU of 0.3."""
    overlaps = iou([cause.box for cause in causes], [region.box for region in regions])
    on = [tuple(row) for row in (overlaps >= MIN_IOU).tolist()]
    found = on[0] if on else (False,) * len(regions)
    first = causes[0] if causes else None
    named = tuple(
        first is not None and here and names(first.coarse, first.fine, region)
        for here, region in zip(found, regions, strict=True)
    )
    votes = tuple(_vote(causes, on, i, region) for i, region in enumerate(regions))
    said = (first.coarse, first.fine) if first else None
    return Verdict(said, found, named, votes, tuple(region.track for region in regions))


def _vote(causes: Sequence[FrameCause], on: Sequence[tuple[bool, ...]], row: int, region: Region) -> Vote:
    for cause, lies in zip(causes, on, strict=True):
        if lies[row]:
            return (cause.coarse, cause.fine), names(cause.coarse, cause.fine, region)
        if not any(lies):
            break
    return None, False


def tracks_right(verdicts: Iterable[Verdict]) -> dict[Hashable, bool]:
    """Give each annotated track one vote: it is right when the most frequent answer of its frames is.

    A tie that a wrong answer is part of is wrong.
    """
    votes: dict[Hashable, Counter[Vote]] = defaultdict(Counter)
    for verdict in verdicts:
        for track, vote in zip(verdict.tracks, verdict.votes, strict=True):
            votes[track][vote] += 1
    return {track: _best_are_right(answers) for track, answers in votes.items()}


def _best_are_right(answers: Counter[Vote]) -> bool:
    most = max(answers.values())
    return all(right for (_, right), count in answers.items() if count == most)


def summarise_verdicts(verdicts: Sequence[Verdict]) -> Shares:
    """Put the verdicts of annotated frames together."""
    tracks = tracks_right(verdicts)
    return Shares(
        top1=_mean([v.right for v in verdicts]),
        found=_mean([any(v.found) for v in verdicts]),
        top1_tracks=_mean(list(tracks.values())),
        frames=len(verdicts),
        tracks=len(tracks),
    )


def _mean(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None
