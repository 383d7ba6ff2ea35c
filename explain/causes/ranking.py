"""Ranks what may be the cause of an event: heat in boxes, read against what is normal at the camera.

The heat of an event is the squared prediction error above the camera's normal mean. Candidates are object tubes,
actions on person tubes, objects in unusual places, and regions of heat that lie in no box; a rule gives each a score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.analysis import Cause, FrameCause
from core.arrays import Doubles
from core.clock import Clock
from core.normality import ClassNormality, Normality
from core.records import Evidence
from core.registry import pick
from core.scored_things import ScoredThings
from explain.causes._candidates import Candidate, gather
from explain.causes._measure import Measures, densities, measure, outside, total
from explain.causes._regions import unboxed
from explain.causes._surprise import class_surprisal, error_surprisal, novelty, reweight_by_interaction
from explain.causes._things import boxes_within, things
from explain.causes.tubes import SAME_MOMENT_SECONDS
from explain.labels import coarse, fine

Rule = Callable[[Measures, Normality], Doubles]
MIN_SCORE_FRACTION = 0.01
"""Share of the best cause's score under which a cause is not worth an analyst's time."""
NEIGHBOURHOOD_SECONDS = 1.6
"""Seconds of evidence, half before and half after, from which the causes of a single frame are told."""
PERCENT = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Ranking:
    """The causes of one event.

    Attributes:
        causes: best first, one for each thing; boxes are those in ``shown``.
        unexplained: share of the event's heat that lies in no box, 0 to 1.
        shown: the explained frame that stands for the event: the one with the highest score in which the first cause is
            seen; None without evidence.
    """

    causes: tuple[Cause, ...]
    unexplained: float
    shown: int | None


def calibrated(m: Measures, normality: Normality) -> Doubles:
    """Confidence × share of what is unusual in the event × (1 + how improbable all that is at this camera).

    - Improbable, in nats: ``-log`` of how many boxes of the class normal footage shows in a frame, plus ``-log`` of
      the share of its boxes that are as hot, plus that of its place, plus, for what a person rarely does or rides, that
      of the person's speed. Running is told by the speed: how seldom the action model names it counts as far as the
      model names it rather than walking. All are Laplace-smoothed, so that a class never seen counts as one in
      ``explained_frames + 1``. Where classes were never counted this is 0, and confidence × share remains.
    - The share is that of the event's heat or, where attributes of things are unusual, the mean of that and of the
      share of their nats. It keeps out boxes without either. An object that moves with a person claims that person's.
    - A person on a bicycle is as hot as the bicycle: whatever shares a person's heat is explained away by each rarer
      candidate of the same person, to the degree that a model is confident of it.
    """
    m = reweight_by_interaction(m)
    new = novelty(m, normality)
    moved = (m.group != np.arange(len(m.group))) & (m.location_surprisal == 0)
    surprise = (
        class_surprisal(m, normality)
        + error_surprisal(m, normality)
        + m.location_surprisal
        + m.nats
        + m.rather * class_surprisal(replace(m, basis=m.labels), normality)
        + np.where(moved, new * np.nan_to_num(m.speed_surprisal), 0.0)
    )
    return m.confidence * m.evidence * (1.0 + surprise) * _left_unexplained(m, new)


def _left_unexplained(m: Measures, new: Doubles) -> Doubles:
    """Return, for each candidate, the probability that no rarer candidate of the same person is there, (N,)."""
    seen = np.minimum(m.length / np.maximum(m.length[m.group], 1), 1.0)
    rarer = np.clip(new[None, :] - new[:, None], 0.0, None) * (m.group[None, :] == m.group[:, None])
    left: Doubles = np.prod(1.0 - rarer * (m.confidence * seen)[None, :], axis=1)
    return left


RULES: Mapping[str, Rule] = {
    "calibrated": calibrated,
    "plain": lambda m, _: m.weighted,
    "mean": lambda m, _: m.density * m.confidence,
    "peak": lambda m, _: m.peak * m.confidence,
    "confidence": lambda m, _: np.where(m.area > 0, m.confidence, 0.0),
    "heat": lambda m, _: m.density * m.area,
}
"""How causes are scored; ``calibrated`` is the default, the others are what it is compared with.

``plain``, ``mean`` and ``peak`` are the class probability times the boxes' heat summed over pixels and frames (VQU-Net,
section 3.4), their mean heat per pixel, and their highest heat of one pixel. ``confidence`` is that of the model alone,
0 outside the picture; ``heat`` is the heat summed in the boxes alone.
"""


def rank(
    evidence: Sequence[Evidence], normality: Normality, rule: str = "calibrated", clock: Clock | None = None,
    scored: ScoredThings | None = None,
) -> Ranking:  # fmt: skip
    """Rank the causes of one event.

    Args:
        evidence: explained frames of the event, ascending; gone through twice, one frame at a time.
        normality: of the camera.
        rule: a name in :data:`RULES`.
        clock: when the clip's frames are shown; without it nothing is said of speeds and directions.
        scored: things of the clip with the terms of their scores, where their attributes are known.

    Returns:
        Causes, best first, one for each thing, without those under :data:`MIN_SCORE_FRACTION` of the best score; and
        the frame that stands for the event.

    Raises:
        UnknownNameError: no such rule.
        ValueError: the frames do not ascend.
    """
    score = pick("rule", rule, RULES)
    if not evidence:
        return Ranking((), 0.0, None)
    candidates, sound = gather(evidence, normality, clock, scored)
    sums = total(candidates, sound, normality.heat, scored)
    measures = measure(candidates, sums)
    sure = np.array([candidate.sure for candidate in candidates], np.bool_)
    scores = np.where(sure, score(measures, normality), 0.0)
    found = things(candidates, measures, scores, MIN_SCORE_FRACTION * max(float(scores.max(initial=0.0)), 0.0), clock)
    shown = _shown(found, sums.frames, sums.score)
    placed = tuple(replace(cause, box=cause.at(shown)) for cause in found)
    return Ranking(placed, measures.unexplained, shown)


def _shown(found: Sequence[Cause], frames: npt.NDArray[np.intp], scores: Doubles) -> int:
    """Return the frame of the highest score among those in which the first cause is seen, or among all."""
    seen = np.isin(frames, [frame for frame, _ in found[0].tube]) if found else np.ones(len(frames), np.bool_)
    peak = int(scores.argmax())
    return int(frames[peak if seen[peak] or not seen.any() else np.where(seen, scores, -np.inf).argmax()])


def by_frame(
    evidence: Sequence[Evidence], normality: Normality, rule: str = "calibrated", clock: Clock | None = None,
    scored: ScoredThings | None = None,
) -> tuple[tuple[FrameCause, ...], ...]:  # fmt: skip
    """Rank the causes of each single frame, each told from the :data:`NEIGHBOURHOOD_SECONDS` of evidence around it.

    Args:
        evidence: frames of a clip, ascending.
        normality: of the camera.
        rule: a name in :data:`RULES`.
        clock: when the clip's frames are shown; without it each frame is told from itself alone.
        scored: things of the clip with the terms of their scores, where their attributes are known.

    Returns:
        For each frame its causes, best first, one for each name of each thing; only what is in the frame is a cause.
        Actions that the model is unsure of come behind all others, with the scores they have: what compares frames by
        a name, as X-MAN's metric does, needs them.

    Raises:
        UnknownNameError: no such rule.
        ValueError: the frames do not ascend.
    """
    score = pick("rule", rule, RULES)
    if not evidence:
        return ()
    candidates, sound = gather(evidence, normality, clock, scored)
    sums = total(candidates, sound, normality.heat, scored)
    sure = np.array([candidate.sure for candidate in candidates], np.bool_)
    moments = sums.frames.astype(np.float64) if clock is None else clock.seconds(sums.frames)
    reach = 0.5 if clock is None else NEIGHBOURHOOD_SECONDS / 2
    found = []
    for column, (frame, moment) in enumerate(zip(sums.frames.tolist(), moments.tolist(), strict=True)):
        wide = reach + SAME_MOMENT_SECONDS
        near = slice(*np.searchsorted(moments, [moment - wide, moment + wide]).tolist())
        measures = measure(candidates, sums, near)
        scores = np.where(sums.present[:, column], score(measures, normality), 0.0)
        least = MIN_SCORE_FRACTION * max(float(scores.max(initial=0.0)), 0.0)
        order = [i for i in np.lexsort((-scores, ~sure)).tolist() if scores[i] > least]
        found.append(tuple(_in_frame(candidates[i], float(scores[i]), frame, measures.size) for i in order))
    return tuple(found)


def _in_frame(candidate: Candidate, score: float, frame: int, size: tuple[int, int]) -> FrameCause:
    row = int(np.searchsorted(candidate.frames, frame))
    box = boxes_within(candidate.boxes[row : row + 1], size)[0]
    return FrameCause(coarse(candidate.vocabulary), fine(candidate.label), score, box)


def class_normality(evidence: Iterable[Evidence], level: float | None = None) -> tuple[dict[str, ClassNormality], int]:
    """Count how often each class appears in normal footage, and how hot its boxes are there.

    Args:
        evidence: sampled frames of normal footage.
        level: the camera's mean heat per pixel; each frame's own mean if not given.

    Returns:
        Label (COCO, AVA, and ``unknown`` for regions of heat in no box) to its normality, and the number of frames.
    """
    density: dict[str, list[float]] = defaultdict(list)
    confidence: dict[str, list[float]] = defaultdict(list)
    frames = 0
    for seen in evidence:
        frames += 1
        regions = unboxed(seen, float(seen.heat.mean()) if level is None else level)
        free = outside(seen)
        for found, mask in ((seen.objects, None), (seen.actions, None), (regions, free)):
            dense = densities(seen.heat, found.boxes, mask).tolist()
            for label, heat, sure in zip(found.labels, dense, found.confidence.tolist(), strict=True):
                density[label].append(heat)
                confidence[label].append(sure)
    return {label: _class(density[label], confidence[label], frames) for label in sorted(density)}, frames


def _class(density: list[float], confidence: list[float], frames: int) -> ClassNormality:
    dense, sure = (tuple(np.quantile(values, PERCENT).tolist()) for values in (density, confidence))
    return ClassNormality(per_frame=len(density) / frames, density=dense, boxes=len(density), confidence=sure)
