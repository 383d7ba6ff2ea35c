"""The verb ``verify``: whether an exported archive is as it was written."""

import argparse
from pathlib import Path

from cli.arguments import Verb
from pipeline.export.manifest import Manifest

MAX_NAME = 80
"""Characters of a model's name that are printed."""


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
    for line in models_of(manifest):
        print(f"  {line}")
    return 0


def models_of(manifest: Manifest) -> list[str]:
    """Say with which weights the models of an archive's runs answered, and whether compact ones are the same here."""
    from pipeline.model_weights import card_sha256

    said = dict[str, None]()
    for run in manifest.runs:
        for kind, name in run.models.items():
            noted, here = run.models_sha256.get(kind), card_sha256(name)
            same = "" if here is None else ", the same as here" if here == noted else f"; here it is {here}"
            weights = f"SHA-256 of its weights {noted}{same}" if noted else "the SHA-256 of its weights was not kept"
            said[f"{kind} by {name[:MAX_NAME]!r}: {weights}"] = None
    return list(said)


VERB = Verb(
    "verify",
    "check that an exported archive is as it was written",
    "Ends with 0, or with 2 and a sentence where a byte differs or a file is missing or was added. Compare the SHA-256 "
    "that it prints with that of the export: whoever changes files and manifest alike changes it.",
    "verify case.zip",
    _arguments,
    run,
)
