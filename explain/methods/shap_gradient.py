"""Expected gradients of pixels between the background and the frame (``erion2021improving``, shap)."""

import numpy as np
import torch
from torch import Tensor, nn

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._coalitions import load_shap, seeded
from explain.scorer import GRADIENT_COST, Scorer

SAMPLES = 64


class _Scalar(nn.Module):
    """The scalar as a network with one output, as the library wants it."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__()
        self.scorer = scorer

    def forward(self, windows: Tensor) -> Tensor:
        parts = [self.scorer.differentiable(part) for part in torch.split(windows, self.scorer.batch)]
        return torch.cat(parts)[:, None]


def shap_gradient(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """GradientExplainer: gradients at random points between background and window, times their difference."""
    shap = load_shap()
    samples = scorer.allowance(question, SAMPLES, GRADIENT_COST)
    explainer = shap.GradientExplainer(_Scalar(scorer), question.empty, batch_size=scorer.batch)
    with seeded(question.seed):
        told = explainer.shap_values(question.window[None].clone(), nsamples=samples, rseed=question.seed)
    values = np.asarray(told, np.float64)[0, ..., 0]
    owed = question.value - float(scorer(question.empty)[0])
    note = f"Gradients at {samples} random points: their sum comes near the score's difference, not to it."
    frames = np.asarray(values.sum((1, 2, 3)), np.float32)
    return RawAttribution(np.asarray(values.sum((0, 1)), np.float32), frames, note, float(values.sum()), owed)


METHODS = {
    "shap-gradient": MethodEntry(
        shap_gradient, "expected gradients of pixels", "erion2021improving",
        lambda budget: min(budget, GRADIENT_COST * SAMPLES), load_shap,
    )
}  # fmt: skip
