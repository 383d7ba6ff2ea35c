"""Gradients integrated on the way from the background to the frame (``sundararajan2017axiomatic``, captum)."""

import numpy as np

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.scorer import GRADIENT_COST, Scorer

STEPS = 48
TOLERANCE = 0.05
"""Share of the owed sum that may be missing before the note says so."""


def integrated_gradients(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Integrated gradients by Gauss–Legendre; complete where the score has no jumps."""
    from captum.attr import IntegratedGradients

    steps = scorer.allowance(question, STEPS, GRADIENT_COST)
    told = IntegratedGradients(scorer.differentiable).attribute(
        question.window[None], question.empty, n_steps=steps, internal_batch_size=scorer.batch, method="gausslegendre"
    )
    values = told[0].detach().double().cpu().numpy()
    total, owed = float(values.sum()), question.value - float(scorer(question.empty)[0])
    missing = abs(total - owed) / max(abs(owed), 1e-9)
    note = "" if missing <= TOLERANCE else (
        f"The map adds up to {total:.3g} where {owed:.3g} is owed: the score jumps on the way (a codebook, a worst "
        f"patch), or {steps} steps are too few."
    )  # fmt: skip
    frames = np.asarray(values.sum((1, 2, 3)), np.float32)
    return RawAttribution(np.asarray(values.sum((0, 1)), np.float32), frames, note, total, owed)


METHODS = {
    "integrated-gradients": MethodEntry(
        integrated_gradients, "gradients integrated from background to frame", "sundararajan2017axiomatic",
        lambda budget: min(budget, GRADIENT_COST * STEPS),
    )
}  # fmt: skip
