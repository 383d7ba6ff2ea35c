"""Events to a case, and events or a case as an archive."""

from collections.abc import Sequence

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline.export import exports
from pipeline.reviewing import cases
from ui import frame, reviewer, rights
from ui.exports import BLURRED, OWN
from ui.formatting import count

ASKED, NEW = "gather", "A new case"


def ask(events: Sequence[str]) -> None:
    """Have the dialog opened for some events when the page is drawn next."""
    st.session_state[ASKED] = list(events)


def dialog_if_asked() -> None:
    """Open the dialog where :func:`ask` was called."""
    if events := st.session_state.pop(ASKED, None):
        _dialog(events)


@st.dialog("Case or export")
def _dialog(events: Sequence[str]) -> None:
    st.caption(f"{count(len(events), 'event').capitalize()} chosen.")
    reviewer.field("dialog")
    known = {case.id: case.name for case in cases.cases()}
    case = st.selectbox("Case", ["", *known], format_func=lambda one: known.get(one, NEW))
    name = st.text_input("Name of the new case", max_chars=cases.MAX_TITLE) if not case else ""
    if st.button("Add to the case", type="primary", icon=":material/create_new_folder:", width="stretch",
                 **rights.needs(policy.REVIEW)):  # fmt: skip
        _add(events, case, name)
    st.divider()
    blur = st.selectbox("Blur in the archive", list(BLURRED), format_func=BLURRED.__getitem__)
    if st.button("Export these events as an archive", icon=":material/archive:", width="stretch",
                 **rights.needs(policy.EXPORT)):  # fmt: skip
        submit(events, blur)


def _add(events: Sequence[str], case: str, name: str) -> None:
    try:
        if case:
            cases.add(case, reviewer.name(), events)
        else:
            cases.create(name, reviewer.name(), events)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()


def submit(events: Sequence[str], blur: str, case: str = "", title: str = "") -> None:
    """Queue an archive of some events; a refusal is shown in place."""
    try:
        made = exports.submit_events(events, blur, case=case, title=title)
    except WhycamError as error:
        frame.notice(error)
        return
    st.session_state[OWN] = made.id
    st.rerun()
