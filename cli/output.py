"""What the command line prints: tables and JSON on stdout, sentences on stderr."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def any_terminal() -> None:
    """Let every character be printed: one that the terminal's encoding lacks, as under ``LC_ALL=C``, becomes ``?``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def deliver(result: Any, to: str | None, text: str) -> None:
    """Print ``text``, or write ``result`` as JSON to the file ``to`` (``-``: to stdout, in place of the text)."""
    if to == "-":
        print(json.dumps(result, ensure_ascii=False, allow_nan=False, indent=2))
        return
    print(text)
    if to:
        from core.files import write_json

        write_json(Path(to), result)


def complain(error: object, code: int) -> int:
    """Print one sentence on stderr and return the exit code."""
    print(f"whycam: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Set rows that share their keys as columns; None is an empty cell.

    >>> print(table([{"name": "eer", "about": "equal error rate"}, {"name": "f1", "about": "best F1"}]))
    name  about
    eer   equal error rate
    f1    best F1
    """
    if not rows:
        return "none"
    lines = [list(rows[0]), *[["" if v is None else str(v) for v in row.values()] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
