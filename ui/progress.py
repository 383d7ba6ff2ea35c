"""A run at work, watched from outside: any number of tabs may look, and none of them holds it."""

import streamlit as st

from core.errors import WhycamError
from core.progress import time_left
from pipeline import jobs
from pipeline.store import Run
from ui import frame
from ui.words import span


@st.fragment(run_every=1.0)
def watch(run_id: str) -> None:
    """Show a run's progress until it is no longer active; then the whole page is drawn again."""
    try:
        run = jobs.get(run_id)
    except WhycamError:
        st.rerun()
    if not run.active:
        st.rerun()
    with st.container(border=True, key="progress"):
        st.progress(run.share or 0.0, text=words(run))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Cancel",
                icon=":material/stop_circle:",
                disabled=run.cancel,
                on_click=frame.act,
                args=(jobs.cancel, run_id),
            )
            st.caption(
                "Cancelling…" if run.cancel else "This tab may be closed: the run goes on, and is found under Runs."
            )


def stopped(run: Run) -> None:
    """Say why a run came to no end, and offer to go on."""
    kind = "bad" if run.state == "failed" else "warn"
    said = {"cancelled": "It was cancelled; what it had scored is kept.", "interrupted": "It was interrupted."}
    frame.notice(run.error or said.get(run.state, "It has not been started."), kind)
    with st.container(horizontal=True):
        again = "Try again" if run.state == "failed" else "Resume"
        if st.button(again, type="primary", icon=":material/play_arrow:"):
            try:
                jobs.resume(run.id)
            except WhycamError as error:
                frame.give_up(error)
            st.rerun()
        st.page_link(frame.NEW, label="Analyse another clip", icon=":material/add:")


def words(run: Run) -> str:
    """Say what a run is doing, how far it is, and how long the whole of it will take."""
    if run.state == "queued":
        return "Waiting: one run is computed at a time on this machine"
    said = [run.stage[:1].upper() + run.stage[1:] or "Starting"]
    if run.unit and run.stage:
        said[0] += f": {run.done:,}" + (f" of {run.total:,}" if run.total else "") + f" {run.unit}"
        if run.fps > 0:
            said.append(f"{run.fps:.1f} {run.unit}/s")
    return " · ".join([*said, time_left(run.seconds_left)])


def lasted(run: Run) -> str:
    """Tell how long a run took."""
    return f"took {span(run.finished - run.started)}" if run.started and run.finished else ""
