"""Why this score: explanation methods side by side on one frame of a run, with what says how far to believe them."""

import streamlit as st

from ui import frame, results, why

frame.page("Why")

run = frame.run_of_url()
if run.state != "done":
    frame.title(run)
    st.caption("This run has no answer yet; its scores can be explained when it is done.")
    st.stop()
analysis = results.finished(run)
frame.title(run, f"camera {run.camera}", analysis.detector)
chosen = why.frame_picker(run, analysis)
why.method_form(run, analysis, chosen)
why.watch(run, chosen)
why.show(run, chosen)
results.models_used(analysis)
