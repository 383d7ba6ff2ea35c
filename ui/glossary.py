"""The glossary of ``docs/glossary.md``, as the help page shows it: an index, and a section for each term."""

import re
from pathlib import Path

import streamlit as st

from core.errors import InputError
from ui import frame
from ui.formatting import escape_markdown

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"


def terms() -> dict[str, str]:
    """Return each term with its description, in Markdown, in the order of the file.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        sections = re.split(r"^## +", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    except OSError as error:
        raise InputError(f"the glossary {GLOSSARY.name} cannot be read: {error.strerror}") from error
    pairs = (section.partition("\n") for section in sections)
    return {term.strip(): text.strip() for term, _, text in pairs}


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
