"""Evaluation: cameras and other systems, measured on data sets whose truth is known."""

import streamlit as st

from ui import evaluation, frame

frame.page("Evaluation")

evaluation.ask()
evaluation.watch()
chosen = evaluation.choose()
if not chosen:
    st.caption("Nothing has been measured yet. ./whycam evaluate and ./whycam xman do the same without a browser.")
    st.stop()
st.subheader("What came out")
evaluation.show(chosen)
