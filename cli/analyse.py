"""The verb ``analyse``: what is unusual in clips, and why."""

import argparse
import contextlib
import dataclasses
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.arguments import Verb, count, device, models, number
from cli.output import complain
from cli.progress import progress_line
from core.errors import InputError
from core.limits import EXTENSIONS
from pipeline.blurs import BLURS
from pipeline.fleet.task import Task

if TYPE_CHECKING:
    from pipeline.fleet.task import Outcome, Settings


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "clip",
        nargs="+",
        metavar="CLIP",
        help="video file from a fixed camera, a folder of such files, or an address such as s3://BUCKET/CLIP",
    )
    verb.add_argument("--camera", help="camera of the clip ('./whycam list cameras'); default: the only one")
    verb.add_argument("--out", default="out", metavar="DIR",
                      help="folder of the report (default out), or an address such as s3://BUCKET/DIR; several clips "
                      "get a folder each in it")  # fmt: skip
    verb.add_argument("--threshold", type=float, metavar="X",
                      help="score above which a frame is unusual (default: the camera's)")  # fmt: skip
    verb.add_argument("--fps", type=number, metavar="N",
                      help="frames in a second of clips that do not tell (default: the camera's)")  # fmt: skip
    verb.add_argument("--blur", choices=BLURS, default="none", help="what is kept shows persons blurred, except those "
                      "marked as causes of their event (persons), or all of them (all); the clip itself is not touched "
                      "(default none, or what 'retention' sets for the camera)")  # fmt: skip
    models(verb)
    device(verb)
    verb.add_argument("--workers", type=count, metavar="N",
                      help="analyse N clips at a time, by Ray ('./whycam setup --ray' installs it)")  # fmt: skip
    verb.add_argument("--ray", metavar="ADDRESS", help="by the workers of a cluster of Ray, HOST:PORT or auto")
    verb.add_argument("--resume", action="store_true", help="leave out clips of --out that are done already")


def folders(clips: Sequence[str], out: str, alone: bool = True) -> list[str]:
    """Give each clip a folder: ``out`` itself for one clip that is ``alone``, else ``out/NAME``, no two alike.

    >>> folders(["a/x.mp4", "b/X.mp4", "x-2.mp4", "../x y>.mp4"], "out")
    ['out/x', 'out/X-2', 'out/x-2-2', 'out/x_y_']
    >>> folders(["s3://in/x.mp4", "s3://in/y.mp4"], "s3://out/")
    ['s3://out/x', 's3://out/y']
    """
    if len(clips) == 1 and alone:
        return [out]
    given: list[str] = []
    taken: set[str] = set()
    for clip in clips:
        stem = re.sub(r"[^\w.-]+", "_", Path(clip).stem).lstrip(".")[:80] or "clip"
        names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        given.append(next(name for name in names if name.casefold() not in taken))
        taken.add(given[-1].casefold())
    return [f"{out.rstrip('/')}/{name}" for name in given]


def files_of(named: Sequence[str]) -> list[str]:
    """Put the video files of a folder, in order of their names, in the folder's place.

    Raises:
        InputError: a folder holds none.
    """
    from pipeline.fleet.addresses import is_address, listed

    found: list[str] = []
    for name in named:
        if is_address(name):
            found += listed(name, EXTENSIONS)
            continue
        folder = Path(name)
        if not folder.is_dir():
            found.append(name)
            continue
        below = (path for path in sorted(folder.rglob("*")) if path.suffix[1:].lower() in EXTENSIONS and path.is_file())
        clips = [str(path) for path in below if not any(p.startswith(".") for p in path.relative_to(folder).parts)]
        if not clips:
            raise InputError(f"there is no video file in the folder {name!r}; known endings: {', '.join(EXTENSIONS)}")
        found += clips
    return found


def run(options: argparse.Namespace) -> int:
    """Analyse each clip and print what was found; clips that cannot be read do not stop the others."""
    from pipeline.camera import load, named_or_only
    from pipeline.fleet import addresses, batch
    from pipeline.fleet.task import Settings
    from pipeline.retention import kept_blur

    if not options.out.strip("/") or "" in options.clip or options.ray == "":
        raise InputError("a clip, --out and --ray must name something; '' does not, and '/' is no place for reports")
    name = named_or_only(options.camera)
    load(name)  # what is wrong with it is said once
    settings = Settings(name, options.threshold, options.fps, options.objects, options.actions, options.device,
                        kept_blur(name, options.blur))  # fmt: skip
    clips = files_of(options.clip)
    if len(clips) > 1 or (options.resume and batch.is_there(options.out)):
        return _batch(clips, settings, options)
    if addresses.is_address(options.out):
        addresses.check(options.out)
    outcome = next(_outcomes([Task(clips[0], options.out)], settings, options))
    _say(outcome)
    return 2 if outcome.reason else 0


def _batch(clips: Sequence[str], settings: "Settings", options: argparse.Namespace) -> int:
    """Analyse several clips, and keep a table of what became of them."""
    from jobs.locks import exclusive
    from pipeline.fleet.addresses import is_address
    from pipeline.fleet.batch import FILE, Batch

    tasks = [Task(clip, out) for clip, out in zip(clips, folders(clips, options.out, alone=False), strict=True)]
    with contextlib.nullcontext() if is_address(options.out) else exclusive(Path(options.out)):
        batch = Batch(options.out, settings, options.resume)
        left, failed = batch.left(tasks), 0
        if len(left) < len(tasks):
            print(f"{len(tasks) - len(left)} of {len(tasks)} clips are done already")
        for outcome in _outcomes(left, settings, options):
            failed += bool(outcome.reason)
            _say(outcome)
            batch.add(outcome)
    if left:
        print(f"{len(left) - failed} of {len(left)} clips were analysed: {options.out.rstrip('/')}/{FILE}")
    return 2 if failed else 0


def _outcomes(tasks: Sequence[Task], settings: "Settings", options: argparse.Namespace) -> "Iterator[Outcome]":
    """Analyse clips, one after the other here or by several workers."""
    if not tasks:
        return iter(())
    return (_spread if options.workers or options.ray else _in_turn)(tasks, settings, options)


def _say(outcome: "Outcome") -> None:
    """Print what became of a clip."""
    if outcome.reason:
        complain(outcome.reason, 2)
    for warning in outcome.warnings:
        print(f"whycam: note: {warning}", file=sys.stderr)
    if outcome.said:
        print("\n".join(outcome.said), flush=True)


def _in_turn(tasks: Sequence[Task], settings: "Settings", options: argparse.Namespace) -> "Iterator[Outcome]":
    """Analyse one clip after the other here; a clip's warnings are printed at once."""
    from pipeline.fleet.analyst import Analyst

    analyst = Analyst(settings)
    _ = analyst.runtime  # a device that is not here is said once
    for task in tasks:
        with progress_line() as line:
            warn, warned = _warnings(line.say)
            outcome = analyst.analyse(task, line, warn, others=len(tasks) > 1)
        rest = tuple(one for one in outcome.warnings if one not in warned)
        yield dataclasses.replace(outcome, warnings=rest)


def _spread(tasks: Sequence[Task], settings: "Settings", options: argparse.Namespace) -> "Iterator[Outcome]":
    """Analyse the clips by several workers, and say how far they are."""
    from pipeline.fleet.addresses import absolute
    from pipeline.fleet.on_ray import HERE, spread

    wide = [dataclasses.replace(one, clip=absolute(one.clip), out=absolute(one.out)) for one in tasks]
    yield from spread(wide, settings, options.workers or 0, options.ray or HERE)


def _warnings(say: Callable[[str], None]) -> tuple[Callable[[str], None], list[str]]:
    """Return what prints a warning at once, and the list of those that it printed."""
    warned: list[str] = []

    def warn(sentence: str) -> None:
        warned.append(sentence)
        say(f"whycam: note: {sentence}")

    return warn, warned


VERB = Verb(
    "analyse",
    "find and explain what is unusual in clips",
    "Writes report.html (opens in any browser, needs no network), report.json and scores.csv. A run that was "
    "stopped goes on where it was when it is started again with the same --out. Several clips get a table of what "
    "became of each, batch.json; one that fails does not end the others.",
    "analyse assets/demo/plaza.mp4 --camera plaza --out out/",
    _arguments,
    run,
)
