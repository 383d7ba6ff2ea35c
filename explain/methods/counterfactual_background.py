"""The fewest pixels that, had the camera seen its empty background there, would have kept the frame usual.

After the smallest deletion region of ``fong2017interpretable``, found without gradients: where the score is an error,
the error map of an altered window says of all its pixels at once what still raises it. Of a latent code's error the
map tells little.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch

from core.records import Floats
from explain.attribution import Answer, MethodEntry, Question
from explain.methods._coalitions import density
from explain.scorer import Scorer

STEPS = 24
"""Looks, one of them at the mere background. After step i, (i / steps)² of what may go is gone."""
HALF = 0.5
"""Share of the picture that may go."""
BLUR = 1.0
"""Standard deviation in pixels of the network's: one pixel of background among others makes an error of its own."""

Ints = npt.NDArray[np.int64]


Ranked = Callable[[Floats], Floats]
"""From the error map of what is left to each pixel's claim to go next; both (h, w)."""


@dataclass(frozen=True)
class _Removal:
    """One picture, pixel after pixel as background.

    Attributes:
        order: (pixels,) int64, flat indices, the first removed first.
        counts: (S + 1,) int64, how many pixels are gone at each look, ascending from 0.
        scores: (S + 1,) the scalar then.
    """

    order: Ints
    counts: Ints
    scores: Floats

    @property
    def area(self) -> float:
        """Mean of the scalar while pixels go: the smaller, the better the order."""
        return float(np.trapezoid(self.scores, self.counts) / self.counts[-1])


def counterfactual_background(question: Question, scorer: Scorer) -> Answer:
    """Make background, step by step, of those pixels whose error exceeds the background's own the most.

    After each step the detector is asked again: what was removed no longer spoils what is expected around it, and what
    is still not as expected comes next. Where that does not bring the score half-way down, segments go instead, by how
    far each alone brings it down. A pixel's value is the fall of the score in its step, shared out evenly; one that is
    removed later never has more.
    """
    allowed = scorer.allowance(question, 2 * STEPS + question.regions, least=4)
    gone = np.ones(question.heat.shape, bool)
    empty, unavoidable = _look(~gone, question, scorer)

    def by_heat(heat: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(heat - unavoidable, (0, 0), BLUR), np.float32)

    goal = empty if empty < question.value else 0.0
    found, note = _remove(question, scorer, min(STEPS, allowed) - 1, by_heat, goal), ""
    left = allowed - scorer.evaluations
    if found.scores[-1] > (question.value + goal) / 2 and left > 1:
        claims = _alone(question, scorer, left // 2)
        other = _remove(question, scorer, min(STEPS, left - left // 2), lambda heat: claims, goal)
        if other.area < found.area and other.scores.min() < question.value:
            found, note = other, " The score does not follow the error map; segments were tried out instead."
    falls = -np.diff(found.scores) / np.diff(found.counts)
    # What a later step achieves an earlier one has prepared: the earlier one gets no less.
    falls = np.maximum.accumulate(np.maximum(falls, 0.0)[::-1])[::-1]
    values = np.zeros(question.heat.size, np.float32)
    values[found.order] = np.interp(np.arange(len(found.order)), found.counts[:-1], falls)
    return Answer(values.reshape(question.heat.shape), None, _sentence(found, question) + note)


def _remove(question: Question, scorer: Scorer, steps: int, ranked: Ranked, goal: float) -> _Removal:
    """Remove pixels until the score is at its goal, or half of the picture is gone."""
    gone, heat = np.zeros(question.heat.shape, bool), question.heat
    order, counts, scores = [], [0], [question.value]
    for share in HALF * (np.arange(1, steps + 1) / steps) ** 2:
        count = round(share * gone.size) - counts[-1]
        if count < 1:
            continue
        claims = ranked(heat).copy()
        claims[gone] = -np.inf
        first = np.argsort(-claims, axis=None, kind="stable")[:count]
        gone.ravel()[first] = True
        score, heat = _look(~gone, question, scorer)
        order.append(first)
        counts.append(counts[-1] + count)
        scores.append(score)
        if score <= goal:
            break
    return _Removal(np.concatenate(order), np.array(counts), np.array(scores))


def _alone(question: Question, scorer: Scorer, count: int) -> Floats:
    """Return by how much each of the hottest segments brings the scalar down alone, by pixel, (h, w)."""
    heat = np.bincount(question.segments.ravel(), question.heat.ravel(), question.regions)
    tried = np.argsort(-heat, kind="stable")[:count]
    inside = torch.from_numpy(tried)[:, None, None] == torch.from_numpy(question.segments)
    falls = np.zeros(question.regions)
    falls[tried] = question.value - scorer.masked(question, ~inside)
    return density(question, falls)


def _look(keep: npt.NDArray[np.bool_], question: Question, scorer: Scorer) -> tuple[float, Floats]:
    """Return the scalar and the error map of the window with only some pixels kept."""
    scores, heats = scorer.looked(question, torch.from_numpy(keep)[None])
    return float(scores[0]), heats[0]


def _sentence(found: _Removal, question: Question) -> str:
    if question.value < question.threshold:
        return f"The score, {question.value:.2f}, is under the threshold {question.threshold:.2f} as it is."
    under = np.flatnonzero(found.scores < question.threshold)
    step = int(under[0]) if len(under) else int(found.scores.argmin())
    share, fall = found.counts[step] / question.heat.size, f"the score falls from {question.value:.2f} to"
    said = f"With {share:.1%} of the picture as background {fall} {found.scores[step]:.2f}"
    if len(under):
        return f"{said}, under the threshold {question.threshold:.2f}."
    return f"No set of pixels was found that is enough: {said[:1].lower()}{said[1:]}."


METHODS = {
    "counterfactual-background": MethodEntry(
        counterfactual_background, "the fewest pixels that had to be empty background", "fong2017interpretable",
        lambda budget: float(min(budget, STEPS)),
    )
}  # fmt: skip
