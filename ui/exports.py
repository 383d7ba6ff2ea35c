"""Archives: made by jobs, watched, and offered once they are done; of a run, of chosen events, or of a case."""

from collections.abc import Sequence

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline.export import exports
from pipeline.export.exports import Export
from pipeline.reviewing import labels
from pipeline.reviewing.desk import Listed
from pipeline.store import Run
from ui import frame, progress, rights
from ui.formatting import escape_markdown, file_size

BLURRED = {"none": "nobody", "persons": "persons but those of causes", "all": "all persons"}
OWN, WATCHED = "exported", "exports-watched"
FAILED = ("failed", "interrupted")
LISTED = 5
"""Archives of chosen events that are offered, the newest first."""


def latest(run: Run) -> Export | None:
    """Return the newest export of a run alone with all of its events; None where there is none."""
    return next((one for one in exports.exports() if list(one.runs) == [run.id] and not one.events), None)


def own() -> Export | None:
    """Return the archive of events that was asked for in this tab last; None where there is none, or it is gone."""
    if not (asked := st.session_state.get(OWN)):
        return None
    try:
        return exports.get(asked)
    except WhycamError:
        del st.session_state[OWN]
        return None


def found_at(made: Export) -> str:
    """Say where an archive is found once it is done."""
    if made.case:
        return "under its case on the page Cases"
    return "under Download on the page Events" if made.events else "under Download on its run's page"


def show(made: Export) -> None:
    """Show an archive in a line or two: how far it is, its download, or why it was not made."""
    if made.active:
        st.session_state.setdefault(WATCHED, set()).add(made.id)
        progress.watch(Export, made.id, f"This tab may be closed: the archive is found {found_at(made)}.")
    elif made.state == "done" and made.path.exists():
        of_run = not made.events
        st.download_button(
            f"{'Archive' if of_run else escape_markdown(made.title)} (ZIP, {file_size(made.path.stat().st_size)})",
            made.path.read_bytes, f"whycam-{made.runs[0] if of_run else made.id}.zip", "application/zip",
            on_click="ignore", icon=":material/folder_zip:", key=f"archive-{made.id}", width="stretch",
            help=f"Blurred: {BLURRED[made.blur]}. SHA-256 of its manifest: {made.sha256}",
        )  # fmt: skip
    elif made.state in FAILED:
        frame.notice(f"The archive {made.title!r} was not made: {made.reason}")


def of_events() -> list[Export]:
    """Return the newest archives of chosen events that are of no case."""
    return [one for one in exports.exports() if one.events and not one.case][:LISTED]


def offer_of_events(made: Sequence[Export]) -> None:
    """Show archives of chosen events; nothing where there is none."""
    if made:
        st.markdown("**Archives of chosen events**")
    for one in made:
        show(one)


def offer_labels(found: Sequence[Listed]) -> None:
    """Offer the verdicts on some events as a table, and with all that was said of them."""
    st.markdown("**Labels**: verdicts on the events that fit the filters")
    held = rights.needs(policy.EXPORT)
    st.download_button("CSV", lambda: labels.csv_labels(found), "labels.csv", "text/csv", on_click="ignore", **held)
    st.download_button("JSON, with every record", lambda: labels.json_labels(found), "labels.json",
                       "application/json", on_click="ignore", **held)  # fmt: skip


def of_run(run: Run) -> list[Export]:
    """Return the newest archive of a run, and that of its events which was asked for in this tab."""
    asked = own()
    return [one for one in (latest(run), asked if asked and run.id in asked.runs else None) if one is not None]


def state(made: Sequence[Export]) -> str:
    """Say in two words what archives are at, for the button under which they are found; empty for nothing new."""
    if any(one.active for one in made):
        return "archive at work"
    watched = [one for one in made if one.id in st.session_state.get(WATCHED, set())]
    if any(one.state == "done" for one in watched):
        return "archive ready"
    return "archive failed" if any(one.state in FAILED for one in watched) else ""


def offer(run: Run, made: Sequence[Export]) -> None:
    """Let a run's archive be made, and show those that there are; see :func:`of_run`."""
    for one in made:
        show(one)
    with st.form(f"export-{run.id}", border=False):
        blur = st.selectbox("Blur in the archive", list(BLURRED), format_func=BLURRED.__getitem__)
        busy = any(one.active and not one.events for one in made)
        if st.form_submit_button("Make the archive", icon=":material/archive:", width="stretch",
                                 **rights.needs(policy.EXPORT, disabled=busy)):  # fmt: skip
            _submit(run, blur)


def _submit(run: Run, blur: str) -> None:
    try:
        exports.submit([run.id], blur)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()
