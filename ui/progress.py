"""A job at work, watched from outside: any number of tabs may look, and none of them holds it."""

from collections.abc import Callable

import streamlit as st

from core.errors import WhycamError
from core.progress import time_left
from jobs.job import Job
from jobs.store import AnyJob
from people import policy
from pipeline import store
from pipeline.kinds import queue
from pipeline.store import Run
from ui import frame, rights
from ui.formatting import count, duration, escape_markdown


def watch(
    cls: type[AnyJob], job_id: str, goes_on: str = "", extra: Callable[[AnyJob], object] = bool,
    stale: Callable[[AnyJob], bool] = lambda job: False, slim: bool = False,
) -> None:  # fmt: skip
    """Show a job's progress until it is no longer active; then the whole page is drawn again.

    Args:
        cls: of the job.
        job_id: its id.
        goes_on: said beside the button that cancels it.
        extra: shows what else there is of it.
        stale: tells whether the rest of the page is.
        slim: whether one line is all there is room for; ``goes_on`` is then the button's help.
    """

    def draw() -> None:
        try:
            job = queue().get(job_id, cls)
        except WhycamError:
            frame.redraw()
        if not job.active or stale(job):
            frame.redraw()
        if slim:
            _line(job, goes_on)
            return
        with st.container(border=True, key=f"progress-{job_id}"):
            st.progress(job.share or 0.0, text=escape_markdown(describe(job)))
            extra(job)
            with st.container(horizontal=True, vertical_alignment="center"):
                cancel_button(job)
                st.caption("Cancelling…" if job.cancelling else goes_on)

    frame.redrawn(draw, 1.0)


def _line(job: Job, goes_on: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"progress-slim-{job.id}"):
        st.progress(job.share or 0.0, text=escape_markdown(describe(job)))
        cancel_button(job, told=goes_on or None)


def cancel_button(job: Job, key: str | None = None, told: str | None = None) -> None:
    """Offer to stop an active job; ``told`` is the button's help."""
    frame.action_button("Cancel", "stop_circle", key or f"cancel-{job.id}", queue().cancel, job.id,
                        **rights.needs(policy.QUEUE, job.owner, disabled=job.cancelling, help=told))  # fmt: skip


def stopped(run: Run) -> None:
    """Say why a run came to no end, and offer to go on."""
    kind = "bad" if run.state == "failed" else "warn"
    said = {"cancelled": "It was cancelled; what it had scored is kept.", "interrupted": "It was interrupted."}
    frame.notice(run.reason or said.get(run.state, "It has not been started."), kind)
    if run.state == "draft":
        st.page_link(frame.NEW, label="Choose its camera", icon=":material/videocam:", query_params={"clip": run.id})
        return
    with st.container(horizontal=True):
        again = "Try again" if run.state == "failed" else "Resume"
        if st.button(again, type="primary", icon=":material/play_arrow:", **rights.needs(policy.ANALYSE)):
            try:
                store.start(run.id)
            except WhycamError as error:
                frame.stop_with(error)
            st.rerun()
        st.page_link(frame.NEW, label="Analyse another clip", icon=":material/add:")


def describe(job: Job) -> str:
    """Say what a job is doing, how far it is, and how long the whole of it will take."""
    if job.state == "queued":
        return queue_position(job)
    said, told = [job.stage or "Starting"], job.progress
    if told.unit and told.fps > 0:
        said.append(f"{told.fps:.1f} {told.unit}/s")
    return " · ".join([*said, time_left(job.seconds_left)])


def queue_position(job: Job) -> str:
    """Say which place in the line a job has."""
    return f"Waiting: {count(queue().before(job.id), 'job')} before it; one is computed at a time on this machine"


def run_duration(run: Run) -> str:
    """Tell how long a run took."""
    took = run.ended - run.started if run.started and run.ended else -1.0  # less than none: the clock was set back
    return f"took {duration(took)}" if took >= 0 else ""
