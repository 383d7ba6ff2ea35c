"""The verb ``setup``: official models, optional packages and the lock of all packages."""

import argparse
from pathlib import Path

from cli import ROOT, optional
from cli.arguments import Verb
from cli.progress import progress_line


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--models", action="store_true", help="fetch the official weights that are not here yet, some "
                      "300 MB; a download that breaks off goes on where it stopped")  # fmt: skip
    verb.add_argument("--from", dest="source", type=Path, metavar="DIR",
                      help="take weights that were carried over in this folder; they are checked first")  # fmt: skip
    for name in optional.sets(ROOT):
        verb.add_argument(f"--{name}", action="append_const", dest="optional", const=name,
                          help=f"install the optional packages of requirements-{name}.txt")  # fmt: skip
    verb.add_argument("--lock", action="store_true",
                      help="write requirements.lock again, after requirements.txt was changed")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the lock, or install optional packages, and fetch the official models or take them from a folder."""
    if options.lock:
        from cli.lock import write

        print(f"requirements.lock pins {write(ROOT)} packages")
        return 0
    for name in options.optional or ():
        optional.install(ROOT, name)
        print(f"{name}: installed")
    from pipeline.official import setup

    with progress_line() as line:
        print(setup(options.models, options.source, line.arriving))
    return 0


VERB = Verb(
    "setup",
    "get official models and optional packages",
    "The launcher has set up everything else by then. Without an option it says which official models are here. "
    "Without a network the compact models that come with Whycam answer until the official ones were carried over.",
    "setup --models",
    _arguments,
    run,
)
