"""What describes a verb, and the arguments that several verbs share."""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Verb:
    """One verb of the command line.

    Attributes:
        name: as it is typed.
        about: its line in the list of verbs.
        more: what its own help adds to that.
        example: a command line, without ``./whycam``.
        arguments: adds what the verb takes.
        run: does what was asked; returns the exit code.
        passes_on: whether arguments that it does not know are kept as ``arguments``.
    """

    name: str
    about: str
    more: str
    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    passes_on: bool = False

    def describe(self, verbs: Any) -> None:
        """Add the verb to what ``add_subparsers`` returned."""
        made: argparse.ArgumentParser = verbs.add_parser(
            self.name,
            help=self.about,
            description=f"{self.about[0].upper()}{self.about[1:]}. {self.more}",
            epilog=f"example:\n  ./whycam {self.example}",
            formatter_class=_Help,
            allow_abbrev=False,
        )
        made.set_defaults(verb=self.name, refuse=made.error)
        self.arguments(made)


class _Help(argparse.HelpFormatter):
    """Wraps paragraphs, and leaves an example's lines as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example:") else super()._fill_text(text, width, indent)


def whole(text: str, least: int = 0) -> int:
    """Read a whole number from ``least`` on; raises an ``ArgumentTypeError`` where it is none."""
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least}, got {text!r}")
    return int(text)


def count(text: str) -> int:
    """Read a whole number from 1; raises an ``ArgumentTypeError`` where it is none."""
    return whole(text, 1)


def share(text: str) -> float:
    """Read a share; raises an ``ArgumentTypeError`` where it is no number from 0 to below 1."""
    value = number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to below 1, got {text!r}")
    return value


def number(text: str) -> float:
    """Read a number; raises an ``ArgumentTypeError`` where it is none, or not finite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}")
    return value


def names(text: str) -> list[str]:
    """Read names with commas between them."""
    return [name for name in text.split(",") if name]


def device(made: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    made.add_argument("--device", choices=DEVICES, default="auto", help="default auto: a GPU if there is one")


def models(made: argparse.ArgumentParser) -> None:
    """Add ``--objects`` and ``--actions``."""
    made.add_argument("--objects", default="auto", metavar="MODEL", help="object model (default auto: the best here)")
    made.add_argument("--actions", default="auto", metavar="MODEL", help="action model (default auto: the best here)")


def json_file(made: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    made.add_argument("--json", metavar="FILE", help="write the result as JSON to FILE too; - prints it, and only it")
