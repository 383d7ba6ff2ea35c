"""The glossary of ``docs/glossary.md``, as the help page shows it: an index, and a section for each term."""

import re

import streamlit as st

from core.errors import InputError
from ui import frame
from ui.formatting import escape_markdown
from ui.helps import terms


def anchor(term: str) -> str:
    """Return the anchor that GitHub gives to a heading, so that links between terms work there and here.

    >>> anchor("Frame-level AUC (micro)")
    'frame-level-auc-micro'
    """
    return re.sub(r"[^\w-]", "", term.lower().replace(" ", "-"))


def show() -> None:
    """Show the glossary."""
    try:
        known = terms()
    except InputError as error:
        frame.notice(error)
        return
    st.markdown(" · ".join(f"[{escape_markdown(term)}](#{anchor(term)})" for term in known))
    for term, text in known.items():
        st.subheader(escape_markdown(term), anchor=anchor(term))
        st.markdown(text)
