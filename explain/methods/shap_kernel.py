"""Shapley values of segments, estimated from random coalitions by a weighted regression (``lundberg2017unified``)."""

import numpy as np

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._coalitions import MIN_SEGMENTS, density, game, grouped, load_shap, seeded
from explain.scorer import Scorer


def shap_kernel(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """KernelSHAP: the segments' values add up to the score less that of the mere background."""
    shap = load_shap()
    samples = scorer.allowance(question, scorer.budget.evaluations, least=2 * MIN_SEGMENTS + 2) - 2
    question = grouped(question, samples)
    play = game(question, scorer)
    with seeded(question.seed):
        explainer = shap.KernelExplainer(play, np.zeros((1, question.regions)))
        values = explainer.shap_values(
            np.ones((1, question.regions)), nsamples=samples, l1_reg=False, silent=True, gc_collect=False
        )
    total, empty = float(np.sum(values)), float(np.ravel(explainer.expected_value)[0])
    note = f"{question.regions} segments, the coldest of the frame taken together."
    return RawAttribution(density(question, values), None, note, total, question.value - empty)


METHODS = {
    "shap-kernel": MethodEntry(
        shap_kernel, "Shapley values of segments, by weighted regression", "lundberg2017unified", float, load_shap
    )
}
