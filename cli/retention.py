"""The verb ``retention``: how long the runs of cameras are kept, and what is blurred in them."""

import argparse
import dataclasses
from typing import TYPE_CHECKING

from cli.arguments import Verb, count
from cli.output import complain, table
from core.errors import InputError
from pipeline.blurs import BLURS

if TYPE_CHECKING:
    from pipeline.retention import Retention


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("camera", nargs="?", help="whose runs; without one, what is set is listed")
    verb.add_argument("--days", type=count, help="delete its runs after so many days")
    verb.add_argument("--cases", action="store_true", help="also those whose events are in a case")
    verb.add_argument("--off", action="store_true", help="keep its runs until somebody deletes them")
    verb.add_argument("--blur", choices=BLURS, help="keep its clips and pictures blurred from now on, whoever analyses "
                      "them; as 'analyse --blur' does")  # fmt: skip
    verb.add_argument("--apply", action="store_true", help="delete now what is kept no longer; the app does it when it "
                      "starts, and every hour")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """List, change or apply what is set."""
    from pipeline import retention

    if not options.camera and (options.days or options.off or options.cases or options.blur):
        raise InputError("--days, --off, --cases and --blur are a camera's; name it: retention CAMERA --days 30")
    if options.camera:
        retention.put(options.camera, _wanted(options, retention.settings().get(options.camera)))
    refused = list[str]()
    if options.apply:
        over = retention.over()
        refused = retention.apply()
        print(f"{len(over) - len(refused)} runs deleted")
    known = retention.settings()
    print(table([{"camera": name, "days": kept.days or "–", "cases": "deleted, too" if kept.cases else "stay",
                  "blurred": kept.blur} for name, kept in known.items()]))  # fmt: skip
    return max((complain(sentence, 2) for sentence in refused), default=0)


def _wanted(options: argparse.Namespace, before: "Retention | None") -> "Retention":
    """Return what is set for a camera, with what was asked to be changed.

    Raises:
        InputError: nothing was, or what contradicts itself or is out of range.
    """
    from pipeline.retention import Retention

    if (options.days and options.off) or not (options.days or options.off or options.blur):
        raise InputError("a camera needs either --days or --off, or --blur")
    if options.cases and not options.days:
        raise InputError("--cases needs --days: retention CAMERA --days 30 --cases")
    kept = before or Retention()
    try:
        if options.days or options.off:
            kept = Retention(options.days, options.cases, kept.blur)
        return dataclasses.replace(kept, blur=options.blur or kept.blur)
    except ValueError as error:
        raise InputError(str(error)) from error


VERB = Verb(
    "retention",
    "set how long the runs of cameras are kept, and what is blurred in them",
    "A run goes with its clip, pictures, reports, archives and events; what is in a case stays unless --cases says "
    "otherwise.",
    "retention plaza --days 30",
    _arguments,
    run,
)
