"""The verb ``backup``: the user's folder as one file, while the app is at work."""

import argparse
from pathlib import Path

from cli.arguments import Verb
from cli.progress import progress_line


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", type=Path, metavar="FILE", help="the backup to write, outside of WHYCAM_HOME")


def run(options: argparse.Namespace) -> int:
    """Write the backup, and print what it holds."""
    from pipeline.backup import LEFT_OUT, backup

    with progress_line() as line:
        made = backup(options.file, lambda path: line.show(lambda: path))
    print(f"{options.file}: {len(made.files):,} files, {made.bytes / 1e6:,.1f} MB, as of {made.made}")
    print(f"  left out, for it can be downloaded or computed again: {', '.join(sorted(LEFT_OUT - {'trash'}))}")
    return 0


VERB = Verb(
    "backup",
    "back up runs, cameras, reviews and all else that the app keeps, while it is at work",
    "The backup is a ZIP file with the SHA-256 of every file; 'restore' checks them. It is not encrypted: keep it as "
    "you keep the clips.",
    "backup /mnt/other-disk/whycam.zip",
    _arguments,
    run,
)
