"""The choice of what is blurred in what a run keeps."""

from collections.abc import Collection

import streamlit as st

from core.errors import WhycamError
from pipeline import retention
from pipeline.blurs import BLURS, stronger
from ui import frame

CHOICES = {"none": "kept as they are", "persons": "kept blurred, except causes of events", "all": "all kept blurred"}
HELP = (
    "The analysis sees the clip as it came. When it is done, a blurred clip takes its place, and all pictures that are "
    "kept are blurred. What the object model misses stays sharp, and scores cannot be explained anew."
)


def choice(key: str, least: str = "none", disabled: bool = False) -> str:
    """Let one of :data:`pipeline.blurs.BLURS` be chosen; at first it is ``least``."""
    chosen: str = st.selectbox("Persons in clips and pictures", BLURS, BLURS.index(least), key=key, width=300,
                               format_func=CHOICES.__getitem__, help=HELP, disabled=disabled)  # fmt: skip
    return chosen


def of_runs(key: str, cameras: Collection[str]) -> str:
    """Let it be chosen for clips that are to be analysed, and say what is set for their cameras."""
    chosen = choice(key)
    try:
        known = retention.settings()
    except WhycamError as error:
        frame.notice(error)
        return chosen
    for name in sorted({*cameras} & {*known}):
        if stronger(chosen, known[name].blur) != chosen:
            st.caption(f"Of camera {name}, persons are {CHOICES[known[name].blur]}: that is set on its page.")
    return chosen
