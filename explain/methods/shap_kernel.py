"""Shapley values of segments, estimated from random coalitions by a weighted regression (``lundberg2017unified``)."""

import numpy as np

from explain.attribution import Answer, MethodEntry, Question
from explain.methods._coalitions import density, game, seeded
from explain.methods._shap import load
from explain.scorer import Scorer


def shap_kernel(question: Question, scorer: Scorer) -> Answer:
    """KernelSHAP: the segments' values add up to the score less that of the mere background."""
    shap = load()

    samples = scorer.allowance(question, scorer.budget.evaluations, least=question.regions + 2) - 2
    play = game(question, scorer)
    with seeded(question.seed):
        explainer = shap.KernelExplainer(play, np.zeros((1, question.regions)))
        values = explainer.shap_values(
            np.ones((1, question.regions)), nsamples=samples, l1_reg=False, silent=True, gc_collect=False
        )
    total, empty = float(np.sum(values)), float(np.ravel(explainer.expected_value)[0])
    note = "" if samples >= 4 * question.regions else (
        f"Only {samples} coalitions of {question.regions} segments: allow more evaluations for steadier values."
    )  # fmt: skip
    return Answer(density(question, values), None, note, total, question.value - empty)


METHODS = {
    "shap-kernel": MethodEntry(
        shap_kernel, "Shapley values of segments, by weighted regression", "lundberg2017unified", float, load
    )
}
