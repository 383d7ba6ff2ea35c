"""Trains the compact explainers that come with Whycam, so that anyone can make them again.

``./whycam train-explainers objects --out FOLDER`` (``actions`` likewise) writes weights and card there.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.device import Runtime, choose
from core.errors import InputError
from core.registry import pick
from jobs.locks import exclusive
from workshop import _train_actions, _train_objects

TRAININGS: dict[str, Callable[..., dict[str, Any]]] = {"actions": _train_actions.train, "objects": _train_objects.train}


def train_explainer(
    what: str,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    runtime: Runtime | None = None,
    data: Path | None = None,
    start: Path | None = None,
    sets: Path | None = None,
    minutes: float | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train an explainer; write ``model.safetensors`` and ``card.json``.

    Args:
        what: a name of :data:`TRAININGS`.
        out: folder for both, and for the checkpoint until training is done; rendered and reduced pictures (0.5 GB) are
            kept in ``WHYCAM_HOME/cache``.
        seed: of weights, samples and plazas: the same seed draws the same samples, step by step, and gives the same
            losses on the same machine and threads.
        resume: go on from the checkpoint in ``out``.
        runtime: where to train.
        data: real footage, laid out as :mod:`workshop._real_frames` says; None for none.
        start: folder of a model of the same labels and backbone to begin with: weights and card.
        sets: labelled sets, laid out as :mod:`workshop.street_sets` says; objects need them.
        minutes: of the training of objects, in place of the recipe's.
        say: receives a line an epoch, or every fifty steps.

    Returns:
        The card.

    Raises:
        UnknownNameError: no such training.
        InputError: there is no checkpoint of this recipe and seed to resume, ``sets`` is missing, ImageNet's weights
            are not installed, the explainer takes none of what is given, or another process writes into ``out``.
        DataError: ``sets`` or ``data`` is not laid out as it must be.
        WeightsError: YOLOX-nano's weights, which find the persons in ``data``, cannot be had, or ``start`` holds no
            such model.
        StorageError: ``out`` cannot be written.
    """
    training: Callable[..., dict[str, Any]] = pick("explainer", what, TRAININGS)
    given = (("data", data), ("start", start), ("sets", sets), ("minutes", minutes))
    more = {name: value for name, value in given if value is not None}
    for name in more:
        if name not in inspect.signature(training).parameters:
            raise InputError(f"the training of {what} takes no --{name}; leave it out")
    with exclusive(out):
        return training(out, seed=seed, resume=resume, runtime=runtime or choose(), say=say, **more)
