"""The fewest pixels that, had the camera seen its empty background there, would have kept the frame usual.

After the smallest deletion region of ``fong2017interpretable``, but pixel after pixel. Where the score is an error, the
error map of an altered window says of all its pixels at once what still raises it; where it is that of a latent code,
its gradient does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from core.arrays import Bools, Floats, Ints
from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.scorer import GRADIENT_COST, Scorer

STEPS = 24
"""Looks by the error map, one of them at the mere background. After step i, (i / steps)² of what may go is gone."""
GRADIENTS = 14
"""Looks by the gradient."""
MIN_GRADIENTS = 4
MAX_REMOVED_FRACTION = 0.5
MIN_PROGRESS_FRACTION = 0.1
"""Share of that by which the score must be half-way down: else it does not follow the error map."""
BLUR_PIXELS = 1.0
"""Standard deviation in pixels of the network's: one pixel of background among others makes an error of its own."""

Look = Callable[[Bools], tuple[float, Floats]]
"""From what is gone, (h, w), to the scalar and each pixel's claim to go next, (h, w)."""


@dataclass(frozen=True)
class _Removal:
    """One picture, pixel after pixel as background.

    Attributes:
        order: (pixels,) int64, flat indices, the first removed first.
        counts: (S + 1,) int64, how many pixels are gone at each look, ascending from 0.
        scores: (S + 1,) the scalar then.
        most: how many pixels may go.
    """

    order: Ints
    counts: Ints
    scores: Floats
    most: int

    @property
    def area(self) -> float:
        """Mean of the scalar, no higher than it was, while half of the picture goes; then it stays as it is."""
        held = np.minimum(self.scores, self.scores[0])
        return float(np.trapezoid([*held, held[-1]], [*self.counts, self.most]) / self.most)


def counterfactual_background(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Make background, step by step, of those pixels whose error exceeds the background's own the most.

    After each step the detector is asked again: what was removed no longer spoils what is expected around it, and what
    is still not as expected comes next. The same is done by the score's gradient, and the order by which the score
    falls sooner is kept. A pixel's value is the fall of the score in its step, shared out evenly; one that is removed
    later never has more.
    """
    allowed = scorer.allowance(question, STEPS, least=4)
    empty, unavoidable = _seen(np.ones(question.heat.shape, bool), question, scorer)
    goal = empty if empty < question.value else 0.0

    def by_error(gone: Bools) -> tuple[float, Floats]:
        score, heat = _seen(gone, question, scorer) if gone.any() else (question.value, question.heat)
        return score, heat - unavoidable

    found, note = _remove(by_error, question, allowed - 1, goal, MIN_PROGRESS_FRACTION), ""
    left = scorer.allowance(question, GRADIENTS, GRADIENT_COST, least=0)
    if left >= MIN_GRADIENTS:
        other = _remove(lambda gone: _slope(gone, question, scorer), question, left - 1, goal)
        if other.area < found.area:
            found, note = other, " The score's gradient led there, not the error map."
    falls = -np.diff(found.scores) / np.diff(found.counts)
    # What a later step achieves an earlier one has prepared: the earlier one gets no less.
    falls = np.maximum.accumulate(np.maximum(falls, 0.0)[::-1])[::-1]
    values = np.zeros(question.heat.size, np.float32)
    values[found.order] = np.interp(np.arange(len(found.order)), found.counts[:-1], falls)
    return RawAttribution(values.reshape(question.heat.shape), None, _sentence(found, question) + note)


def _remove(look: Look, question: AttributionInput, steps: int, goal: float, hope: float = 1.0) -> _Removal:
    """Remove pixels until the score is at its goal, or half of the picture is gone; looks once more than ``steps``.

    When the share ``hope`` of them has gone, and the score is not half-way down, it is given up.
    """
    gone = np.zeros(question.heat.shape, bool)
    score, claims = look(gone)
    order, counts, scores = [], [0], [score]
    for share in MAX_REMOVED_FRACTION * (np.arange(1, steps + 1) / steps) ** 2:
        count = round(share * gone.size) - counts[-1]
        if count < 1:
            continue
        claims = cv2.GaussianBlur(claims, (0, 0), BLUR_PIXELS)
        claims[gone] = -np.inf
        first = np.argsort(-claims, axis=None, kind="stable")[:count]
        gone.ravel()[first] = True
        score, claims = look(gone)
        order.append(first)
        counts.append(counts[-1] + count)
        scores.append(score)
        if score <= goal or (share >= hope * MAX_REMOVED_FRACTION and score > (question.value + goal) / 2):
            break
    return _Removal(np.concatenate(order), np.array(counts), np.array(scores), round(MAX_REMOVED_FRACTION * gone.size))


def _seen(gone: Bools, question: AttributionInput, scorer: Scorer) -> tuple[float, Floats]:
    """Return the scalar and the error map of the window with some pixels as background."""
    scores, heats = scorer.scores_and_errors(question, torch.from_numpy(~gone)[None])
    return float(scores[0]), heats[0]


def _slope(gone: Bools, question: AttributionInput, scorer: Scorer) -> tuple[float, Floats]:
    """Return the scalar of the window with some pixels as background, and how it would fall with each further one."""
    share = torch.from_numpy(~gone).float().requires_grad_()
    score = scorer.differentiable((question.window * share + question.fill * (1.0 - share))[None])
    (slope,) = torch.autograd.grad(score.sum(), share)
    return float(score.detach()[0]), slope.numpy()


def _sentence(found: _Removal, question: AttributionInput) -> str:
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
        lambda budget: float(min(budget, STEPS + GRADIENT_COST * GRADIENTS)),
    )
}  # fmt: skip
