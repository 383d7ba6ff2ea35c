"""The help of every figure that a page shows: which term of the glossary explains it, and how that is shown."""

import re
from functools import cache
from pathlib import Path

import streamlit as st

from core.errors import InputError, UnknownNameError
from ui.formatting import escape_html, escape_markdown

FIGURES = {
    **dict.fromkeys(("AUC", "raw AUC", "macro AUC", "protocol's AUC"), "AUC"),
    "EER": "EER", "AUC-PR": "average precision", "pixel AUC": "pixel-level AUC", "RBDC": "RBDC", "TBDC": "TBDC",
    "F1": "F1", "best F1": "F1", "events hit": "events found", "worst clip: events hit": "worst clip",
    "delay, s": "detection delay", "longest delay, s": "detection delay", "normal flagged": "normal flagged",
    "false alarms/h": "false alarms per hour", "false alarms/h, 95 %": "confidence interval",
    "index alone": "frame index baseline", "paper's AUC": "value published", "value": "score", "95 %":
    "confidence interval", "worst clip": "worst clip", "labelled": "frames", "answered": "frames", "frames": "frames",
    "share": "frames", "flagged": "frames", "longest_delay": "detection delay", "normal_flagged": "normal flagged",
    "mAP": "X-MAN mAP", "mAP of the answered frames": "X-MAN mAP", "by chance": "chance",
    "above chance": "chance", "without location": "X-MAN mAP", "11-point": "average precision",
    "11-point AP": "average precision", "AP": "average precision", "macro over videos": "X-MAN mAP",
    "scored": "frames", "abnormal": "frames", "auc": "AUC", "auc_pr": "average precision", "eer": "EER", "f1": "F1",
    "hit": "events found", "events": "event", "delay": "detection delay", "false_alarms": "false alarms per hour",
    "precision": "precision", "recall": "recall", "tracks": "tube",
    "Deletion ↓": "deletion", "Insertion ↑": "insertion", "Sanity": "sanity", "Stability ↑": "stability",
    "Agreement": "agreement", "Evaluations": "evaluations", "Seconds": "seconds", "Frames": "frames of the window",
    "Nats": "nat", "Normal values, and this one": "normal range", "threshold": "threshold",
    "false alarms": "false alarms per hour", "Threshold": "threshold", "Unexplained": "unexplained", "peak": "peak",
}  # fmt: skip
"""Figure, as pages name it, to its term."""
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


@cache
def _first_sentences() -> dict[str, str]:
    """Return the first sentence on each term; nothing where the glossary is gone, which the help page says."""
    try:
        known = terms()
    except InputError:
        return {}
    return {term: re.split(r"(?<=[.!?]) ", " ".join(text.split()))[0] for term, text in known.items()}


def plain(term: str) -> str:
    """Return the first sentence on a term, in Markdown: the help of a figure; empty where the glossary is gone.

    Raises:
        UnknownNameError: the glossary does not have the term.

    >>> plain("F1")
    'Harmonic mean of precision and recall at one threshold, from 0 to 1.'
    """
    known = _first_sentences()
    if known and term not in known:
        raise UnknownNameError("term", term, known)
    return known.get(term, "")


def headed(name: str) -> str:
    """Return a name as HTML, with the help of the figure where it is one; a reader of screens reads both."""
    term = FIGURES.get(name)
    told = "" if term is None else escape_html(plain(term))
    if not told:
        return escape_html(name)
    shown = escape_html(name)
    marks = f'class="helped" tabindex="0" role="note" data-help="{told}" aria-label="{shown}: {told}"'
    return f"<span {marks}>{shown}</span>"


def heading(title: str, term: str, more: str = "") -> None:
    """Head a chart: its title, what follows it in plain type, and the help of what it shows."""
    st.markdown(f"**{escape_markdown(title)}**{escape_markdown(more) and ', ' + escape_markdown(more)}",
                help=plain(term))  # fmt: skip
