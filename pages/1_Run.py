"""One run: its progress while it is at work, its answer once it is done."""

from functools import partial

import streamlit as st

from pipeline import run_view
from pipeline.store import Run
from ui import event_context, events, first_results, frame, player, progress, results, review_actions

frame.page("Run", reviews=True)

run = frame.run_of_url()
if run.state != "done":
    frame.title(run, f"camera {run.camera}" if run.camera else "")
    if run.active:
        progress.watch(Run, run.id, "This tab may be closed: the run goes on, and is found under Runs.",
                       first_results.show)  # fmt: skip
    else:
        progress.stopped(run)
    st.stop()

base = results.finished(run)
with st.container(gap="xsmall", key="result-head"):
    results.head(run, base)
    with st.container():  # its place is kept while it is empty: what follows is not drawn anew, and stays open
        player.ensure_copy(run)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="summary"):
        place = st.container(width="content")
        threshold = results.threshold_picker(run, base)
    cut = run_view.cut(base, threshold)
    with place:
        results.summary(cut)
    results.floor_note(run, threshold)
selected = results.selected_event(cut)
event = None if selected is None else results.explained(run, cut, selected)
opinion = review_actions.opinion_of(run, cut, selected)


def keyed(said: str) -> None:
    """Do what a key of the player says of the event."""
    if event is not None and selected is not None:
        review_actions.pressed(run, cut, event, selected, opinion, said)


film, told = st.columns([9, 5], gap="medium")
with film:
    results.film(run, cut, event, keyed)
with told:
    if event is None or selected is None:
        events.nothing_found(cut)
    else:
        review_actions.panel(run, cut, event, selected, opinion)
        events.event_head(run, cut, event, selected)
        event_context.beside(run, event)
results.disturbance_list(cut)
if event is not None:
    listed, looked_at = st.columns([2, 5], gap="large")
    with looked_at:
        event_context.parts(run, cut, event, partial(events.event_details, run, cut, event))
    with listed:  # after what is looked at: the causes of each event that is listed are ranked for it
        events.event_list(run, cut, selected, lambda number: results.explained(run, cut, number))
results.provenance(base)
