"""How the score falls when a square of the picture becomes background (``zeiler2014visualizing``, captum)."""

import numpy as np
import torch

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.scorer import Scorer

SIDE = 8
"""The square's side is the picture's shorter side by this, or larger where the budget is small."""


def occlusion(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Occlusion: a square slides over all frames of the window at once, by half of its side."""
    from captum.attr import Occlusion

    span, channels, height, width = question.window.shape
    allowed = scorer.allowance(question, scorer.budget.evaluations, least=5) - 1
    side = max(2, min(height, width) // SIDE)
    while _places(height, side) * _places(width, side) > allowed and side < min(height, width):
        side += 1
    told = Occlusion(lambda windows: torch.from_numpy(scorer(windows))).attribute(
        question.window[None], (span, channels, side, side), (span, channels, max(1, side // 2), max(1, side // 2)),
        baselines=question.empty, perturbations_per_eval=scorer.batch,
    )  # fmt: skip
    # Every element of a square has the square's whole effect; shared out, the map is one of effects by pixel.
    values = told[0, 0, 0].detach().numpy() / side**2
    return RawAttribution(np.asarray(values, np.float32), None, f"Squares of {side} pixels at the network's size.")


def _places(length: int, side: int) -> int:
    return -(-(length - side) // max(1, side // 2)) + 1


METHODS = {"occlusion": MethodEntry(occlusion, "a sliding square of background", "zeiler2014visualizing", float)}
