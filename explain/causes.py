"""Ranks what may be the cause of an event: heat in boxes, read against what is normal at the camera.

The heat of an event is the squared prediction error above the camera's normal mean. Candidates are object tubes,
actions on person tubes, objects in unusual places, and regions of heat that lie in no box; a rule gives each a score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from core.normality import ClassNormality, Normality
from core.records import Cause, Evidence, Pixels, Tube
from core.registry import pick
from explain._candidates import Candidate, gather
from explain._interactions import supported
from explain._measure import Measures, densities, measure, outside, total
from explain._regions import unboxed
from explain._summary import summarise
from explain._surprise import heat_surprise, newness, rarity
from explain.heat import Doubles
from explain.labels import coarse, fine
from explain.places import feet
from explain.tubes import speed

__all__ = ["RULES", "Rule", "by_frame", "class_normality", "rank", "summarise"]

Rule = Callable[[Measures, Normality], Doubles]
WEAKEST = 0.01
"""Share of the best cause's score under which a cause is not worth an analyst's time."""
NEIGHBOURHOOD = 1.6
"""Seconds of evidence, half before and half after, from which the causes of a single frame are told."""
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


def confidence(m: Measures, normality: Normality) -> Doubles:
    """Confidence of the model alone, without any heat; 0 outside the picture."""
    return np.where(m.area > 0, m.confidence, 0.0)


def heat(m: Measures, normality: Normality) -> Doubles:
    """Heat summed in the boxes alone: no model's confidence."""
    return m.density * m.area


def calibrated(m: Measures, normality: Normality) -> Doubles:
    """Confidence × share of the event's heat × (1 + how improbable all that is at this camera).

    - Improbable, in nats: ``-log`` of how many boxes of the class normal footage shows in a frame, plus ``-log`` of
      the share of its boxes that are as hot, plus that of its place, plus, for what a person rarely does or rides, that
      of the person's speed; all Laplace-smoothed, so that a class never seen counts as one in ``explained_frames + 1``.
      Where classes were never counted this is 0, and confidence × share remains.
    - The share keeps out boxes without heat. An object that moves with a person claims that person's heat.
    - A person on a bicycle is as hot as the bicycle: whatever shares a person's heat is explained away by each rarer
      candidate of the same person, to the degree that a model is confident of it.
    """
    m = supported(m)
    new = newness(m, normality)
    moved = (m.group != np.arange(len(m.group))) & (m.strange == 0)
    surprise = (
        rarity(m, normality)
        + heat_surprise(m, normality)
        + m.strange
        + np.where(moved, new * np.nan_to_num(m.hurry), 0.0)
    )
    return m.confidence * m.claimed * (1.0 + surprise) * _left_unexplained(m, new)


def _left_unexplained(m: Measures, new: Doubles) -> Doubles:
    """Return, for each candidate, the probability that no rarer candidate of the same person is there, (N,)."""
    seen = np.minimum(m.length / np.maximum(m.length[m.group], 1), 1.0)
    rarer = np.clip(new[None, :] - new[:, None], 0.0, None) * (m.group[None, :] == m.group[:, None])
    left: Doubles = np.prod(1.0 - rarer * (m.confidence * seen)[None, :], axis=1)
    return left


RULES: Mapping[str, Rule] = {
    "calibrated": calibrated, "plain": plain, "mean": mean, "peak": peak, "confidence": confidence, "heat": heat,
}  # fmt: skip
"""How causes are scored; ``calibrated`` is the default."""


def rank(
    evidence: Sequence[Evidence], normality: Normality, rule: str = "calibrated", fps: float | None = None
) -> tuple[tuple[Cause, ...], float]:
    """Rank the causes of one event.

    Args:
        evidence: sampled frames of the event, ascending; gone through twice, one frame at a time.
        normality: of the camera.
        rule: a name in :data:`RULES`.
        fps: frames per second of the clip; without it nothing is said of speeds and directions.

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
    candidates = gather(evidence, normality, fps)
    measures = measure(candidates, total(candidates, evidence, normality.heat))
    scores = score(measures, normality)
    return _ordered(candidates, measures, scores, measures.peak_frame, fps), measures.unexplained


def by_frame(
    evidence: Sequence[Evidence], normality: Normality, rule: str = "calibrated", fps: float | None = None
) -> tuple[tuple[Cause, ...], ...]:
    """Rank the causes of each single frame, each told from the :data:`NEIGHBOURHOOD` of evidence around it.

    Args:
        evidence: frames of a clip, ascending.
        normality: of the camera.
        rule: a name in :data:`RULES`.
        fps: frames per second of the clip; without it each frame is told from itself alone.

    Returns:
        For each frame its causes, best first, with their boxes in that frame; only what is in the frame is a cause.

    Raises:
        UnknownNameError: no such rule.
        ValueError: the frames do not ascend.
    """
    score = pick("rule", rule, RULES)
    if not evidence:
        return ()
    candidates = gather(evidence, normality, fps)
    sums = total(candidates, evidence, normality.heat)
    reach = 0.5 if fps is None else NEIGHBOURHOOD / 2 * fps
    found = []
    for column, frame in enumerate(sums.frames.tolist()):
        near = slice(*np.searchsorted(sums.frames, [frame - reach, frame + reach + 1e-9]).tolist())
        measures = measure(candidates, sums, near)
        scores = np.where(sums.present[:, column], score(measures, normality), 0.0)
        found.append(_ordered(candidates, measures, scores, frame, fps))
    return tuple(found)


def _ordered(
    candidates: Sequence[Candidate], m: Measures, scores: Doubles, frame: int, fps: float | None
) -> tuple[Cause, ...]:
    least = WEAKEST * max(float(scores.max(initial=0.0)), 0.0)
    order = [i for i in np.argsort(-scores, kind="stable").tolist() if scores[i] > least]
    return tuple(_cause(candidates[i], m, i, float(scores[i]), frame, fps) for i in order)


def _cause(candidate: Candidate, m: Measures, row: int, score: float, frame: int, fps: float | None) -> Cause:
    nearest = int(np.abs(candidate.frames - frame).argmin())
    x1, y1, x2, y2 = np.clip(candidate.boxes[nearest], 0.0, np.tile(m.size, 2)).tolist()
    box: Pixels = (x1, y1, x2, y2)
    kind = coarse(candidate.vocabulary)
    tube = Tube(candidate.label, candidate.frames, candidate.boxes, candidate.confidence)
    return Cause(
        coarse=kind,
        fine=fine(candidate.label),
        score=score,
        heat_share=float(m.share[row]),
        confidence=0.0 if kind == "unknown" else float(m.confidence[row]),
        box=box,
        first=int(candidate.frames[0]),
        last=int(candidate.frames[-1]),
        path=tuple((x, y) for x, y, _ in feet(candidate.boxes).round(1).tolist()),
        speed=speed(tube, fps) if fps is not None and len(candidate.frames) > 1 else None,
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
