"""The verb ``doctor``: what this installation has, and what confines the processes that decode clips here."""

import argparse
from dataclasses import asdict

from cli.arguments import Verb, json_file
from cli.output import deliver, table


def _arguments(verb: argparse.ArgumentParser) -> None:
    json_file(verb)


def run(options: argparse.Namespace) -> int:
    """Print what was found, a row each, and what is not as it should be."""
    from pipeline.doctor import findings

    found = findings()
    rows = [{"what": one.what, "state": one.state, "": one.remark} for one in found]
    wrong = [one.what for one in found if not one.fine]
    said = f"not as it should be: {', '.join(wrong)}" if wrong else "all is as it should be"
    deliver([asdict(one) for one in found], options.json, f"{table(rows)}\n{said}")
    return 0


VERB = Verb(
    "doctor",
    "say what this installation has: versions, models, GPU, and what confines decoders",
    "Clips are decoded in processes that may read one open file and nothing else. What of that the kernel does not "
    "grant is said here; it works without, but with less protection from files of strangers.",
    "doctor",
    _arguments,
    run,
)
