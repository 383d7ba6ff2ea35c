"""A web app with three jobs: one that obeys, one that does not, and one that waits. ``streamlit run``."""

from pathlib import Path

import streamlit as st

from jobs.queue import Queue
from jobs.store import JobStore, new_id
from pipeline.store import Run
from ui import ending

KINDS = {"analysis": "tests.jobs.fake:run"}
if not JobStore().find(Run):
    for do in ("deaf", "slow", "slow"):
        job_id = new_id()
        JobStore().create(Run, job_id, do, f"runs/{job_id}", {"do": do})
        Queue(KINDS).submit(job_id)
app = st.App(Path(__file__).resolve().parents[2] / "app.py", lifespan=ending.lifespan)
