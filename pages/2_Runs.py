"""The runs there are, with what can be done with each."""

import streamlit as st

from pipeline import store
from ui import frame, runs

frame.page("Runs")

kept = store.runs()
if not kept:
    st.subheader("No runs yet: try the demo")
    st.page_link(frame.NEW, label="Start a new analysis", icon=":material/add:")
    st.stop()

st.page_link(frame.STORAGE, label="Storage and clean-up", icon=":material/hard_drive:")
chosen = runs.filters(kept)
runs.table(chosen)
