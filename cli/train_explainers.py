"""The verb ``train-explainers``: the compact object and action models that come with Whycam, trained again."""

import argparse
from pathlib import Path

from cli.arguments import Verb, device, number, whole


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("explainer", metavar="EXPLAINER", help="objects or actions")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for weights and card")
    verb.add_argument("--seed", type=whole, default=0, help="the same seed gives the same training (default 0)")
    verb.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    verb.add_argument("--data", type=Path, metavar="DIR", help="folder of real footage to learn from, too")
    verb.add_argument("--start", type=Path, metavar="DIR", help="folder of a model to begin with: weights and card")
    verb.add_argument("--sets", type=Path, metavar="DIR", help="of objects: folder of labelled pictures to learn from")
    verb.add_argument("--minutes", type=number, metavar="N", help="of objects: minutes of training (default 120)")
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Train a compact object or action model again."""
    from core.device import choose
    from workshop.train import train_explainer

    runtime = choose(options.device)
    train_explainer(
        options.explainer, options.out, seed=options.seed, resume=options.resume, runtime=runtime,
        data=options.data, start=options.start, sets=options.sets, minutes=options.minutes,
    )  # fmt: skip
    return 0


VERB = Verb(
    "train-explainers",
    "train the compact models that come with Whycam again",
    "They name objects and actions where the large models' weights are not at hand, and are trained on the "
    "rendered plaza and, with --data, on real footage; docs/interfaces.md says how it must be laid out.",
    "train-explainers objects --sets path/to/sets --out weights/objects",
    _arguments,
    run,
)
