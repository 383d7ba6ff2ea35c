"""The queue: jobs of every kind that are at work, that wait, and that have ended in the last day."""

import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.progress import time_left
from jobs.job import STARTABLE, Job
from people import policy
from pipeline import kinds
from pipeline.explaining.explanations import Explanation
from pipeline.export.exports import Export
from pipeline.kinds import queue
from ui import formatting, frame, progress, rights

DAY_SECONDS = 24 * 3600.0
LISTED = 50
"""Ended jobs that are shown at most."""
KINDS = {
    kinds.ANALYSIS: "analysis", kinds.PLAYBACK: "playback copy", kinds.EXPLANATION: "explanation of a frame",
    kinds.TRAINING: "training of a camera", kinds.EVALUATION: "evaluation", kinds.EXPORT: "export",
}  # fmt: skip


def show() -> None:
    """Show the queue, drawn anew every second or two; the page around it stays."""
    frame.redrawn(_draw, 2.0)


def _draw() -> None:
    waiting, running, ended = _lists()
    if not (waiting or running):
        st.subheader("Nothing is at work or waiting")
        st.page_link(frame.NEW, label="Start a new analysis", icon=":material/add:")
    if running:
        st.subheader("At work")
    for job in running:
        _running(job)
    if waiting:
        st.subheader("Waiting, the next one first")
    for number in range(len(waiting)):
        _waiting(waiting, number)
    if ended:
        st.subheader("Ended in the last day")
    for job in ended:
        _ended(job)


def _lists() -> tuple[list[Job], list[Job], list[Job]]:
    """Return the jobs that wait, are at work and have ended, each once, though some go on while they are listed."""
    waiting, store = queue().line(), queue().store
    running = [job for job in store.active() if job.state == "running"]
    ended = store.ended_since(time.time() - DAY_SECONDS, LISTED)
    later = {job.id for job in ended}
    running = [job for job in running if job.id not in later]
    later |= {job.id for job in running}
    return [job for job in waiting if job.id not in later], running, ended


def _facts(job: Job, *more: str) -> str:
    return " · ".join(part for part in (KINDS.get(job.kind, job.kind), *more) if part)


def _running(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run-{job.id}"):
        left = "" if job.seconds_left is None else time_left(job.seconds_left)
        frame.job_row(job.state, job.title, _facts(job, job.stage, "stopping…" if job.cancelling else left))
        st.progress(job.share or 0.0, width=160)
        _open(job)
        progress.cancel_button(job)


def _waiting(waiting: Sequence[Job], number: int) -> None:
    job = waiting[number]
    with st.container(horizontal=True, vertical_alignment="center", key=f"run-{job.id}"):
        frame.job_row(job.state, job.title, _facts(job, f"queued {formatting.ago(job.queued or job.created)}"))
        first = queue().advance
        frame.action_button(
            "Next", "vertical_align_top", f"Next-{job.id}", first, job.id,
            **rights.needs(policy.QUEUE, disabled=not number, help="Compute it before the others"),
        )  # fmt: skip
        for label, by, icon in (("Earlier", -1, "upward"), ("Later", 1, "downward")):
            frame.action_button(label, f"arrow_{icon}", f"{label}-{job.id}", partial(queue().move, by=by),
                                job.id,
                                **rights.needs(policy.QUEUE, disabled=not 0 <= number + by < len(waiting)))  # fmt: skip
        progress.cancel_button(job, f"leave-{job.id}")


def _ended(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run-{job.id}"):
        frame.job_row(job.state, job.title, _facts(job, formatting.ago(job.ended or job.created), job.reason))
        _open(job)
        if job.state in STARTABLE:
            label = "Retry" if job.state == "failed" else "Resume"
            frame.action_button(label, "replay", f"retry-{job.id}", queue().submit, job.id,
                                **rights.needs(queue().action(job.kind)))  # fmt: skip


def _open(job: Job) -> None:
    """Link to the page that shows what a job makes."""
    page, query = frame.RUN, {"run": job.id}
    if job.kind == kinds.EXPLANATION:
        one = queue().store.get(job.id, Explanation)
        page, query = frame.WHY, {"run": one.run_id, "at": str(one.frame)}
    elif job.kind == kinds.PLAYBACK:
        query = {"run": job.subject}
    elif job.kind == kinds.EXPORT:
        page, query = _place_of(queue().store.get(job.id, Export))
    elif job.kind != kinds.ANALYSIS:
        page, query = frame.CAMERAS if job.kind == kinds.TRAINING else frame.EVALUATION, {}
    st.page_link(page, label="Open", icon=":material/open_in_new:", query_params=query)


def _place_of(made: Export) -> tuple[str, dict[str, str]]:
    """Return the page, and its query, on which an archive is found."""
    if made.case:
        return frame.CASES, {"case": made.case}
    return (frame.EVENTS, {}) if made.events else (frame.RUN, {"run": next(iter(made.runs), "")})
