"""A result of :func:`pipeline.evaluation.xman.measure_files` in words: coverage, what does not match, then figures."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.metrics import OneClass
from pipeline.evaluation._xman_match import some
from pipeline.evaluation.figures import shown as shown
from pipeline.evaluation.metric_values import further_names
from pipeline.evaluation.xman_result import LEFT_OUT, Confusion, Unmatched, XmanFigures, XmanResult

NEVER = "never predicted"
READING = (
    "Of the frames of each class, in per cent, which class ranks first; a frame of several classes counts once for "
    "each, the others set aside. Right answers lie on the diagonal."
)


def coverage(result: XmanResult) -> str:
    """Say how many labelled frames the predictions answer, and how the others count: ``predictions for 85 of …``."""
    answered, labelled = result.coverage.answered, result.coverage.labelled
    if result.coverage.complete:
        return f"predictions for all {labelled:,} labelled frames"
    then = "are left out: the figures are of the answered frames alone" if result.unanswered == LEFT_OUT else (
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


def videos(result: XmanResult) -> list[dict[str, Any]]:
    """Return the coverage of each video, a row each."""
    return [asdict(row) | {"share": percent(row.answered, row.labelled)} for row in result.coverage.videos]


def classes(result: XmanResult, cell: Any = lambda value: value) -> list[dict[str, Any]]:
    """Return the classes of a result, a row each; ``cell`` writes a figure."""
    found, answered = result.chosen, result.coverage.classes or {}
    chance = found.chance.per_class["per_class"]
    return [
        {
            "class": name,
            "frames": found.positives[name],
            "answered": answered[name],
            "AP": cell(ap),
            "95 %": span(found.per_class_interval[name]),
            "by chance": cell(chance[name]),
            "above chance": _above(found, name),
            "11-point AP": cell(found.per_class["per_class_11_point"][name]),
            **{
                column: cell(found.per_class.get(f"per_class_{column}", {}).get(name))
                for column in further_names((OneClass,))
            },
            "taken for": taken_for(found.confusion, number),
        }
        for number, (name, ap) in enumerate(found.per_class["per_class"].items())
    ]


def _above(found: XmanFigures, name: str) -> str:
    ap, chance = found.per_class["per_class"][name], found.chance.per_class["per_class"][name]
    if ap is None or chance is None:
        return ""
    return NEVER if name in found.never_predicted else f"{ap - chance:+.3f}"


def said(unmatched: Unmatched) -> list[str]:
    """Return a sentence for each kind of entry that only one file has; labelled frames are in :func:`coverage`."""
    sentences = {
        "videos of the predictions that the labels do not have": unmatched.videos,
        "predicted classes that the labels do not have": unmatched.classes,
        "labelled classes that are never predicted": unmatched.labelled_classes,
    }
    found = [f"{text}: {some(names)}" for text, names in sentences.items() if names]
    if unmatched.frames:
        such = ", ".join(unmatched.frames_such_as)
        found.append(f"{unmatched.frames} predicted frames are not labelled, such as {such}")
    return found + ([unmatched.hint] if unmatched.hint else [])


def taken_for(confusion: Confusion, row: int) -> str:
    """Name the class that most often ranks first in the frames of another."""
    counted = [(n, name) for i, (n, name) in enumerate(zip(confusion.rows[row], confusion.classes, strict=True))
               if i != row and n]  # fmt: skip
    n, name = max(counted, default=(0, ""))
    return f"{name} ({n})" if n else ""


def confusion_rows(confusion: Confusion) -> list[dict[str, Any]]:
    """Return the confusion matrix as numbers of frames: a row for each class, a column for what ranks first."""
    names = confusion.classes
    return [{"frames of": name, **dict(zip(names, row, strict=True))}
            for name, row in zip(names[:-1], confusion.rows, strict=True)]  # fmt: skip


def per_cent(share: float) -> str:
    """Write a share into a cell of a matrix: nothing for none, and never 100 for less than all.

    >>> per_cent(0), per_cent(0.004), per_cent(0.996), per_cent(1)
    ('', '<1', '99', '100')
    """
    return "" if share == 0 else "<1" if share < 0.01 else str(int(100 * share + 1e-9))


def span(ends: Sequence[float] | None) -> str:
    """Write an interval."""
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
