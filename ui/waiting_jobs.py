"""The line: jobs of every kind that wait, in the order in which they will be computed, and the way to change it."""

import streamlit as st

from pipeline.kinds import queue
from ui import formatting, frame, progress
from ui.formatting import escape_html


def show() -> None:
    """Show the jobs that wait, drawn anew now and then; nothing where none waits."""
    if queue().line():
        st.subheader("Waiting, the next one first")
        st.fragment(_rows, run_every=2.0)()


def _rows() -> None:
    waiting = queue().line()
    for number, job in enumerate(waiting):
        with st.container(horizontal=True, vertical_alignment="center", key=f"line-{job.id}"):
            said = f"{job.kind} · queued {formatting.ago(job.queued or job.created)}"
            st.html(f'<div class="run">{frame.badge(job.state)}<div><b>{escape_html(job.title)}</b><br>'
                    f"<span>{escape_html(said)}</span></div></div>")  # fmt: skip
            st.button("Next", key=f"Next-{job.id}", icon=":material/vertical_align_top:", disabled=not number,
                      on_click=_prioritise, args=(job.id, waiting[0].priority + 1),
                      help="Compute it before the others")  # fmt: skip
            for label, by, icon in (("Earlier", -1, "upward"), ("Later", 1, "downward")):
                st.button(label, key=f"{label}-{job.id}", icon=f":material/arrow_{icon}:",
                          disabled=not 0 <= number + by < len(waiting), on_click=_move,
                          args=(job.id, by))  # fmt: skip
            progress.cancel_button(job, f"leave-{job.id}")


def _prioritise(job_id: str, priority: int) -> None:
    queue().store.prioritise(job_id, priority)


def _move(job_id: str, by: int) -> None:
    queue().store.move(job_id, by)
