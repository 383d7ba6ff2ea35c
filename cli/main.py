"""Whycam's command line: the same work as the web app's pages.

Exit codes: 0 done; 2 the input or the request was wrong; 1 Whycam itself failed; 130 stopped with Ctrl-C.
Every failure is one sentence on stderr; ``WHYCAM_DEBUG=1`` shows the traceback as well.

A verb is a module of this folder that offers a ``VERB``; it is imported when it is asked for, and imports what it needs
when it runs, so that each verb and ``--help`` answer at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from cli.arguments import Verb
from cli.output import any_terminal, complain
from core.errors import Cancelled, InputError, WhycamError

NAMES = (
    "app", "users", "audit", "retention", "setup", "analyse", "explain", "export", "verify", "backup", "restore",
    "train", "train-explainers", "evaluate", "xman", "results", "list", "bench", "doctor", "sbom", "test",
)  # fmt: skip
"""Of all verbs, in the order in which ``--help`` lists them."""
VERBS: dict[str, Verb] = {}
"""Those that were asked for."""


def verb(name: str) -> Verb:
    """Return one of :data:`NAMES`."""
    if name not in VERBS:
        VERBS[name] = import_module(f"cli.{name.replace('-', '_')}").VERB
    return VERBS[name]


def parser(names: Sequence[str] = NAMES) -> argparse.ArgumentParser:
    """Describe verbs."""
    root = argparse.ArgumentParser(
        prog="whycam",
        description="Whycam detects unusual events in the video of a fixed camera, and shows when and where they "
        "happened, their probable causes, and how reliable the answer is.",
        epilog="'./whycam VERB --help' explains one verb with an example. Exit codes: 0 done, 2 the input or the "
        "request was wrong, 1 Whycam itself failed.",
    )
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)
    for name in names:
        verb(name).describe(verbs)
    return root


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; what ``test`` does not know is kept as ``arguments``, for pytest.

    >>> parse(["test", "-k", "events"]).arguments, parse(["list", "runs"]).kind
    (['-k', 'events'], 'runs')
    """
    first = [*(sys.argv[1:] if arguments is None else arguments), ""][0]
    root = parser([first] if first in NAMES else NAMES)
    options, rest = root.parse_known_args(arguments)
    if verb(options.verb).passes_on:
        options.arguments = rest
    elif rest:
        options.refuse(f"unrecognized arguments: {' '.join(rest)}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    any_terminal()
    if any("\0" in one for one in (sys.argv[1:] if arguments is None else arguments)):
        return complain("an argument has a NUL character in it, which no file's name can have", 2)
    options = parse(arguments)
    try:
        code = verb(options.verb).run(options)
        if sys.stdout:  # None where the caller closed it
            sys.stdout.flush()
        return code
    except (KeyboardInterrupt, Cancelled):
        return complain("stopped; what was finished is kept", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if os.environ.get("WHYCAM_DEBUG"):
            raise
        if isinstance(error, WhycamError):
            return complain(error, 2 if isinstance(error, InputError) else 1)
        return complain(f"Whycam itself failed: {type(error).__name__}: {error}; WHYCAM_DEBUG=1 shows where", 1)
