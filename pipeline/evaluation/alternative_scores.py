"""Measures a detector by another of its scores, such as the pixel error in place of the latent code's."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.datasets import Dataset
from core.device import Runtime
from core.errors import InputError
from metrics.frame_auc import micro_normalised
from pipeline.camera import Camera, detector_entries
from pipeline.channels import KINDS
from pipeline.evaluation.evaluate import score
from pipeline.evaluation.evaluate_scores import truths_of
from pipeline.evaluation.metric_values import defined
from pipeline.kind_scores import scored_by

SETTING, SCORES = "score", ("z", "p")
"""Latent code and pixels of what is expected (``li2021decoupled``, section 5); one network answers for both."""


def with_score(camera: Camera, by: str) -> Camera:
    """Return a camera that scores by one kind of score, or whose detector scores another way.

    The threshold of the latter is unknown, NaN.

    Raises:
        InputError: its detector has one score alone, or not this one; or the camera has no such kind of score.
    """
    if by in KINDS:
        return scored_by(camera, by)
    entry = detector_entries()[camera.detector]
    if SETTING not in entry.settings:
        raise InputError(f"{camera.detector} has one score alone; those with several: {', '.join(score_names())}")
    settings = {**camera.settings, SETTING: by}
    entry.make(**settings)
    return dataclasses.replace(camera, name=f"{camera.name}, score {by}"[:64], settings=settings, threshold=math.nan)


def score_names() -> dict[str, tuple[str, ...]]:
    """Return the detectors with several scores, and these scores."""
    return {name: SCORES for name, entry in detector_entries().items() if SETTING in entry.settings}


def every_score(
    camera: Camera, dataset: Dataset, runtime: Runtime, result: Mapping[str, Any]
) -> dict[str, float | None]:
    """Return the frame-level AUC, normalised in each clip, by each of :data:`SCORES`, else by its only one."""
    own = result["auc"]["micro_normalised"]
    settings = {**detector_entries()[camera.detector].settings, **camera.settings}
    if SETTING not in settings:
        return {"": own}
    truths, found = truths_of(dataset), {settings[SETTING]: own}
    for by in SCORES:
        if by != settings[SETTING]:
            made = score(with_score(camera, by), dataset.name, truths, runtime).clips
            scores = [clip.scores.astype(np.float64) for clip in made]
            found[by] = defined(micro_normalised(scores, [truth.abnormal for _, truth in truths]))
    return dict(sorted(found.items()))
