"""The default budget of an explanation method."""

import json
from functools import cache
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from explain.attribution import Budget
from pipeline.camera import Camera, make_detector

MAX_OPERATIONS = 9e12
"""Floating-point operations of the network that one method may ask for: 20 seconds on two processor cores."""
MIN_EVALUATIONS, STEP = 64, 32


def default_budget(camera: Camera) -> Budget:
    """Return the usual budget of a method: fewer evaluations of a large network, and the same on every machine."""
    return Budget(evaluations_within(_operations(camera.detector, json.dumps(dict(camera.settings)))))


def evaluations_within(operations: float) -> int:
    """Return how many evaluations of so many operations each are usual, in steps of 32, from 64 to 320.

    >>> evaluations_within(88.6e9), evaluations_within(2.1e9), evaluations_within(1e12)
    (96, 320, 64)
    """
    return min(Budget().evaluations, max(MIN_EVALUATIONS, int(MAX_OPERATIONS / operations) // STEP * STEP))


@cache
def _operations(detector: str, settings: str) -> int:
    """Count the floating-point operations of one evaluation."""
    module = make_detector(detector, json.loads(settings)).eval()
    w = module.window
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.judge(torch.zeros(1, w.span, w.channels, w.height, w.width), (w.height, w.width))
    return max(1, int(counter.get_total_flops()))


def budget_of(evaluations: int | None, seconds: float | None = None) -> Budget | None:
    """Return the budget of so many evaluations and seconds; None for the usual one.

    Raises:
        InputError: it is less than one evaluation, or no time.
    """
    limits = {"evaluations": evaluations, "seconds": seconds}
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None
