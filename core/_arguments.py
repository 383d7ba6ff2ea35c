"""Arguments that several verbs of the command line share."""

import argparse
import math
from typing import Any

DEVICES = ("auto", "cpu", "cuda")


def verb(verbs: Any, name: str, about: str, more: str, example: str) -> argparse.ArgumentParser:
    """Describe a verb: its help line, what more there is to say, and an example."""
    made: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}. {more}",
        epilog=f"example:\n  ./whycam {example}",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    made.set_defaults(verb=name)
    return made


class _Help(argparse.HelpFormatter):
    """Wraps paragraphs, and leaves an example's lines as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example:") else super()._fill_text(text, width, indent)


def count(text: str) -> int:
    """Read a whole number from 1.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def number(text: str) -> float:
    """Read a number.

    Raises:
        ArgumentTypeError: it is none, or not finite.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}")
    return value


def device(made: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    made.add_argument(
        "--device", choices=DEVICES, default="auto", help="where networks run; auto: a GPU where there is one (default)"
    )


def models(made: argparse.ArgumentParser) -> None:
    """Add ``--objects`` and ``--actions``."""
    made.add_argument(
        "--objects", default="auto", metavar="MODEL", help="who names objects (default auto: the best there is)"
    )
    made.add_argument(
        "--actions", default="auto", metavar="MODEL", help="who names actions (default auto: the best there is)"
    )


def json_file(made: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    made.add_argument("--json", metavar="FILE", help="write the result as JSON to FILE too; - prints it, and only it")
