"""Results of evaluations as CSV, JSON, a LaTeX table, and one HTML file that needs no network."""

import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.metrics import Decisions, Events, FrameScores, LocatedHeat
from pipeline.evaluation import _xman_html, xman_text
from pipeline.evaluation.metric_values import further_names, named
from pipeline.evaluation.published_figures import comparable_figures
from pipeline.evaluation.xman import LEFT_OUT, complete
from pipeline.false_alarms import number

FORMATS = {"csv": "text/csv", "json": "application/json", "tex": "text/x-tex", "html": "text/html"}
FIGURES = {
    "AUC": ("auc", "micro_normalised"), "raw AUC": ("auc", "micro_raw"), "macro AUC": ("auc", "macro"),
    "protocol's AUC": ("auc", "protocol"), "EER": ("eer",), "AUC-PR": ("auc_pr",),
    "pixel AUC": ("localisation", "pixel_auc"),
    "RBDC": ("localisation", "rbdc"), "TBDC": ("localisation", "tbdc"), "F1": ("f1",), "best F1": ("f1_oracle",),
    "delay, s": ("alarms", "detection_delay"), "false alarms/h": ("alarms", "false_alarms"),
    "index alone": ("frame_index", "auc", "micro_normalised"),
}  # fmt: skip
JSON_ALONE = ("precision", "recall", "gmean.value", "gmean.precision", "gmean.recall", "gmean.f1", "events_found")
"""Metrics that the table leaves to the JSON; any other that has no column above gets one under its own name."""
PLACES: dict[type, tuple[str, ...]] = {
    FrameScores: (),
    Decisions: (),
    LocatedHeat: ("localisation",),
    Events: ("alarms",),
}
"""Where results keep the metrics that need these."""
XMAN = {
    "without location": ("map_without_location",), "11-point": ("map_11_point",),
    "macro over videos": ("map_macro_over_videos",),
}  # fmt: skip
XMAN_DATA, XMAN_MEASURES = ("ped2", "avenue"), ("xman_map", "xman_map_without_location")
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    c: f"\\{c}" for c in "&%$#_{}"
}
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}p{max-width:60rem}
th,td{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid #8884}"""


def at(result: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return what lies at a path of keys, None where nothing does."""
    value: Any = result
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def rows(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row of figures for each result; figures that none of them has are left out."""
    made = [_row(result) for result in results]
    kept = [
        key for key in dict.fromkeys(k for row in made for k in row) if any(row.get(key) is not None for row in made)
    ]
    return [{key: row.get(key) for key in kept} for row in made]


def _row(result: Mapping[str, Any]) -> dict[str, Any]:
    named = {"system": result["camera"], "distortion": result.get("distortion"), "data": result.get("data")}
    if "map" in result:
        return named | _xman_row(result)
    named["labels"] = result["label_set"]
    for key in ("protocol", "smoothing", "normalisation"):
        named[key] = result["rules"][key]
    figures = {name: at(result, path) for name, path in {**FIGURES, **_further()}.items()}
    if span := at(result, ("false_alarms", "interval")):
        figures["false alarms/h, 95 %"] = " to ".join(map(number, span))
    return named | figures | {"paper's AUC": _paper(result)}


def _further() -> dict[str, tuple[str, ...]]:
    """Return where results keep the metrics that have no column in :data:`FIGURES`."""
    paths = {name: (*place, *name.split(".")) for needs, place in PLACES.items() for name in named(needs)}
    shown_above = {*FIGURES.values()}
    return {name: path for name, path in paths.items() if path not in shown_above and name not in JSON_ALONE}


def _xman_row(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of explanations: first how many frames have any, then the mean with its value by chance."""
    left_out = result["unanswered"] == LEFT_OUT
    span = at(result, ("intervals", "map"))
    return {
        "labels": result["labels"],
        "labelled": result["coverage"]["labelled"],
        "answered": result["coverage"]["answered"],
        "unanswered": "left out" if left_out else "rank last",
        f"mAP{' of the answered frames' if left_out else ''}": result["map"],
        "by chance": result["chance"]["map"],
        "95 %": xman_text.span(span) if span else None,
        **{name: at(result, path) for name, path in XMAN.items()},
        **{name: result.get(name) for name in further_names()},
    }


def _paper(result: Mapping[str, Any]) -> float | None:
    """Return what the detector's paper prints for the same data and labels, None where it prints nothing."""
    detector = str(result.get("detector") or "")
    found = comparable_figures(str(result["data"]), str(result["label_set"]), detector=detector) if detector else []
    return found[0].value if found else None


def papers(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what papers print for the same data and labels, the best first.

    There are none for figures of the answered frames alone: no paper leaves frames out.
    """
    found = []
    for result in results:
        if "map" in result and (result["unanswered"] != LEFT_OUT or complete(result)):
            found += [
                f for measure in XMAN_MEASURES for data in XMAN_DATA for f in comparable_figures(data, "x-man", measure)
            ]
        elif "map" not in result:
            found += comparable_figures(str(result["data"]), str(result["label_set"]))
    return [
        {"method": f.method, "data": f.data, "measure": f.measure.replace("_", " "), "value": f.value,
         "labels": f.label_set, "protocol": f.protocol, "from": f"{f.paper}, table {f.table}"}
        for f in dict.fromkeys(found)
    ]  # fmt: skip


def export(results: Sequence[Mapping[str, Any]], kind: str) -> bytes:
    """Write results in one of :data:`FORMATS`."""
    made = {"csv": _csv, "json": _json, "tex": _tex, "html": _html}[kind](results)
    return made.encode()


def _csv(results: Sequence[Mapping[str, Any]]) -> str:
    table, out = rows(results), io.StringIO()
    writer = csv.DictWriter(out, list(table[0]) if table else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def _json(results: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(
        {"results": list(results), "papers": papers(results)}, ensure_ascii=False, allow_nan=False, indent=2
    )


def tex(text: str) -> str:
    r"""Escape text for LaTeX.

    >>> print(tex("50 % of a_b"))
    50 \% of a\_b
    """
    return "".join(_TEX.get(character, character) for character in text)


def shown(value: Any) -> str:
    """Write a cell."""
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _tex(results: Sequence[Mapping[str, Any]]) -> str:
    table = rows(results)
    keys = list(table[0]) if table else []
    numbers = [all(isinstance(row[key], float | int | None) for row in table) for key in keys]
    lines = [
        rf"\begin{{tabular}}{{{''.join('r' if n else 'l' for n in numbers)}}}",
        r"\hline",
        " & ".join(map(tex, keys)) + r" \\",
        r"\hline",
        *(" & ".join(tex(shown(row[key])) for key in keys) + r" \\" for row in table),
        r"\hline",
        r"\end{tabular}",
    ]
    said = [xman_text.coverage(result) for result in results if "map" in result]
    said += [str(result["protocol"]) for result in results]
    notes = [f"% {' '.join(sentence.split())}" for sentence in said]
    return "\n".join([*notes, *lines, ""])


def _html(results: Sequence[Mapping[str, Any]]) -> str:
    parts = ["<h1>Evaluation</h1>"]
    for result in results:
        if "map" in result:
            said = f"{result['camera']}: {xman_text.coverage(result)}"
            videos = xman_text.videos(result)
            parts.append(_xman_html.warning(said, complete(result)))
            parts.append(_xman_html.folded(f"Video by video, {result['camera']}", _table(videos), len(videos)))
    parts.append(_table(rows(results)))
    compared = papers(results)
    if compared:
        parts += ["<h2>As papers print it</h2>", _table(compared)]
    for result in results:
        parts.append(f"<h2>{html.escape(str(result['camera']))}</h2><p>{html.escape(str(result['protocol']))}</p>")
        if "videos" in result and isinstance(result["videos"], list):
            parts.append(_table(result["videos"]))
        if "map" in result:
            parts += [_table(xman_text.classes(result)), _xman_html.matrix(result["confusion"])]
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>Evaluation</title><style>{STYLE}{_xman_html.STYLE}</style>'
    return f'<!doctype html><html lang="en">{head}{body}</html>\n'


def _table(table: Sequence[Mapping[str, Any]]) -> str:
    if not table:
        return ""
    head = "".join(f"<th>{html.escape(str(key))}</th>" for key in table[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(shown(v))}</td>" for v in row.values()) + "</tr>" for row in table
    )
    return f"<table><tr>{head}</tr>{body}</table>"
