"""X-MAN's results in the one HTML file of an export: coverage as a warning, and the confusion matrix as a picture."""

import html
from collections.abc import Mapping
from typing import Any

from pipeline.evaluation.xman_text import READING, per_cent

COLOUR, GREY = "11,114,133", "90,100,97"
FEW = 12
"""Columns, or videos, up to which a table is set at its usual size, or open."""
DARK = 0.85
"""Share of a row from which its cell is so dark that white is read better."""
STYLE = """
.coverage{border-left:4px solid #2f8f5b;padding:.5rem .9rem;background:#2f8f5b18;max-width:60rem}
.coverage.part{border-color:#d9731c;background:#d9731c18;font-weight:600}
figure{margin:1.5rem 0;overflow-x:auto}figcaption{max-width:60rem}
.matrix{margin:.5rem 0 0}.matrix th,.matrix td{border:0;padding:.15rem .3rem;font-size:.85rem;white-space:nowrap}
.matrix thead th{height:1px;vertical-align:bottom;text-align:left;font-weight:500}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg)}
.matrix tbody th{text-align:right;font-weight:500}
.matrix td{min-width:1.8rem;text-align:center;border:1px solid #8882;print-color-adjust:exact;
-webkit-print-color-adjust:exact}.matrix td.own{outline:2px solid #e07a1f;outline-offset:-2px}
.matrix thead td{border:0}.dense th,.dense td{font-size:.62rem;padding:0 .05rem;line-height:.95rem}
.dense td{min-width:.8rem}.dense thead th{padding:.1rem 0}.dense thead span{line-height:.85rem}
details summary{cursor:pointer;margin:.5rem 0}
@media print{figure{overflow:visible;break-inside:avoid}.dense{zoom:.62}}"""


def warning(sentence: str, whole: bool) -> str:
    """Set how many labelled frames have a prediction; where it is not all, as a warning."""
    return f'<p class="coverage{"" if whole else " part"}">{html.escape(sentence)}</p>'


def folded(title: str, table: str, rows: int) -> str:
    """Set a table that opens by a click; a short one is open."""
    return f"<details{' open' if rows <= FEW else ''}><summary>{html.escape(title)}</summary>{table}</details>"


def matrix(confusion: Mapping[str, Any]) -> str:
    """Set a confusion matrix as a table whose cells are coloured by their share of the row.

    Classes without a frame have no row, and those that are never first and have none no column.
    """
    names, counts = confusion["classes"], confusion["rows"]
    rows = [i for i, row in enumerate(counts) if sum(row)]
    columns = [j for j in range(len(names)) if j in rows or any(counts[i][j] for i in rows)]
    head = "".join(f'<th scope="col"><span>{html.escape(names[j])}</span></th>' for j in columns)
    body = "".join(
        f'<tr><th scope="row">{html.escape(names[i])} ({sum(counts[i]):,})</th>'
        + "".join(_cell(counts[i][j], sum(counts[i]), i == j, j == len(names) - 1) for j in columns)
        + "</tr>"
        for i in rows
    )
    kind = "matrix dense" if len(columns) > FEW else "matrix"
    table = f'<table class="{kind}"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"<figure><figcaption>{READING}</figcaption>{table}</figure>"


def _cell(count: int, total: int, own: bool, nothing: bool) -> str:
    share = count / total
    ink = ";color:#fff" if share > DARK else ""
    kind = ' class="own"' if own else ""
    style = f"background:rgba({GREY if nothing else COLOUR},{share:.2f}){ink}"
    text = html.escape(per_cent(share))
    return f'<td{kind} style="{style}" title="{count:,} of {total:,} frames">{text}</td>'
