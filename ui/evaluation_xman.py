"""X-MAN's mAP on the page: coverage of the labelled frames, classes beside chance, what is taken for what."""

from collections.abc import Sequence

import streamlit as st

from pipeline.evaluation import xman_text
from pipeline.evaluation.xman import UNANSWERED
from pipeline.evaluation.xman_result import LOWEST, XmanResult
from ui import frame, xman_charts
from ui.formatting import escape_markdown
from ui.tables import figures

SILENT = (
    "X-MAN's authors ask for a score of every class for all frames of the data set, so every labelled frame counts. "
    "How a frame without any score counts, neither they nor the paper of VQU-Net say: here it ranks last."
)
WAY = "xman-unanswered"
SIDE_BY_SIDE = 8
"""Most classes whose matrix fits beside their chart."""


def coverage(named: Sequence[tuple[str, XmanResult]]) -> str:
    """Say how many labelled frames each system answers, in all and by video, and let the others count either way.

    Returns:
        The way, one of :data:`pipeline.evaluation.xman.UNANSWERED`.
    """
    way = str(st.session_state.get(WAY, LOWEST))
    parts = [(name, result) for name, result in named if not result.coverage.complete]
    for name, result in named:
        said = xman_text.coverage(result.counted(way))
        frame.notice(f"{said} ({name})", "good" if result.coverage.complete else "warn")
    left, right = st.columns(2, gap="large")
    with right:
        none = ["There are none: both ways give the same figures", ""] if not parts else None
        st.radio("Labelled frames without a prediction", list(UNANSWERED), format_func=UNANSWERED.__getitem__, key=WAY,
                 disabled=not parts, help=SILENT, captions=none)  # fmt: skip
    with left:
        for name, result in named:
            with st.expander(f"Video by video, {escape_markdown(name)}", expanded=not result.coverage.complete):
                figures(xman_text.videos(result), low=True)
    for name, result in named:
        for sentence in xman_text.said(result.unmatched):
            frame.notice(f"{sentence} ({name})", "warn")
    return way


def classes(key: str, name: str, result: XmanResult) -> None:
    """Show one system's classes: beside chance, and what each is taken for."""
    st.subheader(f"Classes, {escape_markdown(name)}")
    few = len(result.coverage.classes or ()) <= SIDE_BY_SIDE
    left, right = st.columns(2, gap="large") if few else (st.container(), st.container())
    with left:
        st.markdown("**Average precision, and what chance earns**")
        st.plotly_chart(xman_charts.precision_by_class(result), key=f"xman-ap-{key}", config={"displayModeBar": False})
    with right, st.container(key=f"matrix-{key}"):
        st.markdown("**What ranks first in the frames of each class**")
        dark = st.context.theme.type == "dark"
        st.plotly_chart(xman_charts.confusion(result, dark=dark), key=f"xman-confusion-{key}", width="content",
                        config={"displayModeBar": False})  # fmt: skip
        st.caption(xman_text.READING)
    figures(xman_text.classes(result))
    with st.expander("What ranks first, as numbers of frames"):
        figures(xman_text.confusion_rows(result.chosen.confusion))
