"""The verb ``explain``: what raised the score of one frame, by several methods."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.arguments import Verb, device, whole
from cli.output import table
from cli.progress import progress_line

if TYPE_CHECKING:
    from core.explanation import Counterfactual, FrameExplanation, MethodFigures

SANE = {True: "passed", False: "FAILED", None: "–"}


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("source", metavar="RUN_OR_CLIP", help="video file, or a run's id ('./whycam list runs')")
    verb.add_argument("--camera", help="camera that it comes from (default: the run's, or the only one there is)")
    verb.add_argument("--frame", type=int, required=True, metavar="N", help="which frame, counted from 0")
    verb.add_argument("--methods", default="all", metavar="A,B", help="names in './whycam list methods' (default all)")
    verb.add_argument("--out", type=Path, default=Path("why"), metavar="DIR", help="folder of the maps (default why)")
    verb.add_argument("--event", action="store_true", help="for a run: also the counterfactual of its event, as "
                      "counterfactual.json, before.mp4 and after.mp4")  # fmt: skip
    verb.add_argument("--budget", type=int, metavar="N", help="evaluations that each method may take "
                      "(default 320, fewer of a large network)")  # fmt: skip
    verb.add_argument("--seconds", type=float, metavar="X", help="seconds that each method may take, as far as "
                      "can be foreseen (default: any)")  # fmt: skip
    verb.add_argument("--seed", type=whole, default=0, help="the same seed gives the same maps (default 0)")
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Explain one frame's score, and print how reliable each explanation is."""
    from pipeline.explaining.budgets import budget_of
    from pipeline.explaining.source import explain_source

    with progress_line() as line:
        result, counterfactual = explain_source(
            options.source, options.camera, options.frame, options.methods, options.out,
            budget=budget_of(options.budget, options.seconds), event=options.event, seed=options.seed,
            device_name=options.device, say=line,
        )  # fmt: skip
    print(f"{show(result, counterfactual)}\nmaps: {options.out}")
    return 0


def show(result: "FrameExplanation", counterfactual: "Counterfactual | None") -> str:
    """Format an explanation's figures as a table, the most faithful method first."""
    head = (
        f"frame {result.frame}: score {_number(result.score_db, 2)} dB, threshold {_number(result.threshold_db, 2)} "
        f"dB; the methods explain the residual error, 1 at the camera's maximum: {result.score:.2f}, threshold "
        f"{result.threshold:.2f}"
    )
    rows = [_row(name, result.methods[name]) for name in result.ranked]
    notes = [f"{name}: {figures.note}" for name, figures in result.methods.items() if figures.note]
    return "\n".join([head, table(rows), *notes, *([counterfactual.sentence] if counterfactual else [])])


def _row(name: str, figures: "MethodFigures") -> dict[str, Any]:
    return {
        "method": name,
        "deletion": _number(figures.deletion_auc),
        "insertion": _number(figures.insertion_auc),
        "sanity": f"{SANE[figures.sane]} ({_number(figures.sanity, 2)})",
        "stability": _number(figures.stability, 2),
        "agreement": _number(figures.agreement, 2),
        "evaluations": figures.evaluations,
        "seconds": f"{figures.seconds:.1f}",
    }


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


VERB = Verb(
    "explain",
    "explain the score of one frame by several methods",
    "Each method gives a map of what raised the score, with figures of its reliability, written as "
    "METHOD.npy, METHOD.png and explain.json; what is finished is kept when it is stopped.",
    "explain assets/demo/plaza.mp4 --camera plaza --frame 400 --methods lrp-composite,shap-partition --out why",
    _arguments,
    run,
)
