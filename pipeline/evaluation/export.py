"""Results of evaluations as CSV, JSON, a LaTeX table, and one HTML file that needs no network."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import csv_text
from core.metrics import Decisions, Events, FrameScores, LocatedHeat
from core.templates import environment
from pipeline.evaluation import event_rows, xman_text
from pipeline.evaluation.metric_values import further_names, named
from pipeline.evaluation.xman_result import LEFT_OUT, Confusion, XmanResult
from pipeline.false_alarms import number

if TYPE_CHECKING:
    from pandas import DataFrame

FORMATS = {"csv": "text/csv", "json": "application/json", "tex": "text/x-tex", "html": "text/html"}
FIGURES = {
    "AUC": ("auc", "micro_normalised"), "raw AUC": ("auc", "micro_raw"), "macro AUC": ("auc", "macro"),
    "protocol's AUC": ("auc", "protocol"), "EER": ("eer",), "AUC-PR": ("auc_pr",),
    "pixel AUC": ("localisation", "pixel_auc"),
    "RBDC": ("localisation", "rbdc"), "TBDC": ("localisation", "tbdc"), "F1": ("f1",), "best F1": ("f1_oracle",),
    "events hit": ("alarms", "events_found"), "delay, s": ("alarms", "detection_delay"),
    "longest delay, s": ("alarms", "longest_delay"), "false alarms/h": ("alarms", "false_alarms"),
    "normal flagged": ("alarms", "normal_flagged"),
    "index alone": ("frame_index", "auc", "micro_normalised"),
}  # fmt: skip
JSON_ALONE = ("precision", "recall", "gmean.value", "gmean.precision", "gmean.recall", "gmean.f1")
"""Metrics that the table leaves to the JSON; any other that has no column above gets one under its own name."""
PLACES: dict[type, tuple[str, ...]] = {
    FrameScores: (),
    Decisions: (),
    LocatedHeat: ("localisation",),
    Events: ("alarms",),
}
"""Where results keep the metrics that need these."""
XMAN = {"without location": "map_without_location", "11-point": "map_11_point",
        "macro over videos": "map_macro_over_videos"}  # fmt: skip
XMAN_DATA, XMAN_MEASURES = ("ped2", "avenue"), ("xman_map", "xman_map_without_location")
TEMPLATES = Path(__file__).parent / "templates"
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "published"
"""Figures that papers publish of their own methods."""
COLOUR, GREY = "11,114,133", "90,100,97"
MAX_OPEN = 12
"""Columns of a matrix at its usual size, and videos in a table that is open."""
MIN_WHITE = 0.85
"""Share of a row above which white text is easier to read in its cell."""
Result = Mapping[str, Any] | XmanResult
"""Of detection, as its JSON; or of explanations."""


def at(result: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return what lies at a path of keys, None where nothing does."""
    value: Any = result
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return one row of figures for each result; figures that none of them has are left out."""
    made = [_xman_row(one) if isinstance(one, XmanResult) else _row(one) for one in results]
    kept = [
        key for key in dict.fromkeys(k for row in made for k in row) if any(row.get(key) is not None for row in made)
    ]
    return [{key: row.get(key) for key in kept} for row in made]


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    named = {"system": result["camera"], "distortion": result.get("distortion"), "data": result.get("data"),
             "labels": result["label_set"]}  # fmt: skip
    for key in ("protocol", "smoothing", "normalisation"):
        named[key] = result["rules"][key]
    figures = {name: at(result, path) for name, path in {**FIGURES, **_further()}.items()}
    if span := at(result, ("false_alarms", "interval")):
        figures["false alarms/h, 95 %"] = " to ".join(map(number, span))
    figures["worst clip: events hit"] = event_rows.clip("events_found", result.get("worst", {})) or None
    return named | figures | {"paper's AUC": _paper(result)}


def _further() -> dict[str, tuple[str, ...]]:
    """Return where results keep the metrics that have no column in :data:`FIGURES`."""
    paths = {name: (*place, *name.split(".")) for needs, place in PLACES.items() for name in named(needs)}
    shown_above = {*FIGURES.values()}
    return {name: path for name, path in paths.items() if path not in shown_above and name not in JSON_ALONE}


def _xman_row(result: XmanResult) -> dict[str, Any]:
    """Return the figures of explanations: first how many frames have any, then the mean with its value by chance."""
    left_out, figures = result.unanswered == LEFT_OUT, result.chosen.figures
    span = result.chosen.intervals["map"]
    return {
        **{"system": result.camera, "distortion": None, "data": None},
        "labels": result.labels,
        "labelled": result.coverage.labelled,
        "answered": result.coverage.answered,
        "unanswered": "left out" if left_out else "rank last",
        f"mAP{' of the answered frames' if left_out else ''}": result.map,
        "by chance": result.chosen.chance.figures["map"],
        "95 %": xman_text.span(span) if span else None,
        **{name: figures.get(key) for name, key in XMAN.items()},
        **{name: figures.get(name) for name in further_names()},
    }


def _paper(result: Mapping[str, Any]) -> float | None:
    """Return what the detector's paper prints for the same data and labels, None where it prints nothing."""
    detector = str(result.get("detector") or "")
    found = comparable_figures(str(result["data"]), str(result["label_set"]), detector=detector) if detector else []
    return found[0].value if found else None


def papers(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return what papers print for the same data and labels, the best first.

    There are none for figures of the answered frames alone: no paper leaves frames out.
    """
    found = []
    for result in results:
        if not isinstance(result, XmanResult):
            found += comparable_figures(str(result["data"]), str(result["label_set"]))
        elif result.unanswered != LEFT_OUT or result.coverage.complete:
            found += [f for m in XMAN_MEASURES for data in XMAN_DATA for f in comparable_figures(data, "x-man", m)]
    return [
        {"method": f.method, "data": f.data, "measure": f.measure.replace("_", " "), "value": f.value,
         "labels": f.label_set, "protocol": f.protocol, "from": f"{f.paper}, table {f.table}"}
        for f in dict.fromkeys(found)
    ]  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One figure of one paper; ``docs/published/README.md`` explains the columns.

    Attributes:
        paper: key in the bibliography.
        table, method, detector, data, label_set, protocol, measure: as in its file.
        value: a share.
    """

    paper: str
    table: str
    method: str
    detector: str
    data: str
    label_set: str
    protocol: str
    measure: str
    value: float


@cache
def published_figures() -> tuple[Figure, ...]:
    """Read all published figures."""
    found = []
    for path in sorted(PUBLISHED.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.append(Figure(paper=path.stem, value=float(row.pop("value")), **row))
    return tuple(found)


def comparable_figures(data: str, label_set: str, measure: str = "auc", detector: str = "") -> list[Figure]:
    """Return the published figures of a data set and measure, the best first.

    Args:
        data: data set; another label set of it is another data set here.
        label_set: those of another label set are left out, those that do not say are kept.
        measure: as in the files.
        detector: keep those of one detector alone; empty for all.
    """
    chosen = [
        figure
        for figure in published_figures()
        if figure.data == data.partition("-3867")[0]
        and figure.measure == measure
        and figure.label_set in (label_set, "unstated", "x-man")
        and detector in ("", figure.detector)
    ]
    return sorted(chosen, key=lambda figure: -figure.value)


def export(results: Sequence[Result], kind: str) -> bytes:
    """Write results in one of :data:`FORMATS`."""
    made = {"csv": _csv, "json": _json, "tex": _tex, "html": _html}[kind](results)
    return made.encode()


def _frame(table: Sequence[Mapping[str, Any]]) -> "DataFrame":
    """Make a table whose cells keep their types."""
    from pandas import DataFrame

    return DataFrame(table, dtype=object)


def _csv(results: Sequence[Result]) -> str:
    table = rows(results)
    return csv_text.text(list(table[0]) if table else [], (row.values() for row in table))


def _json(results: Sequence[Result]) -> str:
    content = [one.as_json() if isinstance(one, XmanResult) else one for one in results]
    return json.dumps({"results": content, "papers": papers(results)}, ensure_ascii=False, allow_nan=False, indent=2)


def shown(value: Any) -> str:
    """Write a cell."""
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _tex(results: Sequence[Result]) -> str:
    table = _frame(rows(results))
    aligned = "".join(
        "r" if table[key].map(lambda v: isinstance(v, float | int | None)).all() else "l" for key in table
    )
    rules = [{"selector": name, "props": ":hline;"} for name in ("toprule", "midrule", "bottomrule")]
    style = table.style.format(shown, escape="latex").format_index(escape="latex", axis="columns").hide(axis="index")
    said = [xman_text.coverage(one) for one in results if isinstance(one, XmanResult)]
    said += [protocol_of(one) for one in results]
    notes = "".join(f"% {' '.join(sentence.split())}\n" for sentence in said)
    return notes + str(style.set_table_styles(rules).to_latex(column_format=aligned))


def protocol_of(result: Result) -> str:
    """Return how a result's figures were computed."""
    return result.chosen.protocol if isinstance(result, XmanResult) else str(result["protocol"])


def _html(results: Sequence[Result]) -> str:
    explained = [one for one in results if isinstance(one, XmanResult)]
    return environment(TEMPLATES).get_template("export.html").render(
        explained=[{"system": one.camera, "complete": one.coverage.complete, "coverage": xman_text.coverage(one),
                    "videos": xman_text.videos(one)} for one in explained],
        rows=rows(results), papers=papers(results), results=[_section(one) for one in results],
        shown=shown, reading=xman_text.READING, few=MAX_OPEN, dark=MIN_WHITE,
    )  # fmt: skip


def _section(result: Result) -> dict[str, Any]:
    """Return what the page shows of one result under its own heading."""
    if isinstance(result, XmanResult):
        details, made = xman_text.classes(result), matrix(result.chosen.confusion)
        return {"system": result.camera, "protocol": protocol_of(result), "details": details, "matrix": made,
                "events": []}  # fmt: skip
    videos = result.get("videos")
    return {"system": result["camera"], "protocol": protocol_of(result), "matrix": None,
            "events": event_rows.rows(result) if "alarms" in result else [],
            "details": videos if isinstance(videos, list) else []}  # fmt: skip


def matrix(confusion: Confusion) -> dict[str, Any]:
    """Return a confusion matrix as the page's template takes it, each cell with its share of the row.

    A class without a frame has no row; one that has none and never ranks first has no column.
    """
    names, counts = confusion.classes, confusion.rows
    filled = [i for i, row in enumerate(counts) if sum(row)]
    columns = [j for j in range(len(names)) if j in filled or any(counts[i][j] for i in filled)]
    made = []
    for i in filled:
        total = sum(counts[i])
        cells = [
            {"count": counts[i][j], "share": counts[i][j] / total, "own": i == j,
             "text": xman_text.per_cent(counts[i][j] / total), "colour": GREY if j == len(names) - 1 else COLOUR}
            for j in columns
        ]  # fmt: skip
        made.append({"name": names[i], "total": total, "cells": cells})
    return {"columns": [names[j] for j in columns], "rows": made, "dense": len(columns) > MAX_OPEN}
