"""The verb ``export``: runs as one archive with reports, clips, pictures and a manifest."""

import argparse
from pathlib import Path

from cli.arguments import Verb
from cli.progress import progress_line
from core.errors import InputError
from pipeline.blurs import BLURS


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("run", nargs="+", metavar="RUN", help="a run's id ('./whycam list runs'), or a folder that "
                      "'analyse --out' wrote")  # fmt: skip
    verb.add_argument("--out", type=Path, default=Path("case.zip"), metavar="FILE",
                      help="the archive (default case.zip)")  # fmt: skip
    verb.add_argument("--replace", action="store_true", help="replace a file of that name, which is refused without it")
    verb.add_argument("--clip", type=Path, action="append", default=[], metavar="FILE",
                      help="clip of a folder, where it is not where it was analysed any more")  # fmt: skip
    verb.add_argument("--blur", choices=BLURS, default="none", help="persons: blur all persons but those marked as "
                      "causes of their event; all: blur the marked causes, too (default none)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the archive, and print what it holds and how it can be checked later."""
    from pipeline.export.export import export
    from pipeline.export.sources import find
    from pipeline.export.verify import verify

    if options.out.exists() and not options.replace:
        raise InputError(f"there is a file {str(options.out)!r} already; choose another name, or give --replace")
    with progress_line() as line:
        found = find(options.run, options.clip)
        manifest = export(found, options.out, blur=options.blur, progress=line)
        verified = verify(options.out)
    events, many = sum(one.events for one in manifest.runs), len(manifest.runs)
    print(f"{options.out}: {many} run{'s' * (many != 1)}, {events} event{'s' * (events != 1)}, "
          f"{len(manifest.files)} files")  # fmt: skip
    print(f"  SHA-256 of its manifest: {verified.sha256}")
    return 0


VERB = Verb(
    "export",
    "write runs as one archive: reports, clips of events, pictures, and checksums",
    "The archive has report.html, report.pdf, report.json, events.csv, clips/, frames/ and manifest.json; several runs "
    "have a folder each. Keep the SHA-256 that is printed apart from the archive: 'verify' prints it again.",
    "export out/ --out case.zip",
    _arguments,
    run,
)
