"""The most confident errors of an evaluation: pictures that open the event."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import WhycamError
from pipeline.evaluation import evaluated_run
from pipeline.evaluation.evaluations import Evaluation
from ui import frame
from ui.formatting import escape_markdown

ACROSS = 6


def show(one: Evaluation, name: str) -> None:
    """Show the worst frames of an evaluation, false alarms first, each with the way to its event."""
    pictures = [(number, row) for number, row in enumerate(one.curves().get("worst", []))
                if (one.folder / f"worst-{number}.jpg").exists()]  # fmt: skip
    for kind, said in (("false alarm", "normal frames that score highest"), ("missed", "abnormal ones, lowest")):
        some = [(number, row) for number, row in pictures if row["kind"] == kind]
        if not some:
            continue
        st.markdown(f"**Most confident errors, {escape_markdown(name)}: {said}**")
        for column, (number, row) in zip(st.columns(ACROSS), some, strict=False):
            with column:
                _picture(one, number, row)


def _picture(one: Evaluation, number: int, row: Mapping[str, Any]) -> None:
    st.image(
        (one.folder / f"worst-{number}.jpg").read_bytes(),
        caption=escape_markdown(f"{row['clip']}, frame {row['frame']}"),
    )
    if one.request.kind != "camera" or one.request.by:
        return
    run = evaluated_run.run_of(one.request, str(row["clip"]))
    if run is None:
        st.button("Analyse clip", icon=":material/play_arrow:", key=f"worst-{one.id}-{number}", on_click=_start,
                  args=(one, str(row["clip"])), help="Runs the camera on this clip, to look at the event")  # fmt: skip
    else:
        label, icon = (
            ("At work", ":material/hourglass_top:") if run.active else ("Open event", ":material/open_in_new:")
        )
        st.page_link(frame.RUN, label=label, icon=icon, query_params={"run": run.id, "at": str(row["frame"])})


def _start(one: Evaluation, clip: str) -> None:
    try:
        evaluated_run.start(one.request, clip)
    except WhycamError as error:
        st.session_state["refused"] = str(error)
