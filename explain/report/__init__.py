"""The report: one HTML file for people, JSON and CSV for machines."""

from collections.abc import Callable
from pathlib import Path

from core.analysis import Analysis
from core.files import write_json, write_text
from core.records import Evidence
from explain.report._data import as_json, causes_csv, scores_csv
from explain.report._page import page

__all__ = ["FILES", "write"]

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
