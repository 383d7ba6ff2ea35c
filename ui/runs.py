"""The list of runs: filter, open, resume, delete."""

from collections.abc import Sequence

import streamlit as st

from core.progress import time_left
from people import policy
from pipeline import store
from pipeline.store import STARTABLE, STATES, Run
from ui import formatting, frame, progress, rights
from ui.formatting import escape_html

PAGE = 20


def filters(kept: Sequence[Run]) -> list[str]:
    """Let the user narrow the list; return the ids that are left, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="filters"):
        text = st.text_input("Clip's name", placeholder="any", icon=":material/search:").casefold()
        cameras = st.multiselect("Camera", sorted({run.camera for run in kept if run.camera}), placeholder="any")
        there = [state for state in STATES if any(run.state == state for run in kept)]
        states = st.pills("State", there, selection_mode="multi", format_func=lambda state: formatting.STATES[state])
    return [
        run.id
        for run in kept
        if text in run.clip.casefold()
        and (not cameras or run.camera in cameras)
        and (not states or run.state in states)
    ]


def table(chosen: Sequence[str]) -> None:
    """Show runs, a page at a time; drawn anew now and then while one of them is at work."""
    if not chosen:
        st.caption("No run fits these filters.")
        return
    pages = -(-len(chosen) // PAGE)
    page = st.pagination(pages, key=f"runs-{pages}") if pages > 1 else 1
    shown = set(chosen[(page - 1) * PAGE : page * PAGE])
    busy = any(run.active for run in store.runs() if run.id in shown)
    frame.redrawn(_rows, 2.0 if busy else None, shown, busy)


def _rows(shown: set[str], busy: bool) -> None:
    """Show runs; the whole page is drawn again when the first of them is started or the last of them has ended."""
    listed = [run for run in store.runs() if run.id in shown]
    if any(run.active for run in listed) != busy:
        frame.redraw()
    for run in listed:
        row(run)


def row(run: Run) -> None:
    """Show one run in a line, with what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"run-{run.id}"):
        facts = [f"camera {run.camera}", formatting.ago(run.created), _result(run)]
        frame.job_row(run.state, run.clip, " · ".join(fact for fact in facts if fact))
        st.page_link(frame.RUN, label="Open", icon=":material/open_in_new:", query_params={"run": run.id})
        if run.state in STARTABLE:
            frame.action_button("Resume", "play_arrow", f"resume-{run.id}", store.start, run.id,
                                **rights.needs(policy.ANALYSE))  # fmt: skip
        if run.active:
            progress.cancel_button(run)
        if not run.active and st.button("Delete", key=f"delete-{run.id}", icon=":material/delete:",
                                        **rights.needs(policy.DELETE)):  # fmt: skip
            _confirm(run.id, run.clip)


def _result(run: Run) -> str:
    if run.state == "done":
        top = f", foremost: {run.top_cause}" if run.top_cause else ""
        return formatting.count(run.events or 0, "unusual event") + run.reach + top
    if run.state == "running" and run.share is not None:
        return f"{100 * run.share:.0f} %, {time_left(run.seconds_left)}"
    if run.state == "running":
        return run.stage
    return progress.queue_position(run) if run.state == "queued" else run.reason


@st.dialog("Delete this run?")
def _confirm(run_id: str, clip: str) -> None:
    st.html(f"<p><b>{escape_html(clip)}</b>, its scores, pictures and reports will be gone for good.</p>")
    with st.container(horizontal=True):
        gone = st.button("Delete for good", type="primary", icon=":material/delete:", key="really",
                         on_click=frame.run_action, args=(store.delete, run_id),
                         **rights.needs(policy.DELETE))  # fmt: skip
        if gone or st.button("Keep it", key="keep"):
            st.rerun()
