"""New analysis: clips, their cameras, go."""

import streamlit as st

from people import policy
from pipeline import store
from ui import drafts, frame, rights, runs, upload

frame.page("New analysis")
if not rights.allowed(policy.UPLOAD):
    st.page_link(frame.EVENTS, label="See the events there are", icon=":material/notifications:")
    st.stop()

kept = drafts.of_address()
if not kept:
    drafts.first_upload()
    at_work = [run for run in store.runs() if run.active]
    if at_work:
        st.subheader("Running now")
        runs.table([run.id for run in at_work])
    if not store.runs():
        st.caption("No runs yet: try the demo.")
    st.stop()

if len(kept) > 1:
    drafts.show_many(kept)
else:
    choice, knowledge = st.columns([2, 3], gap="large")
    with choice:
        camera = drafts.show_one(kept[0])
    if camera is not None:
        with knowledge:
            upload.camera_card(camera, kept[0])
drafts.more()
