"""How a camera's runs are kept, for how long and how sharp: said on its page, and changed by administrators."""

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline import retention
from pipeline.camera import Camera
from pipeline.retention import MAX_DAYS, Retention
from ui import blurs, frame, rights
from ui.formatting import count


def show(camera: Camera) -> None:
    """Show how runs are kept, and let it be changed."""
    try:
        kept = retention.settings().get(camera.name, Retention())
        over = [run for run in retention.over() if run.camera == camera.name]
    except WhycamError as error:
        frame.notice(error)
        return
    st.caption(
        "After that many days, a run is deleted with its clip, pictures, reports, archives and events. What was said "
        "in reviews and cases stays as a record, without pictures. Runs at work stay until they have ended. What is to "
        "be blurred is so in every analysis from then on; runs that are done stay as they are."
    )
    if over:
        frame.notice(f"{count(len(over), 'run')} will be deleted within the hour.", "warn")
    held = rights.needs(policy.CAMERAS, help="0: until somebody deletes them")
    with st.form(f"retention-{camera.name}", border=False):
        days = st.number_input("Keep runs for, days", 0, MAX_DAYS, kept.days or 0, width=200,
                               **held)  # fmt: skip
        also = st.checkbox("Delete what is in a case, too", kept.cases, disabled=held["disabled"])
        blur = blurs.choice(f"retention-blur-{camera.name}", kept.blur, disabled=held["disabled"])
        if st.form_submit_button("Keep this", **rights.needs(policy.CAMERAS)):
            _put(camera.name, Retention(int(days) or None, also and bool(days), blur))


def _put(camera: str, wanted: Retention) -> None:
    try:
        retention.put(camera, wanted)
    except WhycamError as error:
        frame.notice(error)
        return
    st.rerun()
