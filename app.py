"""New analysis: a clip, its camera, go."""

import streamlit as st

from pipeline import store
from ui import frame, runs, upload

frame.page("New analysis")

uploaded = upload.clip_picker()
if uploaded is None:
    at_work = [run for run in store.runs() if run.active]
    if at_work:
        st.subheader("Running now")
        runs.table([run.id for run in at_work])
    if not store.runs():
        st.caption("No runs yet: try the demo.")
    st.stop()

upload.show_clip(uploaded)
choice, knowledge = st.columns([2, 3], gap="large")
with choice:
    camera = upload.camera_picker(uploaded)
    if camera is not None:
        upload.start(uploaded, camera)
if camera is not None:
    with knowledge:
        upload.camera_card(camera)
