"""One run: its progress while it is at work, its answer once it is done."""

import streamlit as st

from ui import caches, events, frame, progress, results

frame.page("Run")

run = frame.run_of_url()
if run.state != "done":
    frame.title(run, f"camera {run.camera}" if run.camera else "")
    if run.active:
        progress.watch(run.id)
    else:
        progress.stopped(run)
    st.stop()

base = results.finished(run)
results.head(run, base)
place = st.container()
threshold = results.threshold_picker(run, base)
with st.spinner("Reading the evidence…"):
    analysis = caches.analysis(run, threshold)
picked = results.picked_event(analysis)
with place:
    results.summary(run, base, analysis)
    results.chart(run, analysis, picked)

if picked is None:
    events.nothing_found(analysis)
else:
    listed, looked_at = st.columns([2, 5], gap="large")
    with listed:
        events.event_list(run, analysis, picked)
    with looked_at:
        events.event_view(run, analysis, picked)
results.pedigree(analysis)
