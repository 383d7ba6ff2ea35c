"""CSV that spreadsheets open without computing anything; the one place that writes it.

A text that a spreadsheet would take for a formula is marked as text by an apostrophe before it. Numbers stay numbers,
also those that were written as text. :func:`unmarked` takes the apostrophe away where Whycam reads such a file.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")
_RETURN = re.compile(r"\r\n?")
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n\v\f＝＋－＠]")
"""How a formula begins, with apostrophes before it or without any, so that marking can be undone."""


def marked(cell: object) -> object:
    """Mark a text that a spreadsheet would compute; a carriage return becomes a line feed, which is quoted.

    >>> marked("=1+1"), marked("-1.5e-3"), marked("a note"), marked(-1.5)
    ("'=1+1", '-1.5e-3', 'a note', -1.5)
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    told = _RETURN.sub("\n", cell)
    return f"'{told}" if _FORMULA.match(told) else told


def unmarked(cell: str) -> str:
    """Return the text that :func:`marked` was given.

    >>> unmarked("'=1+1"), unmarked("'tis a note"), unmarked("a")
    ('=1+1', "'tis a note", 'a')
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def text(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    r"""Return a table as CSV, lines ending in ``\n``; None is an empty cell.

    >>> text(("clip", "score"), [("=a.mp4", -1.5)])
    "clip,score\n'=a.mp4,-1.5\n"
    """
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(map(marked, head))
    table.writerows(map(marked, row) for row in rows)
    return out.getvalue()
