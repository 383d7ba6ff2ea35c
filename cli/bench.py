"""The verb ``bench``: speed, memory and reliability, measured on this machine."""

import argparse
import math
import sys
from dataclasses import fields
from pathlib import Path

from cli.arguments import Verb, count, device, json_file, names, number, whole
from cli.output import deliver, table
from cli.progress import progress_line

WHAT = (
    "nothing: the whole analysis; or: detectors [NAME…]: their networks; or: "
    "explanations [CAMERA…]: how reliable the methods are; or: boxes: whether the first cause's box lies on "
    "what is unusual in the frame that a report shows; or: faults: messages for files that are easily misread; "
    "or: disturbances: detection of camera faults that are staged on quiet footage; or: overlays: events with and "
    "without burnt-in text and weather; or: agreement CLIP…: recall of the compact object model against "
    "YOLOX-nano; or: labelled: its recall on labelled pictures; or: attributes: frame-level AUC of what "
    "objects are and how they move, on a data set; or: standing [HALF…]: things left, taken and stopped that "
    "are staged; or: own-camera [NAME…]: cameras trained on one part of their footage, events on another part; or: "
    "sentences [SEED…]: the numbers in sentences of causes, against the truth of rendered clips; or: plaza-events "
    "[DISTORTION…]: events of the plaza that are found and named rightly in bad weather; or: attribute-causes: first "
    "causes by each attribute of objects, and by all but each; or: attribute-cost: time that attributes take; or: "
    "player: how fast the web app's player opens runs, seeks, and follows the threshold, in Chromium; or: "
    "first-event CLIP…: time until a clip that is at work shows its first event; or: "
    "pages: how fast the web app's pages are drawn with 200 runs, how much its server grows, and how it serves several "
    "sessions; or: robustness [KIND…]: damaged files, whether each is read or refused in bounded time and memory; or: "
    "events: how fast 10,000 events are listed, filtered and sorted; or: kills: what is lost when the app's server and "
    "workers are killed at random moments; or: power-loss: what is lost when the disk loses what was not flushed; or: "
    "killed-commands, full-disk, dropped-flushes: what verbs lose that are killed, whose disk fills, or whose disk "
    "loses power and had not flushed all; or: users: how soon pages answer eight users for minutes (default 30), and "
    "how much the server grows; or: fleet: clips analysed by one and by two workers, and by some that are killed; or: "
    "capacity: what an analysis costs, workers for a simulated day of 10,000 cameras, and the simulation beside real "
    "batches; or: "
    "stages [CLIP…]: where the time of an analysis goes; or: gpu: rates of the whole product on a GPU, and counts that "
    "stand in for them on a CPU"
)


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("what", nargs="*", metavar="WHAT", help=WHAT)
    verb.add_argument("--all", action="store_true", help="for detectors: every one, instead of one of each kind")
    verb.add_argument("--data", metavar="DATASET",
                      help="for explanations, boxes, attributes and attribute-causes: a data set")  # fmt: skip
    verb.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, as published")
    verb.add_argument("--clips", type=names, default=(), metavar="A,B", help="only these of its test clips")
    verb.add_argument("--regions", type=Path, metavar="FILE",
                      help="for boxes and attribute-causes: CSV of annotated boxes")  # fmt: skip
    verb.add_argument(
        "--camera", metavar="CAMERA", help="for boxes, attribute-causes, first-event and stages: a camera"
    )
    verb.add_argument("--frames", type=count, default=100, metavar="N", help="abnormal frames (default 100)")
    verb.add_argument("--budget", type=count, default=64, metavar="N", help="evaluations of each method (default 64)")
    verb.add_argument("--minutes", type=number, default=math.inf, metavar="N",
                      help="for each camera; other frames are left out (own-camera: training; kills, users: all)",
                      )  # fmt: skip
    verb.add_argument("--work", type=Path, metavar="DIR", help="where each frame's figures are kept, to go on later")
    verb.add_argument("--out", type=Path, metavar="FILE",
                      help="keep explanations, faults, disturbances, standing or capacity as FILE.md")  # fmt: skip
    verb.add_argument("--times", type=count, metavar="N", help="for robustness: files of each kind (default 100), "
                      "made anew after 250; for kills (default 10), fleet (200 clips), killed-commands (40), full-disk "
                      "and dropped-flushes (2 of each verb): how many")  # fmt: skip
    verb.add_argument("--seed", type=whole, default=0, metavar="N",
                      help="for robustness: which files; for kills: what is killed when; for capacity: the day "
                      "(default 0)")  # fmt: skip
    verb.add_argument("--weights", type=Path, metavar="DIR", help="for agreement: folder of weights and card of a "
                      "compact model, in place of the one that comes with Whycam")  # fmt: skip
    json_file(verb)
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Run a benchmark, print its table, and give JSON where it is asked for."""
    from benchmarks.run import Request, run

    asked = {field.name: getattr(options, field.name) for field in fields(Request) if field.name in options}
    with progress_line() as line:
        found = run(Request(**asked, say=line.show, early=lambda rows: print(table(rows), file=sys.stderr, flush=True)))
    text = "\n".join([found.machine, table(found.rows), *found.notes])
    deliver({"device": found.machine, **found.result}, options.json, text)
    return 0


VERB = Verb(
    "bench",
    "measure speed and memory on this machine",
    "Each figure is a ratio of two times or sizes taken in turn in the same run, so that it holds on any machine.",
    "bench detectors bcae1 lntra-skip",
    _arguments,
    run,
)
