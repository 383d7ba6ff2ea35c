"""Arguments that several verbs of the command line share."""

import argparse
import math
from pathlib import Path
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


def whole(text: str) -> int:
    """Read a whole number from 0.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, got {text!r}")
    return int(text)


def share(text: str) -> float:
    """Read a share.

    Raises:
        ArgumentTypeError: it is no number from 0 to below 1.
    """
    value = number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to below 1, got {text!r}")
    return value


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


def protocol(made: argparse.ArgumentParser) -> None:
    """Add what says how scores become figures."""
    made.add_argument("--protocol", default="whycam", metavar="NAME",
                      help="whose way from scores to a figure: whycam (default), mnad, future-frame, lntra, itae, "
                      "decoupled, thesis or vqunet")  # fmt: skip
    made.add_argument("--normalise", metavar="WAY", help="none, min-max or sliding, in place of the protocol's own")
    made.add_argument("--smooth", metavar="WAY", help="none, savgol or gaussian, in place of the protocol's own")
    made.add_argument("--scores", type=Path, nargs="+", default=[], metavar="FILE",
                      help="measure these scores: .npz as --keep writes them, or CSV video,frame,score")  # fmt: skip
    made.add_argument("--keep", type=Path, metavar="DIR", help="keep each camera's scores and heat there, as .npz")
    made.add_argument("--heat", default="tube", metavar="WAY",
                      help="from heat to the map that places are told by: tube (default: means over a person's "
                      "size and half a second), patch (over a person's size) or raw")  # fmt: skip
    made.add_argument("--distort", action="append", default=[], metavar="HOW",
                      help="measure on worse footage, causes too, such as brightness=0.5,rain=heavy,blur=2,every=3; "
                      "may be given several times")  # fmt: skip
    made.add_argument("--by", action="append", default=[], metavar="SCORE",
                      help="measure by this score of the detector in place of its own, such as z (latent code) and p "
                      "(pixels) of decoupled-*; may be given several times")  # fmt: skip
