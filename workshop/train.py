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
    """Train the explainer ``what`` of :data:`TRAININGS`; write its weights and its card into ``out``.

    Returns:
        The card.

    Raises:
        UnknownNameError: no such training.
        InputError: there is nothing to resume, this explainer takes none of what is given, or another process writes
            into ``out``.
        DataError: ``data`` is not laid out as the training needs it.
        WeightsError: weights that the training needs cannot be had.
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
