"""The verb ``setup``: the official object and action models."""

import argparse
from pathlib import Path

from cli.arguments import Verb
from cli.progress import progress_line


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--models", action="store_true", help="fetch the official weights that are not here yet, some "
                      "300 MB; a download that breaks off goes on where it stopped")  # fmt: skip
    verb.add_argument("--from", dest="source", type=Path, metavar="DIR",
                      help="take weights that were carried over in this folder; they are checked first")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Fetch the official models, or take them from a folder."""
    from pipeline.official import setup

    with progress_line() as line:
        print(setup(options.models, options.source, line.arriving))
    return 0


VERBS = (
    Verb(
        "setup",
        "get the official object and action models",
        "The launcher has set up everything else by then. Without an option it says which official models are here. "
        "Without a network the compact models that come with Whycam answer until the official ones were carried over.",
        "setup --models",
        _arguments,
        run,
    ),
)
