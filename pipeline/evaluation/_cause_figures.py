"""Figures of ranked causes on labelled frames."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.analysis import Cause, FrameCause
from core.arrays import Bools, Doubles
from core.metrics import ClassScores
from footage.labels import Named
from metrics.bootstrap import mean_interval
from metrics.first_cause import Shares, Verdict, match_first_cause, summarise_verdicts
from pipeline.evaluation._labelled import LabelledClip
from pipeline.evaluation.cause_results import FirstCause, OverClips, RuleClasses, RuleFigures, VideoCauses
from pipeline.evaluation.metric_values import class_figures, defined

OURS = "calibrated"
OF_SYSTEMS = ("xman_ap_11_point",)
"""Metrics of classes that ``xman`` alone gives."""


@dataclass(frozen=True)
class Ranking:
    """One rule's causes of the labelled frames of one clip.

    Attributes:
        name: of the clip.
        verdicts: frame to verdict, for frames with regions.
        first: frame to first cause, for frames with regions.
        scores: (F, C) best score of each frame with classes and each class.
        positive: (F, C) truth of the same.
        event: the first cause of all the frames taken as one event; None by other rules.
    """

    name: str
    verdicts: Mapping[int, Verdict]
    first: Mapping[int, FrameCause | None]
    scores: Doubles
    positive: Bools
    event: Cause | None = None


def compare_with_labels(
    entry: LabelledClip, ranked: Mapping[int, Sequence[FrameCause]], classes: Sequence[Named], event: Cause | None
) -> Ranking:
    """Compare one rule's causes with the labels of a clip."""
    first = {frame: next(iter(ranked[frame]), None) for frame in ranked if frame in entry.regions}
    named = [frame for frame in ranked if frame in entry.classes]
    shape = (len(named), len(classes))
    return Ranking(
        name=entry.clip.name,
        verdicts={frame: match_first_cause(ranked[frame], entry.regions[frame]) for frame in first},
        first=first,
        scores=np.array([class_scores(ranked[f], classes) for f in named], np.float64).reshape(shape),
        positive=np.array([[c in entry.classes[f] for c in classes] for f in named], np.bool_).reshape(shape),
        event=event,
    )


def class_scores(ranked: Sequence[FrameCause], classes: Sequence[Named]) -> list[float]:
    """Return the best score among one frame's causes for each class, 0 where there is none.

    Any cause of type ``location`` counts for a place, as there is no common list of places.
    """
    best: dict[Named, float] = {}
    for cause in ranked:
        key = (cause.coarse, "" if cause.coarse == "location" else cause.fine)
        best[key] = max(best.get(key, 0.0), cause.score)
    return [best.get((coarse, "" if coarse == "location" else fine), 0.0) for coarse, fine in classes]


def summarise_rule(rankings: Sequence[Ranking], trained: frozenset[str]) -> RuleFigures:
    """Put one rule's verdicts together: over all clips, over those ``trained`` on and the others, and clip by clip."""
    seen = [r for r in rankings if r.name in trained]
    unseen = [r for r in rankings if r.name not in trained]
    return RuleFigures(
        shares=_shares(rankings),
        unseen=_shares(unseen) if unseen else None,
        seen=_shares(seen) if seen else None,
        videos=tuple(VideoCauses(r.name, _shares([r]), f"{r.event.coarse}: {r.event.fine}" if r.event else None)
                     for r in rankings if r.verdicts),
        over_clips=_over_clips(rankings),
        over_unseen=_over_clips(unseen) if unseen else None,
    )  # fmt: skip


def _over_clips(rankings: Sequence[Ranking]) -> OverClips:
    """Count each clip with a labelled frame once."""
    each = {r.name: share for r in rankings if (share := _shares([r]).top1) is not None}
    if not each:
        return OverClips(0, None, None, "", None)
    found, worst = mean_interval(list(each.values())), min(each, key=lambda name: each[name])
    mean = float(np.mean(list(each.values())))
    return OverClips(len(each), mean, each[worst], worst, (found.low, found.high) if found else None)


def _shares(rankings: Sequence[Ranking]) -> Shares:
    return summarise_verdicts([verdict for ranking in rankings for verdict in ranking.verdicts.values()])


def mean_precision(rankings: Sequence[Ranking], classes: Sequence[Named]) -> RuleClasses:
    """Compute one rule's X-MAN figures over the frames of all clips."""
    scores, positive = np.concatenate([r.scores for r in rankings]), np.concatenate([r.positive for r in rankings])
    video = np.repeat(np.arange(len(rankings)), [len(r.scores) for r in rankings])
    found = class_figures(ClassScores(scores, positive, classes, video), without=OF_SYSTEMS)
    parts = found.means(classes)
    means = {"map_objects": parts.map_objects, "map_without_location": parts.map_without_location}
    return RuleClasses({**{key: defined(value) for key, value in means.items()}, **found.values}, found.per_class)


def rows(ranking: Ranking) -> Iterator[FirstCause]:
    """Return the first cause of each frame."""
    for frame, verdict in ranking.verdicts.items():
        cause = ranking.first[frame]
        box = tuple(round(float(x), 1) for x in cause.box) if cause else None
        coarse, fine = (cause.coarse, cause.fine) if cause else (None, None)
        yield FirstCause(ranking.name, frame, coarse, fine, box, any(verdict.found), verdict.right)
