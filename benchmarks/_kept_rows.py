"""Rows of a long measurement, kept as they come, so that it can be stopped and gone on with."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from core.files import write_json
from pipeline.evaluation.results import markdown

UNKNOWN = "unknown"
"""Commit of what is measured outside a checkout."""


@dataclass
class Row:
    """What became of one fault on a ``commit``: how many were staged and found, and sentences on false and missed ones.

    ``starts`` and ``ends`` are the seconds by which each that was found begins and ends too early or too late.
    """

    name: str
    commit: str = UNKNOWN
    staged: int = 0
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        """Return the row as it is shown."""
        return {
            "staged": self.name,
            "found": f"{len(self.starts)} of {self.staged}" if self.staged else "",
            "start, median": _median(self.starts),
            "start, worst": f"{max(self.starts):.1f} s" if self.starts else "",
            "end, median": _median(self.ends),
            "false": len(self.false),
            "commit": self.commit,
        }


def _median(errors: list[float]) -> str:
    return f"{float(np.median(errors)):.2f} s" if errors else ""


def table_of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Format rows of the same columns as a table in Markdown."""
    return markdown([tuple(map(str, row.values())) for row in rows], list(rows[0]) if rows else [])


def kept(path: Path | None) -> dict[str, Row]:
    """Return the rows that a file keeps, by name; none where it is missing, an ``InputError`` for any other content."""
    if path is None or not path.exists():
        return {}
    try:
        rows = [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path.name!r} keeps no rows of this benchmark; delete it, or give another folder") from error
    return {row.name: row for row in rows}


def keep(path: Path | None, rows: Iterable[Row]) -> None:
    """Write the rows to a file, whole or not at all; raises as :func:`core.files.write_json` does."""
    if path is not None:
        write_json(path, [asdict(row) for row in rows])


def commit() -> str:
    """Return the commit of the code that runs, and whether files differ from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty= and changes"]
    place = Path(__file__).resolve().parent
    try:
        told = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return told.stdout.strip()
