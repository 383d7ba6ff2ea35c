"""The cameras there are, what each was taught, and a new one of one's own footage."""

import streamlit as st

from pipeline import views
from ui import frame, intake, teaching

frame.page("Cameras")

names = list(views.cameras())
if not names:
    st.subheader("No cameras yet")
st.caption("A clip is only ever held against its own camera, which has learnt what is ordinary there.")
teaching.form()
teaching.at_work()
for name in names:
    intake.shelf(name)
