"""The game that SHAP and LIME play: which segments of the frame are there, and what the score is without the others."""

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.arrays import Doubles, Floats
from explain.attribution import AttributionInput
from explain.scorer import Scorer

COALITIONS_PER_SEGMENT, MIN_SEGMENTS = 6, 8
"""Coalitions for each segment of a regression, and the fewest segments."""


def game(question: AttributionInput, scorer: Scorer) -> Callable[[npt.ArrayLike], Doubles]:
    """Return what tells the scalar (N,) of coalitions (N, K): 1 where a segment is there, 0 where it is background."""
    segments = torch.from_numpy(question.segments)

    def play(coalitions: npt.ArrayLike) -> Doubles:
        there = torch.from_numpy(np.asarray(coalitions, np.float32).reshape(-1, question.regions))
        batches = [scorer.masked(question, part[:, segments]) for part in torch.split(there, scorer.batch)]
        return np.concatenate(batches).astype(np.float64)

    return play


def grouped(question: AttributionInput, samples: int) -> AttributionInput:
    """Join the coldest segments into one, so that there are enough random coalitions for each that is left.

    A regression over as many segments as coalitions says nothing of any of them.
    """
    most = max(MIN_SEGMENTS, samples // COALITIONS_PER_SEGMENT)
    if question.regions <= most:
        return question
    heat = np.bincount(question.segments.ravel(), question.heat.ravel(), question.regions)
    numbers = np.full(question.regions, most - 1, np.int64)
    numbers[np.argsort(-heat, kind="stable")[: most - 1]] = np.arange(most - 1)
    return dataclasses.replace(question, segments=numbers[question.segments])


def density(question: AttributionInput, values: npt.ArrayLike) -> Floats:
    """Spread each segment's value evenly over its pixels, (h, w): large segments are not larger causes."""
    areas = np.bincount(question.segments.ravel(), minlength=question.regions)
    each = np.asarray(values, np.float64).reshape(-1) / np.maximum(areas, 1)
    return np.asarray(each[question.segments], np.float32)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Fix NumPy's global generator, which these libraries draw from, and put it back afterwards."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def load_shap() -> Any:
    """Return the package shap without the warnings of its plots; importing it takes seconds, so it is done late."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap
