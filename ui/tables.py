"""Tables of figures, as the pages show them."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pipeline.evaluation.export import shown
from ui.formatting import escape_html
from ui.helps import headed


def figures(rows: Sequence[Mapping[str, Any]], low: bool = False) -> None:
    """Show a table whose cells are plain text or numbers."""
    if not rows:
        return
    head = "".join(f"<th>{headed(key)}</th>" for key in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape_html(shown(v))}</td>" for v in row.values()) + "</tr>" for row in rows
    )
    kind = "figures low" if low else "figures"
    st.html(f'<div class="{kind}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')
