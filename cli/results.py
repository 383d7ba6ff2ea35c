"""The verb ``results``: detectors trained and evaluated over seeds, as a plan says, into one table."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli import ROOT
from cli.arguments import Verb, device, share, whole
from cli.output import table
from cli.progress import progress_line
from core.errors import InputError

if TYPE_CHECKING:
    from core.contracts import Dataset
    from pipeline.evaluation.results import Row

Make = Callable[[Path], "Dataset"]


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("row", nargs="*", metavar="ROW", help="rows of the plan (default: all)")
    verb.add_argument("--data", required=True, metavar="DATASET", help="'./whycam list datasets' names them")
    verb.add_argument("--root", type=Path, metavar="DIR", help="folder of the data set, as published")
    verb.add_argument("--plan", type=Path, metavar="FILE", help="default docs/results/DATASET/plan.toml")
    verb.add_argument("--seeds", type=whole, nargs="+", metavar="N", help="in place of those in the plan")
    verb.add_argument("--work", type=Path, metavar="DIR", help="folder for the cameras that are trained")
    verb.add_argument("--again", action="store_true", help="evaluate what is there again, with the cameras in --work")
    verb.add_argument("--anomalies", type=share, nargs="+", default=[], metavar="SHARE",
                      help="train with these shares of anomalies in the footage, such as 0 0.05 0.1, and measure on "
                      "the test clips that none was taken from")  # fmt: skip
    verb.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown, too")
    device(verb)


def run(options: argparse.Namespace) -> int:
    """Train what a plan asks for and is not there yet, and print the table."""
    from core.files import write_text
    from core.registry import collect, pick
    from pipeline.evaluation import results

    make = pick("data set", options.data, collect("footage", "DATASETS"))
    path = options.plan or ROOT / "docs" / "results" / options.data / "plan.toml"
    if not path.exists():
        raise InputError(f"there is no plan of data set {options.data!r} ({path}); give one with --plan FILE")
    plan = results.plan(path)
    rows = results.chosen(plan, options.row)
    if options.anomalies:
        return _with_anomalies(options, rows, path, make)
    _train(options, rows, path.parent, make)
    found = [*results.lines(rows, results.results(path.parent, plan)), *results.baseline(path.parent)]
    print(table([dict(zip(results.HEAD, line, strict=True)) for line in found]))
    if options.markdown:
        write_text(options.markdown, results.markdown(found))
    return 0


def _train(options: argparse.Namespace, rows: "list[Row]", folder: Path, make: Make) -> None:
    """Train the rows that have no result yet, where the data set is at hand."""
    from core.device import choose
    from pipeline.evaluation.results import result_file, run

    for row, seed in _asked(options, rows):
        if options.again or not result_file(folder, row.name, seed).exists():
            print(f"{row.name}, seed {seed}", file=sys.stderr)
            with progress_line() as line:
                run(row, seed, make(options.root), folder, _work(options), choose(options.device), line.step, line)


def _with_anomalies(options: argparse.Namespace, rows: "list[Row]", plan: Path, make: Make) -> int:
    """Train rows of a plan with anomalies among the footage, and print the figures of all of them."""
    from core.device import choose
    from pipeline.evaluation import contamination
    from pipeline.evaluation.figures import shown
    from pipeline.evaluation.results import result_file

    asked = [(row, seed, part) for row, seed in _asked(options, rows) for part in options.anomalies]
    for row, seed, part in asked:
        if options.again or not result_file(plan.parent, contamination.name_of(row.name, part), seed).exists():
            print(f"{row.name}, seed {seed}, {part:.1%} anomalies", file=sys.stderr)
            with progress_line() as line:
                contamination.run(row, part, seed, make(options.root), contamination.donors(plan), plan.parent,
                                  _work(options), choose(options.device), line.step, line)  # fmt: skip
    found = contamination.read_results(plan.parent)
    print(table([{**row, "share": f"{row['share']:.1%}", "auc": shown(row["auc"])} for row in found]))
    return 0


def _asked(options: argparse.Namespace, rows: "list[Row]") -> "Iterator[tuple[Row, int]]":
    """Yield rows and seeds that are to be trained; none without the data set's folder."""
    yield from ((row, seed) for row in rows for seed in options.seeds or row.seeds if options.root)


def _work(options: argparse.Namespace) -> Path:
    """Return the folder for the cameras that are trained."""
    from core.files import home

    folder: Path = options.work or home() / "results" / options.data
    return folder


VERB = Verb(
    "results",
    "train and evaluate detectors over seeds, as a plan says, into one table",
    "Each result is one JSON file beside the plan; what is there is not trained again, and what was stopped goes "
    "on from its last epoch. Without --root nothing is trained and the table is shown as it is.",
    "results bcae1 vqunet-prediction --data ped2 --root path/to/UCSDped2",
    _arguments,
    run,
)
