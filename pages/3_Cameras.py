"""The cameras there are, one of them in a view of its own, and a new one of one's own footage."""

import streamlit as st

from pipeline.camera import cameras
from ui import camera_training, camera_view, frame, threshold_proposal

frame.page("Cameras")

if chosen := st.query_params.get("camera"):
    camera_view.show(chosen)
    st.stop()

names = list(cameras())
if not names:
    st.subheader("No cameras yet")
st.caption("A clip is analysed with its own camera, which was trained on normal footage of that view.")
camera_training.form()
camera_training.training_list()
judged = threshold_proposal.events()
for name in names:
    camera_view.entry(name)
    threshold_proposal.show(name, judged)
