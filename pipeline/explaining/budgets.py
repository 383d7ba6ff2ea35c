"""The default budget of an explanation method."""

from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from core import device
from explain.attribution import Budget
from pipeline.camera import Camera, make_detector
from pipeline.explaining.plan import EVALUATIONS, methods, passes

MAX_OPERATIONS = 9e12
"""Floating-point operations of the network that one method may ask for: 20 seconds on two processor cores."""


def default_budget(camera: Camera) -> Budget:
    """Return the default budget of a method: fewer evaluations of a large network, and the same on every machine."""
    return Budget(evaluations_within(_operations(camera.detector, camera.settings)))


def facts(detector: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return, as JSON, what a page shows of the methods before any of them runs.

    Returns:
        Fields of :class:`pipeline.explaining.explanations.MethodFacts`.
    """
    return {
        "device": device.choose().describe(),
        "default": evaluations_within(_operations(detector, settings)),
        "about": {name: entry.about for name, entry in methods().items()},
        "passes": {name: [passes(entry, allowed) for allowed in EVALUATIONS] for name, entry in methods().items()},
    }


def evaluations_within(operations: float) -> int:
    """Return how many evaluations of so many operations each are the default, in steps of 32, from 64 to 320.

    >>> evaluations_within(88.6e9), evaluations_within(2.1e9), evaluations_within(1e12)
    (96, 320, 64)
    """
    step = EVALUATIONS.step
    return min(Budget().evaluations, max(EVALUATIONS.start, int(MAX_OPERATIONS / operations) // step * step))


def _operations(detector: str, settings: Mapping[str, Any]) -> int:
    """Count the floating-point operations of one evaluation."""
    module = make_detector(detector, settings).eval()
    w = module.window
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.predict_windows(torch.zeros(1, w.span, w.channels, w.height, w.width), (w.height, w.width))
    return max(1, int(counter.get_total_flops()))


def budget_of(evaluations: int | None, seconds: float | None = None) -> Budget | None:
    """Return the budget of so many evaluations and seconds; None for the default one.

    Raises:
        InputError: it is less than one evaluation, or no time.
    """
    limits = {"evaluations": evaluations, "seconds": seconds}
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None
