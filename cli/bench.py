"""The verb ``bench``: speed, memory and reliability, measured on this machine."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.arguments import Verb, count, device, json_file, number
from cli.output import deliver, table
from cli.progress import ProgressLine, progress_line

if TYPE_CHECKING:
    from benchmarks.run import Request


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "what",
        nargs="*",
        metavar="WHAT",
        help="nothing: the whole analysis; or: detectors [NAME…]: their networks; or: "
        "explanations [CAMERA…]: how reliable the methods are; or: boxes: whether the first cause's box lies on "
        "what is unusual in the frame that a report shows; or: faults: messages for files that are easily misread; "
        "or: disturbances: detection of camera faults that are staged on quiet footage; or: overlays: events with and "
        "without burnt-in text and weather; or: agreement CLIP…: recall of the compact object model against "
        "YOLOX-nano; or: labelled: its recall on labelled pictures",
    )
    verb.add_argument("--all", action="store_true", help="of detectors: every one, instead of one of each kind")
    verb.add_argument("--data", metavar="DATASET", help="of explanations and boxes: a data set")
    verb.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, as published")
    verb.add_argument("--clips", default="", metavar="A,B", help="of its test clips only these")
    verb.add_argument("--regions", type=Path, metavar="FILE", help="of boxes: CSV of annotated boxes of its test clips")
    verb.add_argument("--camera", metavar="CAMERA", help="of boxes: whose footage the data set is")
    verb.add_argument("--frames", type=count, default=100, metavar="N", help="abnormal frames (default 100)")
    verb.add_argument("--budget", type=count, default=64, metavar="N", help="evaluations of each method (default 64)")
    verb.add_argument("--minutes", type=number, metavar="N", help="for each camera; other frames are left out")
    verb.add_argument("--work", type=Path, metavar="DIR", help="where each frame's figures are kept, to go on later")
    verb.add_argument("--out", type=Path, metavar="FILE", help="keep explanations, faults or disturbances as FILE.md")
    verb.add_argument("--weights", type=Path, metavar="DIR", help="of agreement: folder of weights and card of a "
                      "compact model, in place of the one that comes with Whycam")  # fmt: skip
    json_file(verb)
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Run a benchmark, print its table, and give JSON where it is asked for."""
    from benchmarks.run import run

    with progress_line() as line:
        found = run(_request(options, line))
    text = "\n".join([found.machine, table(found.rows), *found.notes])
    deliver({"device": found.machine, **found.result}, options.json, text)
    return 0


def _request(options: argparse.Namespace, line: ProgressLine) -> "Request":
    from benchmarks.run import Request

    return Request(
        what=options.what,
        device=options.device,
        every=options.all,
        data=options.data,
        root=options.root,
        clips=[name for name in options.clips.split(",") if name],
        regions=options.regions,
        camera=options.camera,
        frames=options.frames,
        budget=options.budget,
        minutes=float("inf") if options.minutes is None else options.minutes,
        work=options.work,
        out=options.out,
        weights=options.weights,
        say=line.show,
        early=lambda rows: print(table(rows), file=sys.stderr, flush=True),
    )


VERB = Verb(
    "bench",
    "measure speed and memory on this machine",
    "Each figure is a ratio of two times or sizes taken in turn in the same run, so that it holds on any machine.",
    "bench detectors bcae1 lntra-skip",
    _arguments,
    run,
)
