"""The verb ``train-explainers``: the compact object and action models that come with Whycam, retrained."""

import argparse
from pathlib import Path

from cli.arguments import Verb, device, number, whole
from core.errors import InputError


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("explainer", metavar="EXPLAINER", help="objects or actions")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for weights and card")
    verb.add_argument("--seed", type=whole, default=0, help="the same seed gives the same training (default 0)")
    verb.add_argument("--resume", action="store_true", help="resume from the checkpoint in --out")
    verb.add_argument("--replace", action="store_true", help="replace the model in --out, which is refused without it")
    verb.add_argument("--data", type=Path, metavar="DIR", help="folder of real footage, as further training data")
    verb.add_argument("--start", type=Path, metavar="DIR", help="initial model: folder of its weights and card")
    verb.add_argument("--sets", type=Path, metavar="DIR", help="for objects: folder of labelled pictures")
    verb.add_argument("--minutes", type=number, metavar="N", help="for objects: minutes of training (default 120)")
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Train a compact object or action model again."""
    from core.device import choose
    from workshop.train import train_explainer

    if (options.out / "card.json").exists() and not (options.replace or options.resume):
        raise InputError(f"there is a model in {str(options.out)!r} already; choose another folder, or give --replace")
    runtime = choose(options.device)
    given = {name: getattr(options, name) for name in ("seed", "resume", "data", "start", "sets", "minutes")}
    train_explainer(options.explainer, options.out, runtime=runtime, **given)
    return 0


VERB = Verb(
    "train-explainers",
    "retrain the compact object and action models",
    "Whycam uses the compact models where the official ones are not installed. They are trained on the rendered plaza "
    "and, with --data, on real footage; docs/interfaces.md describes its layout.",
    "train-explainers objects --sets path/to/sets --out weights/objects",
    _arguments,
    run,
)
