"""The cameras there are, and what each was taught."""

import streamlit as st

from pipeline import views
from ui import frame, intake

frame.page("Cameras")

names = list(views.cameras())
if not names:
    st.subheader("No cameras yet")
st.caption("./whycam train makes a camera from normal footage; a clip is only ever held against its own camera.")
for name in names:
    intake.shelf(name)
