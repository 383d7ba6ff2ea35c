"""The verb ``verify``: whether an exported archive is as it was written."""

import argparse
from pathlib import Path

from cli.arguments import Verb


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("archive", type=Path, metavar="FILE", help="archive that 'export' wrote")


def run(options: argparse.Namespace) -> int:
    """Check every byte of an archive, and print what it is; nothing is unpacked to the disk."""
    from pipeline.export.verify import verify

    found = verify(options.archive)
    manifest = found.manifest
    print(f"{options.archive}: {len(manifest.files)} files are as they were written on {manifest.made} "
          f"by Whycam {manifest.whycam}")  # fmt: skip
    print(f"  SHA-256 of its manifest: {found.sha256}")
    return 0


VERB = Verb(
    "verify",
    "check that an exported archive is as it was written",
    "Ends with 0, or with 2 and a sentence where a byte differs or a file is missing or was added. Compare the SHA-256 "
    "that it prints with that of the export: whoever changes files and manifest alike changes it.",
    "verify case.zip",
    _arguments,
    run,
)
