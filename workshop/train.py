"""Trains the compact explainers that come with Whycam, so that anyone can make them again.

``python -m workshop.train objects --out FOLDER`` (``actions`` likewise) writes weights and card there.
``--data FOLDER`` adds real footage, ``--start FOLDER`` begins with the weights there.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.device import CHOICES, Runtime, choose
from core.errors import InputError, WhycamError
from core.registry import pick
from jobs.locks import exclusive
from workshop import _train_actions, _train_objects

TRAININGS: dict[str, Callable[..., dict[str, Any]]] = {
    "actions": _train_actions.train,
    "objects": _train_objects.train,
}


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
    """Train one compact explainer; write its weights and its card into ``out``.

    Args:
        what: a name of :data:`TRAININGS`.
        out: folder for weights, card, and a checkpoint after every epoch.
        seed: of weights, data and order.
        resume: go on from the checkpoint in ``out``.
        runtime: where to train; the best there is by default.
        data: folder of real footage to learn from, too.
        start: folder of weights and card to begin with.
        sets: folder of labelled pictures to learn from.
        minutes: that the training may take.
        say: told one line an epoch.

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; return 0, 2 for a wrong request, or 1."""
    parser = argparse.ArgumentParser(prog="python -m workshop.train", description=__doc__)
    parser.add_argument("what", choices=sorted(TRAININGS))
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and card")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    parser.add_argument("--data", type=Path, help="folder of real footage to learn from, too")
    parser.add_argument("--start", type=Path, help="folder of weights and card to begin with")
    parser.add_argument("--sets", type=Path, help="folder of labelled pictures to learn from")
    parser.add_argument("--minutes", type=float, help="that the training may take")
    parser.add_argument("--device", choices=CHOICES, default="auto")
    given = parser.parse_args(arguments)
    try:
        card = train_explainer(
            given.what, given.out, seed=given.seed, resume=given.resume, runtime=choose(given.device),
            data=given.data, start=given.start, sets=given.sets, minutes=given.minutes,
        )  # fmt: skip
    except WhycamError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    print(card["figures"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
