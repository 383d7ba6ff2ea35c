"""Figures that papers publish of their own methods (``docs/published``)."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "published"
COLUMNS = ("table", "method", "detector", "data", "label_set", "protocol", "measure", "value")


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
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                named = {key: row[key] for key in COLUMNS[:-1]}
                found.append(Figure(paper=path.stem, **named, value=float(row["value"])))
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
