"""The smallest set of regions that, had they looked as the detector expected, would have kept the frame usual.

After the counterfactuals of ``wachter2017counterfactual``: the least change that alters the decision. In the place of a
region comes what the detector expected there, so that the answer needs no background.
"""

import numpy as np
import torch

from core.arrays import Bools, Doubles, Ints
from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._coalitions import density
from explain.scorer import Scorer


def counterfactual_expected(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Replace each region alone, then the most effective ones together until the score is under the threshold.

    Regions that turn out not to be needed are put back, the least effective first. A pixel's value is how far its
    region alone brings the score down, by pixel; regions of the set come before all others.
    """
    count = question.regions
    allowed = scorer.allowance(question, 3 * count, least=4)
    singles = np.zeros(count)
    warmth = np.bincount(question.segments.ravel(), question.heat.ravel()).astype(np.float32)
    tried = np.argsort(-warmth, kind="stable")[: max(2, allowed // 2)]
    singles[tried] = question.value - _replaced(tried[:, None] == np.arange(count), question, scorer)
    chosen, left = _smallest(np.argsort(-singles, kind="stable")[: max(1, allowed // 4)], question, scorer)
    values = density(question, singles)
    inside = np.isin(question.segments, chosen)
    if inside.any() and left < question.threshold:
        outside = max(float(values[~inside].max(initial=0.0)), 0.0)
        values = np.asarray(np.where(inside, np.maximum(values, 0.0) + outside, values), np.float32)
    return RawAttribution(values, None, _sentence(len(chosen), left, question))


def _smallest(order: Ints, question: AttributionInput, scorer: Scorer) -> tuple[Ints, float]:
    """Return the regions that are needed, and the score without them."""
    if question.value < question.threshold:
        return order[:0], question.value
    ladder = np.stack([np.isin(np.arange(question.regions), order[: n + 1]) for n in range(len(order))])
    scores = _replaced(ladder, question, scorer)
    under = np.flatnonzero(scores < question.threshold)
    last = int(under[0]) if len(under) else int(scores.argmin())
    chosen, left = order[: last + 1], float(scores[last])
    for region in chosen[::-1][1:]:
        fewer = chosen[chosen != region]
        score = float(_replaced(np.isin(np.arange(question.regions), fewer)[None], question, scorer)[0])
        if score < question.threshold:
            chosen, left = fewer, score
    return chosen, left


def _replaced(sets: Bools, question: AttributionInput, scorer: Scorer) -> Doubles:
    segments = torch.from_numpy(question.segments)
    keep = (~torch.from_numpy(np.asarray(sets, bool)))[:, segments]
    return scorer.score_target_replaced(question, keep).astype(np.float64)


def _sentence(count: int, left: float, question: AttributionInput) -> str:
    if question.value < question.threshold:
        return f"The score, {question.value:.2f}, is under the threshold {question.threshold:.2f} as it is."
    regions = f"{count} region{'s' if count != 1 else ''}"
    if left < question.threshold:
        return (
            f"With {regions} as the detector expected, the score falls from {question.value:.2f} to {left:.2f}, under "
            f"the threshold {question.threshold:.2f}."
        )
    return (
        f"No set of regions is enough: with {regions} as the detector expected, the score falls from "
        f"{question.value:.2f} to {left:.2f}, not under the threshold {question.threshold:.2f}."
    )


METHODS = {
    "counterfactual-expected": MethodEntry(
        counterfactual_expected, "the fewest regions that had to look as expected", "wachter2017counterfactual",
        lambda budget: float(min(budget, 150)),
    )
}  # fmt: skip
