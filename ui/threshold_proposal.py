"""A camera's threshold, proposed from the verdicts on its events, with what it would have meant."""

from collections.abc import Sequence

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline import camera as cameras
from pipeline import thresholds
from pipeline.camera import Camera
from pipeline.channels import unit
from pipeline.reviewing import desk
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.proposals import MIN_JUDGED, Outcome, judged, propose
from ui import frame, rights
from ui.formatting import count, escape_html, escape_markdown


def events() -> list[Listed]:
    """Return the events of all runs; none, with a sentence, where they cannot be read."""
    try:
        return desk.listed(())
    except WhycamError as error:
        frame.notice(error, "warn")
        return []


def show(name: str, listed: Sequence[Listed]) -> None:
    """Show what the verdicts on a camera's events propose; nothing where none was given.

    Args:
        name: of the camera.
        listed: events of all runs.
    """
    try:
        camera = cameras.load(name)
    except WhycamError:
        return  # the camera is gone, or its own entry says what is wrong with it
    known = judged(listed, camera)
    if not known:
        return
    found = propose(known, camera.threshold)
    if found is None:
        st.caption(f"{count(len(known), 'event')} of camera {escape_markdown(name)} judged true or false; from "
                   f"{MIN_JUDGED} on, a threshold is proposed.")  # fmt: skip
        return
    of = unit(camera.channels)
    with st.container(border=True, key=f"proposal-{name}"):
        st.html(f"<b>Threshold of {escape_html(name)}</b>, by {found.true} events judged true and {found.false} judged "
                f"false")  # fmt: skip
        if found.proposed == found.now:
            st.html(f'<p class="facts">Now {_said(found.now, of)}. No other threshold is better on these events.</p>')
            return
        st.html(f'<p class="facts">Now {_said(found.now, of)}.<br>Proposed: {_said(found.proposed, of)}.</p>')
        _offer(camera, found.proposed.threshold, of)


def _said(one: Outcome, of: str) -> str:
    return (f"<b>{one.threshold:.2f} {escape_html(of)}</b>: {count(one.false_alarms, 'false alarm')} and "
            f"{count(one.misses, 'missed event')}")  # fmt: skip


def _offer(camera: Camera, threshold: float, of: str) -> None:
    if not cameras.own(camera):
        st.caption("This camera comes with Whycam, and its threshold stays; a run's own can be moved on its page.")
        return
    if st.button(f"Set the threshold to {threshold:.2f} {of}", icon=":material/tune:", key=f"set-{camera.name}",
                 **rights.needs(policy.CAMERAS, help="Holds for clips that are analysed from now on")):  # fmt: skip
        try:
            thresholds.set_threshold(camera.name, threshold)
        except WhycamError as error:
            frame.notice(error)
            return
        st.rerun()
