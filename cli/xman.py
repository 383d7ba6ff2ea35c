"""The verb ``xman``: predictions measured against X-MAN's labels; nothing of this needs PyTorch."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cli.arguments import Verb, json_file
from cli.output import deliver, table

if TYPE_CHECKING:
    from pipeline.evaluation.xman_result import XmanResult

MEANS = {"map": "mAP", "map_without_location": "without location", "map_11_point": "11-point mAP",
         "map_macro_over_videos": "macro over videos"}  # fmt: skip


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("predictions", type=Path, metavar="PREDICTIONS", help="JSON or CSV of any system")
    verb.add_argument("labels", type=Path, metavar="LABELS", help="X-MAN's JSON")
    verb.add_argument("--unanswered", choices=("lowest", "left-out"), default="lowest",
                      help="labelled frames without a prediction rank last in every class, as X-MAN defines it, or "
                      "are left out; --json has both")  # fmt: skip
    json_file(verb)


def run(options: argparse.Namespace) -> int:
    """Measure predictions against X-MAN's labels."""
    # Its matrices are small: threads would wait for one another longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pipeline.evaluation.xman import measure_files

    result = measure_files(options.predictions, options.labels, options.unanswered)
    deliver(result.as_json(), options.json, show(result))
    return 0


def show(result: "XmanResult") -> str:
    """Format a result as text."""
    from pipeline.evaluation import xman_text

    covered = xman_text.coverage(result)
    parts = [
        f"{result.predictions} against {result.labels}, {len(result.coverage.videos)} videos",
        covered if result.coverage.complete else f"Warning: {covered}",
        table(xman_text.videos(result)),
        *xman_text.said(result.unmatched),
        table(_means(result)),
        table(xman_text.classes(result, xman_text.shown)),
        result.chosen.protocol,
    ]
    return "\n\n".join(parts)


def _means(result: "XmanResult") -> list[dict[str, str]]:
    from pipeline.evaluation.metric_values import further_names
    from pipeline.evaluation.xman_result import LEFT_OUT
    from pipeline.evaluation.xman_text import shown, span

    found, chance = result.chosen, result.chosen.chance
    of = " of the answered frames" if result.unanswered == LEFT_OUT else ""
    keys = {**MEANS, **{name: name for name in further_names()}}
    rows = [(name, found.figures[key], found.intervals.get(key), chance.figures[key]) for key, name in keys.items()]
    rows += [(f"of {kind}", value, None, chance.by_type[kind]) for kind, value in found.by_type.items()]
    return [
        {"figure": f"{name}{of}", "value": shown(value), "95 %": span(ends), "by chance": shown(by_chance)}
        for name, value, ends, by_chance in rows
    ]


VERB = Verb(
    "xman",
    "measure explanations by X-MAN's mAP",
    "Reports how many labelled frames have a prediction, and what does not match. LABELS is X-MAN's JSON, "
    '{"video/frame": [[coarse, fine], ...]}; PREDICTIONS is {"video/frame": [[coarse, fine, score], ...]}, or a '
    "table in CSV with the columns video,frame,coarse,fine,score, of any system.",
    "xman causes.csv labels.json",
    _arguments,
    run,
)
