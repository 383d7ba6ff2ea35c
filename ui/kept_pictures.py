"""Pictures that a run kept, as ``data:`` addresses for the pages."""

import base64

import streamlit as st

from core.errors import WhycamError
from pipeline import player_data, store
from pipeline.store import Run

THUMBNAIL = 240
"""Pixels of the longer side."""


def small(run: Run, frame: int | None) -> str:
    """Return a small picture of a frame; empty where none is kept.

    Args:
        run: that is done.
        frame: that evidence is kept of, or None.
    """
    return "" if frame is None else _small(run.id, run.ended, frame)


@st.cache_data(max_entries=1000, show_spinner=False)
def _small(run_id: str, finished: float | None, frame: int) -> str:
    try:
        data = player_data.picture(store.get(run_id).folder, frame, THUMBNAIL)
    except WhycamError:  # the run or its evidence is gone: there is no picture
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
