"""The verb ``explain``: what raised the score of one frame, by several methods."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.arguments import Verb, device, whole
from cli.output import table
from cli.progress import progress_line

SANE = {True: "passed", False: "FAILED", None: "–"}


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("source", metavar="RUN_OR_CLIP", help="video file, or a run's id ('./whycam list runs')")
    verb.add_argument("--camera", help="camera that it comes from (default: the run's, or the only one there is)")
    verb.add_argument("--frame", type=int, required=True, metavar="N", help="which frame, counted from 0")
    verb.add_argument(
        "--methods", default="all", metavar="A,B", help="'./whycam list methods' names them (default all)"
    )
    verb.add_argument("--out", type=Path, default=Path("why"), metavar="DIR", help="folder of the maps (default why)")
    verb.add_argument("--event", action="store_true", help="of a run: explain the event around the frame away, too, as "
                      "counterfactual.json, before.mp4 and after.mp4")  # fmt: skip
    verb.add_argument("--budget", type=int, metavar="N", help="evaluations that each method may take "
                      "(default 320, fewer of a large network)")  # fmt: skip
    verb.add_argument("--seconds", type=float, metavar="X", help="seconds that each method may take, as far as "
                      "can be foreseen (default: any)")  # fmt: skip
    verb.add_argument("--seed", type=whole, default=0, help="the same seed gives the same maps (default 0)")
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Explain one frame's score, and print how far each explanation can be believed."""
    from pipeline.explaining.costs import budget_of
    from pipeline.explaining.source import explain_source

    with progress_line() as line:
        result = explain_source(
            options.source, options.camera, options.frame, options.methods, options.out,
            budget=budget_of(options.budget, options.seconds), event=options.event, seed=options.seed,
            device_name=options.device, say=line,
        )  # fmt: skip
    print(f"{show(result)}\nmaps: {options.out}")
    return 0


def show(result: dict[str, Any]) -> str:
    """Set an explanation's figures as a table, the most faithful method first."""
    from pipeline.explaining.explanation_files import ranked

    methods: dict[str, dict[str, Any]] = result["methods"]
    head = (
        f"frame {result['frame']}: score {result['score_db']:.2f} dB, threshold {result['threshold_db']:.2f} dB; the "
        f"methods explain the residual error, 1 at the camera's maximum: {result['score']:.2f}, threshold "
        f"{result['threshold']:.2f}"
    )
    rows = [_row(name, methods[name]) for name in ranked(result)]
    notes = [f"{name}: {figures['note']}" for name, figures in methods.items() if figures["note"]]
    away = [result["event"]["sentence"]] if "event" in result else []
    return "\n".join([head, table(rows), *notes, *away])


def _row(name: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "method": name,
        "deletion": _number(figures["deletion_auc"]),
        "insertion": _number(figures["insertion_auc"]),
        "sanity": f"{SANE[figures['sane']]} ({_number(figures['sanity'], 2)})",
        "stability": _number(figures["stability"], 2),
        "agreement": _number(figures.get("agreement"), 2),
        "evaluations": figures["evaluations"],
        "seconds": f"{figures['seconds']:.1f}",
    }


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


VERBS = (
    Verb(
        "explain",
        "explain the score of one frame by several methods",
        "Each method gives a map of what raised the score, with figures that say how far to believe it, written as "
        "METHOD.npy, METHOD.png and explain.json; what is finished is kept when it is stopped.",
        "explain assets/demo/plaza.mp4 --camera plaza --frame 400 --methods lrp-composite,shap-partition --out why",
        _arguments,
        run,
    ),
)
