"""A linear surrogate of the score around the frame (``ribeiro2016why``); no other file knows the package ``lime``."""

import numpy as np

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._coalitions import MIN_SEGMENTS, density, game, grouped
from explain.scorer import Scorer

KERNEL = 0.25
"""Width of the exponential kernel over cosine distances: the package's for images."""


def lime(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """LIME: a ridge regression over random coalitions of segments, the nearer to the frame the heavier."""
    from lime.lime_base import LimeBase

    samples = scorer.allowance(question, scorer.budget.evaluations, least=2 * MIN_SEGMENTS)
    question = grouped(question, samples)
    draw = np.random.default_rng(question.seed)
    coalitions = draw.integers(0, 2, (samples, question.regions)).astype(np.float64)
    coalitions[0] = 1.0
    labels = game(question, scorer)(coalitions)[:, None]
    kept = coalitions.sum(1) / question.regions
    distances = 1.0 - np.sqrt(kept)
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / KERNEL**2)), random_state=question.seed)
    _, weights, fit, _ = base.explain_instance_with_data(
        coalitions, labels, distances, 0, question.regions, feature_selection="none"
    )
    values = np.zeros(question.regions)
    for segment, weight in weights:
        values[segment] = weight
    note = f"The linear surrogate tells {fit:.0%} of how the score varies." if fit < 0.8 else ""
    return RawAttribution(density(question, values), None, note)


METHODS = {"lime": MethodEntry(lime, "a linear surrogate over segments", "ribeiro2016why", float)}
