"""The verb ``analyse``: what is unusual in clips, and why."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.arguments import Verb, device, models, number
from cli.output import complain
from cli.progress import progress_line
from core.errors import InputError
from core.limits import EXTENSIONS

if TYPE_CHECKING:
    from core.analysis import Analysis


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "clip", nargs="+", metavar="CLIP", help="video file from a fixed camera, or a folder of such files"
    )
    verb.add_argument("--camera", help="camera of the clip ('./whycam list cameras'); default: the only one")
    verb.add_argument("--out", type=Path, default=Path("out"), metavar="DIR",
                      help="folder of the report (default out); several clips get a folder each in it")  # fmt: skip
    verb.add_argument("--threshold", type=float, metavar="X",
                      help="score above which a frame is unusual (default: the camera's)")  # fmt: skip
    verb.add_argument("--fps", type=number, metavar="N",
                      help="frames in a second of clips that do not tell (default: the camera's)")  # fmt: skip
    models(verb)
    device(verb)


def folders(clips: Sequence[str], out: Path) -> list[Path]:
    """Give each clip a folder: ``out`` itself for one clip, ``out/NAME`` for each of several.

    >>> [path.as_posix() for path in folders(["a/x.mp4", "b/x.mp4", "../x y>.mp4"], Path("out"))]
    ['out/x', 'out/x-2', 'out/x_y_']
    """
    if len(clips) == 1:
        return [out]
    given: list[Path] = []
    for clip in clips:
        stem = re.sub(r"[^\w.-]+", "_", Path(clip).stem).lstrip(".")[:80] or "clip"
        number = sum(re.sub(r"-\d+$", "", path.name) == stem for path in given)
        given.append(out / (f"{stem}-{number + 1}" if number else stem))
    return given


def files_of(named: Sequence[str]) -> list[str]:
    """Put the video files of a folder, in order of their names, in the folder's place.

    Raises:
        InputError: a folder holds none.
    """
    found: list[str] = []
    for name in named:
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
    from core.device import choose
    from pipeline.analyse import analyse
    from pipeline.camera import load, named_or_only

    camera, runtime, code = load(named_or_only(options.camera)), choose(options.device), 0
    clips = files_of(options.clip)
    for clip, folder in zip(clips, folders(clips, options.out), strict=True):
        try:
            with progress_line() as line:
                warn, warned = _warnings(line.say)
                analysis = analyse(
                    Path(clip), camera, folder, threshold=options.threshold, runtime=runtime,
                    objects=options.objects, actions=options.actions, fps=options.fps, progress=line, warn=warn,
                )  # fmt: skip
        except InputError as error:
            code = complain(error, 2)
            continue
        for warning in (one for one in analysis.warnings if one not in warned):
            print(f"whycam: note: {warning}", file=sys.stderr)
        print("\n".join(found(analysis, Path(clip).name, folder)))
    return code


def _warnings(say: Callable[[str], None]) -> tuple[Callable[[str], None], list[str]]:
    """Return what prints a warning at once, and the list of those that it printed."""
    warned: list[str] = []

    def warn(sentence: str) -> None:
        warned.append(sentence)
        say(f"whycam: note: {sentence}")

    return warn, warned


def found(analysis: "Analysis", clip: str, folder: Path) -> list[str]:
    """Return what an analysis found, a line each."""
    count = f"{len(analysis.events)} unusual event{'s' * (len(analysis.events) != 1)}"
    return [
        f"{clip}: {count}{analysis.reach}",
        *([] if analysis.events else [f"  {analysis.detection_limit}"]),
        *(f"  frames {each.event.first}-{each.event.last}: {each.summary}" for each in analysis.events),
        *([f"  {analysis.name_warning}"] if analysis.events and analysis.name_warning else []),
        *(f"  camera fault, {one.kind}: {one.summary}" for one in analysis.disturbances),
        f"  report: {folder / 'report.html'}",
    ]


VERB = Verb(
    "analyse",
    "find and explain what is unusual in clips",
    "Writes report.html (opens in any browser, needs no network), report.json and scores.csv. A run that was "
    "stopped goes on where it was when it is started again with the same --out.",
    "analyse assets/demo/plaza.mp4 --camera plaza --out out/",
    _arguments,
    run,
)
