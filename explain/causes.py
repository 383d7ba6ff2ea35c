"""Ranks what may be the cause of an event: heat in boxes, read against what is normal at the camera.

The heat of an event is the squared prediction error above the camera's normal mean. Candidates are object tubes,
actions on person tubes, and regions of heat that lie in no box; a rule gives each a score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from core.records import Cause, ClassNormality, Evidence, Normality, Pixels
from core.registry import pick
from explain._candidates import Candidate, gather
from explain._measure import Measures, densities, measure, outside
from explain._regions import unboxed
from explain._summary import summarise
from explain._surprise import heat_surprise, newness, rarity
from explain.heat import Doubles
from explain.labels import coarse, fine

__all__ = ["RULES", "Rule", "class_normality", "rank", "summarise"]

Rule = Callable[[Measures, Normality], Doubles]
WEAKEST = 0.01
"""Share of the best cause's score under which a cause is not worth an analyst's time."""
PERCENT = np.linspace(0.0, 1.0, 101)


def plain(m: Measures, normality: Normality) -> Doubles:
    """Heat summed in the boxes × class probability, summed over frames (VQU-Net, section 3.4)."""
    return m.weighted


def mean(m: Measures, normality: Normality) -> Doubles:
    """Mean heat per pixel of the boxes × class probability."""
    return m.density * m.confidence


def peak(m: Measures, normality: Normality) -> Doubles:
    """Highest heat of one pixel in the boxes × class probability."""
    return m.peak * m.confidence


def calibrated(m: Measures, normality: Normality) -> Doubles:
    """Confidence × share of the event's heat × (1 + how improbable class and heat are at this camera).

    - Improbable, in nats: ``-log`` of how many boxes of the class normal footage shows in a frame, plus ``-log`` of
      the share of its boxes that are as hot; both Laplace-smoothed, so that a class never seen counts as one in
      ``explained_frames + 1``. Where classes were never counted this is 0, and confidence × share remains.
    - The share keeps out boxes without heat. An object that moves with a person claims that person's heat.
    - A person on a bicycle is as hot as the bicycle: whatever shares a person's heat is explained away by each rarer
      candidate of the same person, to the degree that a model is confident of it.
    """
    surprise = rarity(m, normality) + heat_surprise(m, normality)
    return m.confidence * m.claimed * (1.0 + surprise) * _left_unexplained(m, normality)


def _left_unexplained(m: Measures, normality: Normality) -> Doubles:
    """Return, for each candidate, the probability that no rarer candidate of the same person is there, (N,)."""
    new = newness(m, normality)
    seen = np.minimum(m.length / np.maximum(m.length[m.group], 1), 1.0)
    rarer = np.clip(new[None, :] - new[:, None], 0.0, None) * (m.group[None, :] == m.group[:, None])
    left: Doubles = np.prod(1.0 - rarer * (m.confidence * seen)[None, :], axis=1)
    return left


RULES: Mapping[str, Rule] = {"calibrated": calibrated, "plain": plain, "mean": mean, "peak": peak}
"""How causes are scored; ``calibrated`` is the default."""


def rank(
    evidence: Sequence[Evidence], normality: Normality, rule: str = "calibrated"
) -> tuple[tuple[Cause, ...], float]:
    """Rank the causes of one event.

    Args:
        evidence: sampled frames of the event, ascending; gone through twice, one frame at a time.
        normality: of the camera.
        rule: a name in :data:`RULES`.

    Returns:
        Causes, best first, one for each tube; those that score under :data:`WEAKEST` of the best are left out. And the
        share of the event's heat that lies in no box, 0 to 1.

    Raises:
        UnknownNameError: no such rule.
        ValueError: the frames do not ascend.
    """
    score = pick("rule", rule, RULES)
    if not evidence:
        return (), 0.0
    candidates = gather(evidence, normality.heat)
    measures = measure(candidates, evidence, normality.heat)
    scores = score(measures, normality)
    least = WEAKEST * max(float(scores.max(initial=0.0)), 0.0)
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] > least]
    causes = (_cause(candidates[i], measures, int(i), float(scores[i])) for i in order)
    return tuple(causes), measures.unexplained


def _cause(candidate: Candidate, m: Measures, row: int, score: float) -> Cause:
    nearest = int(np.abs(candidate.frames - m.peak_frame).argmin())
    x1, y1, x2, y2 = np.clip(candidate.boxes[nearest], 0.0, np.tile(m.size, 2)).tolist()
    box: Pixels = (x1, y1, x2, y2)
    kind = coarse(candidate.vocabulary)
    return Cause(
        coarse=kind,
        fine=fine(candidate.label),
        score=score,
        heat_share=float(m.share[row]),
        confidence=0.0 if kind == "unknown" else float(m.confidence[row]),
        box=box,
        first=int(candidate.frames[0]),
        last=int(candidate.frames[-1]),
    )


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
    quantiles = (tuple(np.quantile(values, PERCENT).tolist()) for values in (density, confidence))
    dense, sure = quantiles
    return ClassNormality(per_frame=len(density) / frames, density=dense, boxes=len(density), confidence=sure)
