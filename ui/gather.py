"""Events to a case, and events or a case as an archive."""

from collections.abc import Sequence

import streamlit as st

from core.errors import WhycamError
from pipeline.export import exports
from pipeline.export.exports import Export
from pipeline.reviewing import cases
from ui import frame, progress, reviewer
from ui.exports import BLURRED
from ui.formatting import count, escape_markdown, file_size

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
    if st.button("Add to the case", type="primary", icon=":material/create_new_folder:", width="stretch"):
        _add(events, case, name)
    st.divider()
    blur = st.selectbox("Blur in the archive", list(BLURRED), format_func=BLURRED.__getitem__)
    if st.button("Export these events as an archive", icon=":material/archive:", width="stretch"):
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
    st.session_state["exported"] = made.id
    st.rerun()


def watch(made: Export) -> None:
    """Show an archive of events: how far it is, why it failed, or its download."""
    if made.active:
        progress.watch(Export, made.id, "This tab may be closed: the archive is found under Cases.")
    elif made.state == "done" and made.path.exists():
        st.download_button(
            f"{escape_markdown(made.title)} (ZIP, {file_size(made.path.stat().st_size)})", made.path.read_bytes,
            f"whycam-{made.id}.zip", "application/zip", on_click="ignore", icon=":material/folder_zip:",
            key=f"archive-{made.id}",
            help=f"Blurred: {BLURRED[made.blur]}. SHA-256 of its manifest: {made.sha256}",
        )  # fmt: skip
    elif made.state != "done":
        frame.notice(f"The archive {made.title!r} was not made: {made.reason or made.state}")


def watch_own() -> None:
    """Show the archive that was asked for in this tab."""
    if not (asked := st.session_state.get("exported")):
        return
    try:
        watch(exports.get(asked))
    except WhycamError:
        del st.session_state["exported"]
