"""The verb ``test``: all tests, or those that pytest's arguments name."""

import argparse
import os
import sys

from cli import ROOT
from cli.arguments import Verb


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.usage = "whycam test [-h] [PYTEST_ARGUMENT ...]"


def run(options: argparse.Namespace) -> int:
    """Become the test command."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "tests.run", *options.arguments])


VERB = Verb(
    "test",
    "run all tests",
    "Style, types, examples in the documentation and the browser tests are among them. Arguments go to pytest; "
    "WHYCAM_DATA names the folder of real footage for the tests that need it.",
    "test -k events",
    _arguments,
    run,
    passes_on=True,
)
