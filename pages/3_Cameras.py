"""The cameras there are, what each was taught, and a new one of one's own footage."""

import streamlit as st

from pipeline.camera import cameras
from ui import camera_training, frame, threshold_proposal, upload

frame.page("Cameras")

names = list(cameras())
if not names:
    st.subheader("No cameras yet")
st.caption("A clip is analysed with its own camera, which was trained on normal footage of that view.")
camera_training.form()
camera_training.training_list()
judged = threshold_proposal.events()
for name in names:
    upload.camera_entry(name)
    threshold_proposal.show(name, judged)
