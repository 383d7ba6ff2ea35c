"""A run's archive: made by a job, and offered once it is done."""

import streamlit as st

from core.errors import WhycamError
from pipeline.export import exports
from pipeline.export.exports import Export
from pipeline.store import Run
from ui import frame, progress
from ui.formatting import file_size

BLURRED = {"none": "nobody", "persons": "persons but those of causes", "all": "all persons"}


def latest(run: Run) -> Export | None:
    """Return the newest export of a run alone; None where there is none."""
    return next((one for one in exports.exports() if list(one.runs) == [run.id]), None)


def watch(run: Run) -> None:
    """Show the progress of a run's export while it is at work, and why it failed."""
    made = latest(run)
    if made is None:
        return
    if made.active:
        progress.watch(Export, made.id, "This tab may be closed: the archive is found under Download.")
    elif made.state == "failed":
        frame.notice(f"The archive was not made: {made.reason}", "bad")


def offer(run: Run) -> None:
    """Let a run's archive be made, and downloaded: reports, clips and pictures of events, and a manifest."""
    made = latest(run)
    if made is not None and made.state == "done" and made.path.exists():
        st.download_button(
            f"Archive (ZIP, {file_size(made.path.stat().st_size)})", made.path.read_bytes, f"whycam-{run.id}.zip",
            "application/zip", on_click="ignore", icon=":material/folder_zip:", key=f"archive-{run.id}",
            width="stretch",
            help=f"Blurred: {BLURRED[made.blur]}. SHA-256 of its manifest: {made.sha256}",
        )  # fmt: skip
    with st.form(f"export-{run.id}", border=False):
        blur = st.selectbox("Blur in the archive", list(BLURRED), format_func=BLURRED.__getitem__)
        if st.form_submit_button("Make the archive", icon=":material/archive:", width="stretch",
                                 disabled=made is not None and made.active):  # fmt: skip
            _submit(run, blur)


def _submit(run: Run, blur: str) -> None:
    try:
        exports.submit([run.id], blur)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()
