"""One run: its progress while it is at work, its answer once it is done."""

import streamlit as st

from pipeline import run_view
from pipeline.store import Run
from ui import events, frame, progress, results

frame.page("Run")

run = frame.run_of_url()
if run.state != "done":
    frame.title(run, f"camera {run.camera}" if run.camera else "")
    if run.active:
        progress.watch(Run, run.id, "This tab may be closed: the run goes on, and is found under Runs.")
    else:
        progress.stopped(run)
    st.stop()

base = results.finished(run)
results.head(run, base)
place = st.container()
threshold = results.threshold_picker(run, base)
cut = run_view.cut(base, threshold)
selected = results.selected_event(cut)
with place:
    results.summary(run, base, cut)
    results.chart(run, cut, selected)
    results.disturbance_list(cut)

if selected is None:
    events.nothing_found(cut)
else:
    with st.spinner("Reading what was kept of the events…"):
        analysis = results.explained(run, threshold)
    listed, looked_at = st.columns([2, 5], gap="large")
    with listed:
        events.event_list(run, analysis, selected)
    with looked_at:
        events.event_view(run, analysis, selected)
results.provenance(base)
