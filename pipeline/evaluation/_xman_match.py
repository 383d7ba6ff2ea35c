"""Predictions and X-MAN's labels brought together: which frames are answered, and what does not match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Ints
from core.errors import DataError
from footage import predictions as files
from footage.predictions import Named, Rows
from pipeline.evaluation.xman_result import Coverage, Unmatched, VideoCoverage

EXAMPLES = 5
FRAME = 0xFFFFFFFF
LEAST_SHARE = 0.5
"""Of the predicted stretches, how many must be labelled ones: a system may have no answer for a clip's first frames."""


@dataclass(frozen=True)
class MatchedLabels:
    """Predictions matched with labels; F labelled frames, in ascending order of video and frame.

    Attributes:
        classes: C names, sorted.
        scores: (F, C) best score, minus infinity where the class is not named.
        positive: (F, C) truth.
        video: (F,) number of the frame's video, from 0.
        videos: their names.
        answered: (F,) whether the predictions name the frame, with classes or without.
        unmatched: what of either file is not in the other.
    """

    classes: tuple[Named, ...]
    scores: Doubles
    positive: Bools
    video: Ints
    videos: tuple[str, ...]
    answered: Bools
    unmatched: Unmatched

    def of_answered(self) -> "MatchedLabels":
        """Return the answered frames alone."""
        rows = self.answered
        return replace(self, scores=self.scores[rows], positive=self.positive[rows], video=self.video[rows],
                       answered=rows[rows])  # fmt: skip

    def coverage(self) -> Coverage:
        """Count the labelled frames and the answered ones: in all, by video and by class."""
        labelled, answered = (np.bincount(self.video, w, len(self.videos)) for w in (None, self.answered))
        return Coverage(
            len(self.answered),
            int(self.answered.sum()),
            tuple(VideoCoverage(name, int(n), int(m))
                  for name, n, m in zip(self.videos, labelled, answered, strict=True)),
            {": ".join(name): int(n)
             for name, n in zip(self.classes, self.positive[self.answered].sum(0), strict=True)},
        )  # fmt: skip


def match(predicted: Rows, labelled: Rows) -> MatchedLabels:
    """Bring predictions and labels together.

    Raises:
        DataError: no frame of the one is in the other.
    """
    known, strangers = files.match(predicted.videos, list(labelled.videos))
    to = np.array([labelled.videos[known[v]] if v in known else -1 for v in predicted.videos] or [-1], np.int64)
    frames, named = np.sort(labelled.frames()), np.unique(_moved(predicted.frames(), to))
    named = named[named >= 0]
    answered = np.isin(frames, named)
    if not answered.any():
        raise DataError(_nothing_shared(predicted, labelled, strangers, _origin_hint(predicted, named, frames)))
    places = _moved(predicted.place, to)
    rows = np.searchsorted(frames, places)
    here = (rows < len(frames)) & (frames[np.minimum(rows, len(frames) - 1)] == places)
    classes = tuple(sorted(labelled.classes))
    column = {name: i for i, name in enumerate(classes)}
    positive = np.zeros((len(frames), len(classes)), np.bool_)
    kinds = np.array([column[name] for name in labelled.classes])
    positive[np.searchsorted(frames, labelled.place), kinds[labelled.kind]] = True
    scores = np.full(positive.shape, -np.inf)
    _fill(scores, rows[here], predicted.kind[here], predicted.score[here], list(predicted.classes), column)
    unmatched = _unmatched(predicted, labelled, known, strangers, named, frames)
    return MatchedLabels(classes, scores, positive, frames >> 32, tuple(labelled.videos), answered, unmatched)


def _moved(places: Ints, to: Ints) -> Ints:
    """Give places the numbers that the labels' videos have; a video that they do not have gets -1."""
    videos = to[places >> 32]
    return np.where(videos < 0, -1, videos << 32 | places & FRAME)


def _fill(
    scores: Doubles, row: Ints, kind: npt.NDArray[np.int32], score: Doubles, names: Sequence[Named],
    column: Mapping[Named, int],
) -> None:  # fmt: skip
    """Put the best score of each frame and class in its place."""
    places = [i for name, i in column.items() if name[0] == "location"]
    to = np.array([column.get(name, -1) for name in names] or [-1])
    anywhere = np.array([to[i] < 0 and name[0] == "location" for i, name in enumerate(names)] or [False])
    good = to[kind] >= 0
    np.maximum.at(scores, (row[good], to[kind[good]]), score[good])
    loose = anywhere[kind]
    for i in places:
        np.maximum.at(scores, (row[loose], np.full(loose.sum(), i)), score[loose])


def _unmatched(
    predicted: Rows, labelled: Rows, known: Mapping[str, str], strangers: Sequence[str], named: Ints, frames: Ints
) -> Unmatched:
    extra, without = np.setdiff1d(named, frames), np.setdiff1d(frames, named)
    unknown = [": ".join(name) for name in predicted.classes if name not in labelled.classes]
    return Unmatched(
        videos=tuple(strangers),
        labelled_videos=tuple(video for video in labelled.videos if video not in known.values()),
        frames=len(extra),
        frames_such_as=tuple(labelled.key(int(place)) for place in extra[:EXAMPLES]),
        labelled_frames=len(without),
        labelled_frames_such_as=tuple(labelled.key(int(place)) for place in without[:EXAMPLES]),
        classes=tuple(sorted(unknown)),
        labelled_classes=tuple(": ".join(name) for name in sorted(labelled.classes) if name not in predicted.classes),
        hint=_origin_hint(predicted, named, frames),
    )


def _nothing_shared(predicted: Rows, labelled: Rows, strangers: Sequence[str], hinted: str) -> str:
    if not predicted.places:
        return "the predictions name no frame"
    one, other = (rows.key(next(iter(rows.places))) for rows in (predicted, labelled))
    why = f"none of their videos is labelled ({some(strangers)})" if len(strangers) == len(predicted.videos) else (
        "their videos are labelled, but at other frames")  # fmt: skip
    text = f"no frame of the predictions (such as {one!r}) is one of the labels' (such as {other!r}): {why}"
    return f"{text}; {hinted}" if hinted else text


def some(names: Sequence[str]) -> str:
    """Name some, and say how many more there are."""
    more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
    return ", ".join(names[:EXAMPLES]) + more


def _origin_hint(predicted: Rows, named: Ints, labelled: Ints) -> str:
    """Return a sentence if the predictions seem to count frames from another number than the labels, else nothing.

    The number of matching frames is no evidence: an event that a system finds two frames before the labels begin, and
    leaves one frame before they end, matches one frame more if it is moved by one. A frame 0 is evidence, and so are
    stretches of frames that equal labelled ones at both ends after a shift: predictions made for the labelled frames do
    so, and detected events do so only by accident.

    Args:
        predicted: the predictions, as their file has them.
        named: places of the predicted frames in the labels' videos, see :class:`footage.predictions.Rows`.
        labelled: places of the labelled frames.
    """
    named, labelled = np.unique(named), np.unique(labelled)
    matched = {shift: len(np.intersect1d(named + shift, labelled)) for shift in (0, 1, -1)}
    number = "do both files count from the same number?"
    zero, labelled_zero = (bool((places & FRAME == 0).any()) for places in (named, labelled))
    if zero and not labelled_zero and matched[1] >= max(matched[0], 1):
        return (
            f"the predictions name a frame 0 and the labels do not: {matched[1]} frames would match in place of "
            f"{matched[0]} if the predictions' frames were not one too low; {number}"
        )
    mine, theirs = _stretches(named), _stretches(labelled)
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
