"""The verb ``restore``: a backup in the user's folder."""

import argparse
import sys
from pathlib import Path

from cli.arguments import Verb
from cli.progress import progress_line


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", type=Path, metavar="FILE", help="backup that 'backup' wrote")
    verb.add_argument("--replace", action="store_true", help="delete what is in WHYCAM_HOME, for the backup's sake")
    verb.add_argument("--check", action="store_true", help="only check every file of the backup; nothing is changed")


def run(options: argparse.Namespace) -> int:
    """Check the backup, bring it back, and print what it holds."""
    from core.files import home
    from pipeline.restore import restore

    with progress_line() as line:
        done = restore(
            options.file, replace=options.replace, check=options.check, told=lambda path: line.show(lambda: path)
        )
    what = "is whole" if options.check else f"is in {home()}"
    held = done.manifest
    print(f"{options.file} {what}: {len(held.files):,} files, {held.bytes / 1e6:,.1f} MB, as of {held.made}")
    if done.again:
        print(f"whycam: note: {len(done.again):,} runs or other jobs that were deleted since the backup was made are "
              f"there again; delete them again where they must not be kept: {', '.join(done.again)}",
              file=sys.stderr)  # fmt: skip
    return 0


VERB = Verb(
    "restore",
    "bring back what 'backup' wrote, every byte checked",
    "Stop the app first. Nothing is overwritten unless --replace says so, and nothing changes before all is checked. "
    "Jobs that were at work can be resumed. Everybody signs in anew.",
    "restore /mnt/other-disk/whycam.zip --check",
    _arguments,
    run,
)
