"""Whycam's command line: the same work as the web app's pages.

Exit codes: 0 done; 2 the input or the request was wrong; 1 Whycam itself failed; 130 stopped with Ctrl-C.
Every failure is one sentence on stderr; ``WHYCAM_DEBUG=1`` shows the traceback as well.

A module named in :data:`MODULES` offers a ``VERB``. It imports what a verb needs when the verb runs, so that
``--help`` answers at once and without PyTorch.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from cli import (
    analyse,
    app,
    audit,
    backup,
    bench,
    doctor,
    evaluate,
    explain,
    export,
    list,
    restore,
    results,
    retention,
    sbom,
    setup,
    test,
    train,
    train_explainers,
    users,
    verify,
    xman,
)
from cli.arguments import Verb
from cli.output import any_terminal, complain
from core.errors import Cancelled, InputError, WhycamError

MODULES = (app, users, audit, retention, setup, analyse, explain, export, verify, backup, restore, train,
           train_explainers, evaluate, xman, results, list, bench, doctor, sbom, test)  # fmt: skip
"""In the order in which ``--help`` lists their verbs."""
VERBS: dict[str, Verb] = {module.VERB.name: module.VERB for module in MODULES}


def parser() -> argparse.ArgumentParser:
    """Describe all verbs."""
    root = argparse.ArgumentParser(
        prog="whycam",
        description="Whycam detects unusual events in the video of a fixed camera, and shows when and where they "
        "happened, their probable causes, and how reliable the answer is.",
        epilog="'./whycam VERB --help' explains one verb with an example. Exit codes: 0 done, 2 the input or the "
        "request was wrong, 1 Whycam itself failed.",
    )
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS.values():
        verb.describe(verbs)
    return root


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; what ``test`` does not know is kept as ``arguments``, for pytest.

    >>> parse(["test", "-k", "events"]).arguments, parse(["list", "runs"]).kind
    (['-k', 'events'], 'runs')
    """
    root = parser()
    options, rest = root.parse_known_args(arguments)
    if VERBS[options.verb].passes_on:
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
        code = VERBS[options.verb].run(options)
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
