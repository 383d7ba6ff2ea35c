"""A result of :func:`pipeline.evaluation.xman.measure_files` in words: coverage, what does not match, then figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.metrics import OneClass
from pipeline.evaluation._xman_match import some
from pipeline.evaluation.metric_values import further_names
from pipeline.evaluation.xman import LEFT_OUT, complete

NEVER = "never predicted"
READING = (
    "Of the frames of each class, in per cent, which class ranks first; a frame of several classes counts once for "
    "each, the others set aside. Right answers lie on the diagonal."
)


def coverage(result: Mapping[str, Any]) -> str:
    """Say how many labelled frames the predictions answer, and what becomes of the others.

    >>> coverage({"coverage": {"labelled": 3, "answered": 3}, "unanswered": "lowest"})
    'predictions for all 3 labelled frames'
    >>> coverage({"coverage": {"labelled": 821, "answered": 85}, "unanswered": "lowest"})
    'predictions for 85 of 821 labelled frames (10 %); the other 736 count, and rank last in every class'
    """
    answered, labelled = result["coverage"]["answered"], result["coverage"]["labelled"]
    if complete(result):
        return f"predictions for all {labelled:,} labelled frames"
    then = "are left out: the figures are of the answered frames alone" if result["unanswered"] == LEFT_OUT else (
        "count, and rank last in every class")  # fmt: skip
    of = f"{answered:,} of {labelled:,} labelled frames ({percent(answered, labelled)})"
    return f"predictions for {of}; the other {labelled - answered:,} {then}"


def percent(part: int, whole: int) -> str:
    """Write a share so that neither nothing nor all is said of what is only near it.

    >>> percent(85, 821), percent(820, 821), percent(1, 821), percent(0, 5), percent(5, 5), percent(0, 0)
    ('10 %', '99 %', '<1 %', '0 %', '100 %', '–')
    """
    if not whole:
        return "–"
    floored = 100 * part // whole
    return "<1 %" if part and not floored else f"{floored} %"


def videos(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the coverage of each video, a row each."""
    return [
        {"video": row["video"], "labelled": row["labelled"], "answered": row["answered"],
         "share": percent(row["answered"], row["labelled"])}
        for row in result["coverage"]["videos"]
    ]  # fmt: skip


def classes(result: Mapping[str, Any], cell: Any = lambda value: value) -> list[dict[str, Any]]:
    """Return the classes of a result, a row each; ``cell`` writes a figure."""
    chance, spans = result["chance"]["per_class"], result["per_class_interval"]
    return [
        {
            "class": name,
            "frames": result["positives"][name],
            "answered": result["coverage"]["classes"][name],
            "AP": cell(ap),
            "95 %": span(spans[name]),
            "by chance": cell(chance[name]),
            "above chance": _above(result, name),
            "11-point AP": cell(result["per_class_11_point"][name]),
            **{column: cell(result.get(f"per_class_{column}", {}).get(name)) for column in further_names((OneClass,))},
            "taken for": taken_for(result["confusion"], number),
        }
        for number, (name, ap) in enumerate(result["per_class"].items())
    ]


def _above(result: Mapping[str, Any], name: str) -> str:
    ap, chance = result["per_class"][name], result["chance"]["per_class"][name]
    if ap is None:
        return ""
    return NEVER if name in result["never_predicted"] else f"{ap - chance:+.3f}"


def said(unmatched: Mapping[str, Any]) -> list[str]:
    """Say what of the one file is not in the other, a sentence each; :func:`coverage` speaks of labelled frames."""
    sentences = {
        "videos": "videos of the predictions that the labels do not have: {}",
        "classes": "predicted classes that the labels do not have: {}",
        "labelled_classes": "labelled classes that are never predicted: {}",
    }
    found = [text.format(some(unmatched[key])) for key, text in sentences.items() if unmatched[key]]
    if unmatched["frames"]:
        found.append(
            f"{unmatched['frames']} predicted frames are not labelled, such as {', '.join(unmatched['frames_such_as'])}"
        )
    return found + ([unmatched["hint"]] if unmatched["hint"] else [])


def taken_for(confusion: Mapping[str, Any], row: int) -> str:
    """Name the class that most often ranks first in the frames of another."""
    counted = [(n, name) for i, (n, name) in enumerate(zip(confusion["rows"][row], confusion["classes"], strict=True))
               if i != row and n]  # fmt: skip
    n, name = max(counted, default=(0, ""))
    return f"{name} ({n})" if n else ""


def confusion_rows(confusion: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the confusion matrix as numbers of frames: a row for each class, a column for what ranks first."""
    names = confusion["classes"]
    return [{"frames of": name, **dict(zip(names, row, strict=True))}
            for name, row in zip(names[:-1], confusion["rows"], strict=True)]  # fmt: skip


def per_cent(share: float) -> str:
    """Write a share into a cell of a matrix: nothing for none, and never 100 for less than all.

    >>> per_cent(0), per_cent(0.004), per_cent(0.996), per_cent(1)
    ('', '<1', '99', '100')
    """
    return "" if share == 0 else "<1" if share < 0.01 else str(int(100 * share + 1e-9))


def shown(value: float | None) -> str:
    """Write a figure."""
    return "undefined" if value is None else f"{value:.3f}"


def span(ends: Sequence[float] | None) -> str:
    """Write an interval."""
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
