"""X-MAN's mAP on the page: coverage of the labelled frames, precision of each class beside chance, confusions."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from pipeline.evaluation import xman_text
from pipeline.evaluation.xman import UNANSWERED
from pipeline.evaluation.xman_result import LOWEST, XmanResult
from pipeline.evaluation.xman_text import NEVER, per_cent
from ui import frame
from ui.charts import HOT, LIMIT, QUIET, SCORE
from ui.formatting import escape_markdown, escape_plotly
from ui.helps import heading
from ui.tables import figures

NONE, FULL, SILENT = "rgba(11,114,133,0.05)", "rgba(11,114,133,1)", "rgba(90,100,97,1)"
"""From no frame to all of them, and where no class ranks first; what shines through is the page, light or dark."""
DARK = 0.85
"""Share of a row from which its cell is so dark that white is read better, on light pages and on dark ones."""
INK = {False: "#1c2422", True: "#e3e9e7"}
"""Of the numbers on other cells, on a light page and on a dark one; Streamlit's own is too pale on a light one."""
FEW = 12
"""Classes up to which rows are high."""
LONGEST_LABEL = 30
"""Letters of a class beside a chart; the rest is told on its bar or cell."""
WIDE, WIDEST_CELL, LEAST_CELL = 1090, 46, 15
"""Pixels of a page at 1280, and of a matrix's cell."""
LETTER = 6.9
"""Pixels of a letter of the labels, on average."""
UNANSWERED_HELP = (
    "X-MAN's authors ask for a score of every class for all frames of the data set, so every labelled frame counts. "
    "How a frame without any score counts, neither they nor the paper of VQU-Net say: here it ranks last."
)
WAY = "xman-unanswered"
SIDE_BY_SIDE = 8
"""Most classes whose matrix fits beside their chart."""


def precision_by_class(result: XmanResult) -> go.Figure:
    """Draw each class's average precision as a bar with its interval, and what chance earns as a mark on it."""
    found = result.chosen
    precision = {name: ap for name, ap in found.per_class["per_class"].items() if ap is not None}
    kept, value = list(precision), list(precision.values())
    chance = [found.chance.per_class["per_class"][name] for name in kept]
    spans = [found.per_class_interval[name] or (ap, ap) for name, ap in zip(kept, value, strict=True)]
    rows, told = list(range(len(kept))), [escape_plotly(name) for name in kept]
    figure = go.Figure()
    figure.add_bar(
        x=value, y=rows, orientation="h", name="average precision", marker={"color": SCORE, "opacity": 0.75},
        customdata=told, hovertemplate="%{customdata}: AP %{x:.3f}<extra></extra>",
        error_x={"type": "data", "symmetric": False, "color": QUIET, "thickness": 1.2, "width": 3,
                 "array": [max(high - ap, 0) for (_, high), ap in zip(spans, value, strict=True)],
                 "arrayminus": [max(ap - low, 0) for (low, _), ap in zip(spans, value, strict=True)]},
    )  # fmt: skip
    figure.add_scatter(
        x=chance, y=rows, mode="markers", name="by chance", customdata=told,
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": LIMIT}},
        hovertemplate="%{customdata}: by chance %{x:.3f}<extra></extra>",
    )  # fmt: skip
    for row, (name, ap) in enumerate(zip(kept, value, strict=True)):
        said = NEVER if name in found.never_predicted else f"{ap:.3f}"
        figure.add_annotation(x=1.02, xref="paper", xanchor="left", y=row, showarrow=False, text=said)
    for mean, colour in ((found.figures["map"], SCORE), (found.chance.figures["map"], LIMIT)):
        if mean is not None:
            figure.add_vline(x=mean, line={"dash": "dash", "width": 1.2, "color": colour})
    return _lined(figure, kept)


def _lined(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    """Give bars their labels and a height that suits their number."""
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=[_cut(name) for name in names], showgrid=False,
                        range=[len(names) - 0.4, -0.6], zeroline=False)  # fmt: skip
    figure.update_xaxes(range=[0, 1.02], title="average precision (dashed: the means)", zeroline=False)
    figure.update_layout(height=104 + (34 if len(names) <= FEW else 21) * max(len(names), 1), bargap=0.35,
                         margin={"l": 8, "r": 104, "t": 8, "b": 8},
                         legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"})  # fmt: skip
    return figure


def confusion(result: XmanResult, *, dark: bool = False) -> go.Figure:
    """Draw which class ranks first in the frames of each class, in per cent of those frames.

    Classes without a frame have no row, and those that are never first and have none no column.
    """
    names, counts = result.chosen.confusion.classes, result.chosen.confusion.rows
    rows = [i for i, row in enumerate(counts) if sum(row)]
    columns = [j for j in range(len(names)) if j in rows or any(counts[i][j] for i in rows)]
    figure = go.Figure()
    for full, chosen in ((FULL, [j for j in columns if j < len(names) - 1]),
                         (SILENT, [j for j in columns if j == len(names) - 1])):  # fmt: skip
        told = [[f"{escape_plotly(names[j])} ranks first in {counts[i][j]:,} of {sum(counts[i]):,} frames of "
                 f"{escape_plotly(names[i])}" for j in chosen] for i in rows]  # fmt: skip
        figure.add_heatmap(
            x=[columns.index(j) for j in chosen], y=list(range(len(rows))), hovertext=told, hoverinfo="text", zmin=0,
            z=[[counts[i][j] / sum(counts[i]) for j in chosen] for i in rows], zmax=1, showscale=False, xgap=1, ygap=1,
            colorscale=[[0, NONE], [1, full]],
        )  # fmt: skip
    for place, i in enumerate(rows):
        at = columns.index(i)
        figure.add_shape(type="rect", x0=at - 0.5, x1=at + 0.5, y0=place - 0.5, y1=place + 0.5,
                         line={"color": HOT, "width": 1.5})  # fmt: skip
    cells = [(k, place, counts[i][j] / sum(counts[i])) for place, i in enumerate(rows) for k, j in enumerate(columns)]
    heads = [_cut(names[j]) for j in columns]
    return _squared(
        _numbered(figure, cells, INK[dark]), heads, [f"{_cut(names[i])} ({sum(counts[i]):,})" for i in rows]
    )


def _numbered(figure: go.Figure, cells: Sequence[tuple[int, int, float]], ink: str) -> go.Figure:
    """Write the shares into the cells, white on dark ones."""
    for dark in (False, True):
        some = [(x, y, per_cent(share)) for x, y, share in cells if share and (share > DARK) == dark]
        figure.add_scatter(
            x=[x for x, *_ in some], y=[y for _, y, _ in some], text=[text for *_, text in some], mode="text",
            hoverinfo="skip", showlegend=False, textfont={"color": "white" if dark else ink},
        )  # fmt: skip
    return figure


def _squared(figure: go.Figure, heads: Sequence[str], sides: Sequence[str]) -> go.Figure:
    """Give a matrix its labels, and cells as large as fit."""
    left, top = (LETTER * max(map(len, labels), default=0) + 14 for labels in (sides, heads))
    cell = min(max((WIDE - left) / max(len(heads), 1), LEAST_CELL), WIDEST_CELL)
    high = min(max(0.72 * cell, 17), 33)
    figure.update_traces(selector={"type": "scatter"}, textfont_size=9 if cell < 24 else 12)
    figure.update_xaxes(tickvals=list(range(len(heads))), ticktext=list(heads), side="top", tickangle=-90)
    figure.update_yaxes(tickvals=list(range(len(sides))), ticktext=list(sides))
    figure.update_xaxes(range=[-0.5, len(heads) - 0.5], showgrid=False, zeroline=False, fixedrange=True, ticks="")
    figure.update_yaxes(range=[len(sides) - 0.5, -0.5], showgrid=False, zeroline=False, fixedrange=True, ticks="")
    figure.update_layout(width=left + cell * len(heads) + 8, height=top + high * len(sides) + 12, autosize=False,
                         margin={"l": left, "r": 8, "t": top, "b": 12, "autoexpand": False})  # fmt: skip
    return figure


def _cut(name: str) -> str:
    short = name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
    return escape_plotly(short)


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
                 disabled=not parts, help=UNANSWERED_HELP, captions=none)  # fmt: skip
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
        heading("Average precision, and what chance earns", "average precision")
        st.plotly_chart(precision_by_class(result), key=f"xman-ap-{key}", config={"displayModeBar": False})
    with right, st.container(key=f"matrix-{key}"):
        heading("What ranks first in the frames of each class", "rank score")
        dark = st.context.theme.type == "dark"
        st.plotly_chart(confusion(result, dark=dark), key=f"xman-confusion-{key}", width="content",
                        config={"displayModeBar": False})  # fmt: skip
        st.caption(xman_text.READING)
    figures(xman_text.classes(result))
    with st.expander("What ranks first, as numbers of frames"):
        figures(xman_text.confusion_rows(result.chosen.confusion))
