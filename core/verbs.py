"""The command line's verbs, as an analyst reads them: arguments, defaults, help and examples."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core._arguments import count, device, json_file, models, number, protocol, share, verb, whole
from core._setup import describe_setup
from core.errors import InputError

KINDS = ("detectors", "cameras", "methods", "datasets", "metrics", "runs")


def parser() -> argparse.ArgumentParser:
    """Describe the verbs, for an analyst to read."""
    root = argparse.ArgumentParser(
        prog="whycam",
        description="Whycam tells when a fixed camera saw something unusual, where in the picture, what it was, and "
        "how far that answer can be trusted.",
        epilog="'./whycam VERB --help' explains one verb with an example. Exit codes: 0 done, 2 the input or the "
        "request was wrong, 1 Whycam itself failed.",
    )
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)
    for describe in (
        _app,
        describe_setup,
        _analyse,
        _explain,
        _train,
        _explainers,
        _evaluate,
        _xman,
        _results,
        _list,
        _bench,
        _test,
    ):
        describe(verbs)
    return root


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; what ``test`` does not know is kept as ``arguments``, for pytest.

    >>> parse(["test", "-k", "events"]).arguments, parse(["list", "runs"]).kind
    (['-k', 'events'], 'runs')
    """
    root = parser()
    options, rest = root.parse_known_args(arguments)
    if options.verb == "test":
        options.arguments = rest
    elif rest:
        root.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def setting(text: str) -> tuple[str, Any]:
    """Split ``NAME=VALUE``; the value is a number, true, false, or a word.

    >>> setting("rate=2e-4"), setting("height=192"), setting("mode=fast")
    (('rate', 0.0002), ('height', 192), ('mode', 'fast'))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InputError(f"--set {text!r} must be NAME=VALUE, such as --set rate=1e-4")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _app(verbs: Any) -> None:
    more = "Upload a clip, choose its camera, read the report. The page is reachable from this machine alone, unless "
    more += "--host says otherwise."
    made = verb(verbs, "app", "start the web app and print its address", more, "app --port 8600")
    made.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")


def _analyse(verbs: Any) -> None:
    more = "Writes report.html (opens in any browser, needs no network), report.json and scores.csv. A run that was "
    more += "stopped goes on where it was when it is started again with the same --out."
    example = "analyse assets/demo/plaza.mp4 --camera plaza --out out/"
    made = verb(verbs, "analyse", "find and explain what is unusual in clips", more, example)
    made.add_argument("clip", nargs="+", metavar="CLIP", help="video file from a fixed camera")
    made.add_argument(
        "--camera", help="camera that it comes from ('./whycam list cameras'); needed if there are several"
    )
    made.add_argument("--out", type=Path, default=Path("out"), metavar="DIR",
                      help="folder of the report (default out); several clips get a folder each in it")  # fmt: skip
    made.add_argument("--threshold", type=float, metavar="X",
                      help="score above which a frame is unusual (default: the camera's)")  # fmt: skip
    made.add_argument("--fps", type=number, metavar="N",
                      help="frames in a second of clips that do not tell (default: the camera's)")  # fmt: skip
    models(made)
    device(made)


def _explain(verbs: Any) -> None:
    more = "Each method gives a map of what raised the score, with figures that say how far to believe it, written as "
    more += "METHOD.npy, METHOD.png and explain.json; what is finished is kept when it is stopped."
    example = (
        "explain assets/demo/plaza.mp4 --camera plaza --frame 400 --methods lrp-composite,shap-partition --out why"
    )
    made = verb(verbs, "explain", "explain the score of one frame by several methods", more, example)
    made.add_argument("source", metavar="RUN_OR_CLIP", help="video file, or a run's id ('./whycam list runs')")
    made.add_argument("--camera", help="camera that it comes from (default: the run's, or the only one there is)")
    made.add_argument("--frame", type=int, required=True, metavar="N", help="which frame, counted from 0")
    made.add_argument(
        "--methods", default="all", metavar="A,B", help="'./whycam list methods' names them (default all)"
    )
    made.add_argument("--out", type=Path, default=Path("why"), metavar="DIR", help="folder of the maps (default why)")
    made.add_argument("--event", action="store_true", help="of a run: explain the event around the frame away, too, as "
                      "counterfactual.json, before.mp4 and after.mp4")  # fmt: skip
    made.add_argument("--budget", type=int, metavar="N", help="evaluations that each method may take "
                      "(default 320, fewer of a large network)")  # fmt: skip
    made.add_argument("--seconds", type=float, metavar="X", help="seconds that each method may take, as far as "
                      "can be foreseen (default: any)")  # fmt: skip
    made.add_argument("--seed", type=whole, default=0, help="the same seed gives the same maps (default 0)")
    device(made)


def _train(verbs: Any) -> None:
    more = (
        "The footage must be normal: what is in it will not be called unusual. What is not given is chosen from the "
        "footage, and said with its reason; with a data set's name and a detector it is the paper's. A checkpoint is "
        "kept after every epoch."
    )
    example = "train --normal clips/of/a/quiet/week --out entrance"
    made = verb(verbs, "train", "learn from normal footage what is normal at a camera", more, example)
    made.add_argument("detector", nargs="?", metavar="DETECTOR", help="'./whycam list detectors' names them")
    made.add_argument("--normal", required=True, metavar="DIR_OR_DATASET", help="folder of clips, or a data set's name")
    made.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, if one is named"
    )
    made.add_argument(
        "--out", required=True, metavar="CAMERA", help="name of the camera, or a folder (with a /) for it"
    )
    made.add_argument(
        "--epochs", type=int, metavar="N", help="times to go through the footage (default: the detector's)"
    )
    made.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="another setting of the detector"
    )
    made.add_argument("--minutes", type=number, metavar="N", help="minutes that the training may take (default 15)")
    made.add_argument(
        "--hold-out", type=number, metavar="SHARE", help="share of the footage kept for the threshold (default 0.25)"
    )
    made.add_argument(
        "--false-alarms",
        type=number,
        metavar="N",
        help="events an hour that are bearable (default: 6, or one in all that the threshold is measured on)",
    )
    made.add_argument("--anyway", action="store_true", help="train although the footage looks unfit")
    made.add_argument("--seed", type=whole, default=0, help="the same seed gives the same training (default 0)")
    made.add_argument("--resume", action="store_true", help="go on from the last epoch's checkpoint")
    made.add_argument(
        "--measure", action="store_true", help="train nothing: only measure again what is normal, on this footage"
    )
    device(made)


def _explainers(verbs: Any) -> None:
    more = "They name objects and actions where the large models' weights are not at hand, and are trained on the "
    more += "rendered plaza and, with --data, on real footage; docs/interfaces.md says how it must be laid out."
    made = verb(verbs, "train-explainers", "train the compact models that come with Whycam again", more,
                 "train-explainers objects --sets path/to/sets --out weights/objects")  # fmt: skip
    made.add_argument("explainer", metavar="EXPLAINER", help="objects or actions")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for weights and card")
    made.add_argument("--seed", type=whole, default=0, help="the same seed gives the same training (default 0)")
    made.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder")
    made.add_argument("--data", type=Path, metavar="DIR", help="folder of real footage to learn from, too")
    made.add_argument("--start", type=Path, metavar="DIR", help="folder of a model to begin with: weights and card")
    made.add_argument("--sets", type=Path, metavar="DIR", help="of objects: folder of labelled pictures to learn from")
    made.add_argument("--minutes", type=number, metavar="N", help="of objects: minutes of training (default 120)")
    device(made)


def _evaluate(verbs: Any) -> None:
    more = (
        "Beside each figure stands the same figure for a score that is only the frame's number: read one against the "
    )
    more += "other. docs/interfaces.md explains the figures."
    example = "evaluate ucsd-ped2 --data ped2 --root path/to/UCSDped2"
    made = verb(verbs, "evaluate", "measure cameras on clips whose truth is known", more, example)
    made.add_argument("camera", nargs="*", metavar="CAMERA", help="'./whycam list cameras' names them")
    made.add_argument("--data", required=True, metavar="DATASET", help="'./whycam list datasets' names them")
    made.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, as published")
    made.add_argument("--check", action="store_true", help="measure nothing: count and read all of the data set")
    protocol(made)
    made.add_argument("--card", action="store_true", help="write the figures on each camera's card, too")
    made.add_argument("--regions", type=Path, metavar="CSV", help="boxes of what is unusual: measure the first causes")
    made.add_argument("--xman", type=Path, metavar="JSON", help="its classes in X-MAN's form: measure their mAP")
    made.add_argument(
        "--every", type=count, default=1, metavar="N", help="explain each N-th labelled frame (default 1)"
    )
    models(made)
    made.add_argument("--page", type=Path, metavar="FILE", help="show the first causes in Markdown, with pictures")
    json_file(made)
    device(made)


def _results(verbs: Any) -> None:
    more = (
        "Each result is one JSON file beside the plan; what is there is not trained again, and what was stopped goes "
    )
    more += "on from its last epoch. Without --root nothing is trained and the table is shown as it is."
    example = "results bcae1 vqunet-prediction --data ped2 --root path/to/UCSDped2"
    made = verb(verbs, "results", "train and evaluate detectors over seeds, as a plan says, into one table", more,
                 example)  # fmt: skip
    made.add_argument("row", nargs="*", metavar="ROW", help="rows of the plan (default: all)")
    made.add_argument("--data", required=True, metavar="DATASET", help="'./whycam list datasets' names them")
    made.add_argument("--root", type=Path, metavar="DIR", help="folder of the data set, as published")
    made.add_argument("--plan", type=Path, metavar="FILE", help="default docs/results/DATASET/plan.toml")
    made.add_argument("--seeds", type=whole, nargs="+", metavar="N", help="in place of those in the plan")
    made.add_argument("--work", type=Path, metavar="DIR", help="folder for the cameras that are trained")
    made.add_argument("--again", action="store_true", help="evaluate what is there again, with the cameras in --work")
    made.add_argument("--anomalies", type=share, nargs="+", default=[], metavar="SHARE",
                      help="train with these shares of anomalies in the footage, such as 0 0.05 0.1, and measure on "
                      "the test clips that none was taken from")  # fmt: skip
    made.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown, too")
    device(made)


def _xman(verbs: Any) -> None:
    more = (
        "Says first how many labelled frames have a prediction, and what does not match. LABELS is X-MAN's JSON, "
        '{"video/frame": [[coarse, fine], ...]}; PREDICTIONS is {"video/frame": [[coarse, fine, score], ...]}, or a '
        "table in CSV with the columns video,frame,coarse,fine,score, of any system."
    )
    made = verb(verbs, "xman", "measure explanations by X-MAN's mAP", more, "xman causes.csv labels.json")
    made.add_argument("predictions", type=Path, metavar="PREDICTIONS", help="JSON or CSV of any system")
    made.add_argument("labels", type=Path, metavar="LABELS", help="X-MAN's JSON")
    made.add_argument("--unanswered", choices=("lowest", "left-out"), default="lowest",
                      help="labelled frames without a prediction: rank last in every class, which is X-MAN's way, or "
                      "are left out; --json has both")  # fmt: skip
    json_file(made)


def _list(verbs: Any) -> None:
    more = "A new detector, data set or metric is listed as soon as its file lies in its folder."
    made = verb(verbs, "list", f"list {', '.join(KINDS[:-1])} or {KINDS[-1]}", more, "list cameras")
    made.add_argument("kind", choices=KINDS)
    json_file(made)


def _bench(verbs: Any) -> None:
    more = (
        "Each figure is a ratio of two times or sizes taken in turn in the same run, so that it holds on any machine."
    )
    made = verb(verbs, "bench", "measure speed and memory on this machine", more, "bench detectors bcae1 lntra-skip")
    made.add_argument(
        "what",
        nargs="*",
        metavar="WHAT",
        help="nothing: the whole analysis; or: detectors [NAME…]: their networks; or: "
        "explanations [CAMERA…]: how far the methods can be believed; or: boxes: whether the first cause's box lies on "
        "what is unusual in the frame that a report shows; or: faults: what is said of files that are easily misread; "
        "or: disturbances: how well faults that are staged on quiet footage are told; or: agreement CLIP…: how far the "
        "compact object model finds what YOLOX-nano is sure of",
    )
    made.add_argument("--all", action="store_true", help="of detectors: every one, instead of one of each kind")
    made.add_argument("--data", metavar="DATASET", help="of explanations and boxes: a data set")
    made.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, as published")
    made.add_argument("--clips", default="", metavar="A,B", help="of its test clips only these")
    made.add_argument("--regions", type=Path, metavar="FILE", help="of boxes: CSV of annotated boxes of its test clips")
    made.add_argument("--camera", metavar="CAMERA", help="of boxes: whose footage the data set is")
    made.add_argument("--frames", type=count, default=100, metavar="N", help="abnormal frames (default 100)")
    made.add_argument("--budget", type=count, default=64, metavar="N", help="evaluations of each method (default 64)")
    made.add_argument("--minutes", type=number, metavar="N", help="for each camera; other frames are left out")
    made.add_argument("--work", type=Path, metavar="DIR", help="where each frame's figures are kept, to go on later")
    made.add_argument("--out", type=Path, metavar="FILE", help="keep explanations, faults or disturbances as FILE.md")
    made.add_argument("--weights", type=Path, metavar="DIR", help="of agreement: folder of weights and card of a "
                      "compact model, in place of the one that comes with Whycam")  # fmt: skip
    json_file(made)
    device(made)


def _test(verbs: Any) -> None:
    more = "Style, types, examples in the documentation and the browser tests are among them. Arguments go to pytest; "
    more += "WHYCAM_DATA names the folder of real footage for the tests that need it."
    made = verb(verbs, "test", "run all tests", more, "test -k events")
    made.usage = "whycam test [-h] [PYTEST_ARGUMENT ...]"
