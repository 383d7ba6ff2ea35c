"""The verb ``sbom``: what Whycam is installed from, with licences and checksums."""

import argparse

from cli.arguments import Verb, json_file
from cli.output import deliver, table
from core.errors import InputError


def _arguments(verb: argparse.ArgumentParser) -> None:
    json_file(verb)


def run(options: argparse.Namespace) -> int:
    """Print the table of licences, and write the bill of materials."""
    from pipeline.bill_of_materials import cyclonedx, locked, problems, rows

    known = locked()
    deliver(cyclonedx(known), options.json, table(rows(known)))
    if wrong := problems(known):
        raise InputError(f"what is installed is not what the lock says: {'; '.join(wrong)}; ./whycam app sets it up")
    return 0


VERB = Verb(
    "sbom",
    "list what Whycam is installed from: packages, licences, checksums",
    "--json writes a software bill of materials (CycloneDX 1.6). Ends with 2 where another version is installed than "
    "requirements.lock has, or a package tells no licence.",
    "sbom --json sbom.json",
    _arguments,
    run,
)
