"""The report: one HTML file for people, JSON and CSV for machines."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from core.analysis import Analysis
from core.files import write_json, write_text
from core.records import Evidence
from explain.report._chart import score_chart
from explain.report._data import as_json, causes_csv, scores_csv
from explain.report._event import event_section
from explain.report._html import render
from explain.report._why import why_section

STYLE = Path(__file__).with_name("report.css")
PICTURES = 60
"""Pictures in one report; in a longer one the highest events have theirs, so that the file can still be opened."""
FILES = ("report.html", "report.json", "scores.csv", "causes.csv")


def write(analysis: Analysis, evidence: Callable[[int], Evidence], folder: Path, why: Path | None = None) -> None:
    """Write ``report.html``, ``report.json``, ``scores.csv`` and ``causes.csv``, each whole or not at all.

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it; raises ``InputError`` where nothing was.
        folder: made when missing.
        why: folder of explained frames, a folder each; None for no section of theirs.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    write_json(folder / "report.json", as_json(analysis))
    write_text(folder / "scores.csv", scores_csv(analysis))
    write_text(folder / "causes.csv", causes_csv(analysis))
    write_text(folder / "report.html", page(analysis, evidence, why))


def page(analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None = None) -> str:
    """Return the whole ``report.html``: one page that needs no network, no script and no other file.

    Arguments are those of :func:`write`.
    """
    clock, events = analysis.clock, [one.event for one in analysis.events]
    highest = sorted(range(1, len(events) + 1), key=lambda number: -events[number - 1].peak_score)
    pictured = set(highest[:PICTURES])
    sections = [
        event_section(one, number, analysis, evidence if number in pictured else None)
        for number, one in enumerate(analysis.events, 1)
    ]
    written = f"{datetime.now(UTC):%Y-%m-%d at %H:%M} UTC"
    unusual = sum(clock.length(event.first, event.last) for event in events)
    return render(
        "report.html", analysis=analysis, clip=analysis.clip, clock=clock, written=written, sections=sections,
        style=Markup(STYLE.read_text(encoding="utf-8")),
        seconds=clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0,
        chart=score_chart(analysis), why=why_section(analysis, why), unusual=unusual,
        pictures=PICTURES, unpictured=len(events) - len(pictured), versions=_flat(analysis.versions),
    )  # fmt: skip


def _flat(entries: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """List nested facts one a row; ``weights_sha256`` reads as ``weights SHA-256``."""
    rows: list[tuple[str, str]] = []
    for key, value in entries.items():
        name = f"{before}{key}".replace("_", " ").replace("sha256", "SHA-256")
        name = name[:1].upper() + name[1:]
        told = "–" if value is None else str(value)
        rows += _flat(value, f"{name}, ") if isinstance(value, Mapping) else [(name, told)]
    return rows
