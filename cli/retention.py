"""The verb ``retention``: how long the runs of cameras are kept."""

import argparse

from cli.arguments import Verb, count
from cli.output import complain, table
from core.errors import InputError


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("camera", nargs="?", help="whose runs; without one, what is set is listed")
    verb.add_argument("--days", type=count, help="delete its runs after so many days")
    verb.add_argument("--cases", action="store_true", help="also those whose events are in a case")
    verb.add_argument("--off", action="store_true", help="keep its runs until somebody deletes them")
    verb.add_argument("--apply", action="store_true", help="delete now what is kept no longer; the app does it when it "
                      "starts, and every hour")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """List, change or apply what is set."""
    from pipeline import retention

    if not options.camera and (options.days or options.off or options.cases):
        raise InputError("--days, --off and --cases are a camera's; name it: retention CAMERA --days 30")
    if options.camera and bool(options.days) == options.off:
        raise InputError("a camera needs either --days or --off")
    if options.camera:
        try:
            wanted = retention.Retention(options.days, options.cases) if options.days else None
        except ValueError as error:
            raise InputError(str(error)) from error
        retention.put(options.camera, wanted)
    refused = list[str]()
    if options.apply:
        over = retention.over()
        refused = retention.apply()
        print(f"{len(over) - len(refused)} runs deleted")
    known = retention.settings()
    print(table([{"camera": name, "days": kept.days, "cases": "deleted, too" if kept.cases else "stay"}
                 for name, kept in known.items()]))  # fmt: skip
    return max((complain(sentence, 2) for sentence in refused), default=0)


VERB = Verb(
    "retention",
    "set how long the runs of cameras are kept",
    "A run goes with its clip, pictures, reports, archives and events; what is in a case stays unless --cases says "
    "otherwise.",
    "retention plaza --days 30",
    _arguments,
    run,
)
