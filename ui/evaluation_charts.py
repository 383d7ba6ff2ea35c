"""Plotly figures of the evaluation page."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

from ui.charts import EVENT, LIMIT, QUIET, SCORE
from ui.formatting import escape_plotly

COLOURS = (SCORE, "#e07a1f", "#6a4c93", "#2f8f5b", "#c83e4d", "#2b7bbb", "#8d9a96", "#b5830b")
Curves = Mapping[str, Any]


def curve(kind: str, named: Sequence[tuple[str, Curves]]) -> go.Figure:
    """Draw the ROC or the precision-recall curve of several systems.

    Args:
        kind: ``roc`` or ``pr``.
        named: name and curves of each.
    """
    figure = go.Figure()
    for number, (name, curves) in enumerate(named):
        x, y = zip(*curves[kind], strict=True) if curves.get(kind) else ((), ())
        figure.add_scatter(
            x=x, y=y, mode="lines", name=escape_plotly(name), line={"width": 2, "color": COLOURS[number % len(COLOURS)]}
        )
    if kind == "roc":
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": QUIET, "width": 1},
                           showlegend=False, hoverinfo="skip")  # fmt: skip
    axes = {"roc": ("false-positive rate", "true-positive rate"), "pr": ("recall", "precision")}[kind]
    return _styled(figure, *axes, square=True)


def calibration(named: Sequence[tuple[str, Curves]]) -> go.Figure:
    """Draw how often frames of about the same score are abnormal."""
    figure = go.Figure()
    for number, (name, curves) in enumerate(named):
        points = curves.get("calibration", [])
        figure.add_scatter(
            x=[p[0] for p in points], y=[p[1] for p in points], customdata=[p[2] for p in points],
            name=escape_plotly(name),
            mode="lines+markers", line={"color": COLOURS[number % len(COLOURS)]},
            hovertemplate="score %{x:.2f}: %{y:.0%} of %{customdata} frames are abnormal<extra></extra>",
        )  # fmt: skip
    return _styled(figure, "score, in [0, 1] in each clip", "share of abnormal frames", square=True)


def trace(named: Sequence[tuple[str, Mapping[str, Any]]]) -> go.Figure:
    """Draw several systems' scores of one clip, what is abnormal shaded."""
    figure = go.Figure()
    for number, (name, one) in enumerate(named):
        figure.add_scatter(x=one["frames"], y=one["scores"], mode="lines", name=escape_plotly(name),
                           line={"width": 1.4, "color": COLOURS[number % len(COLOURS)]})  # fmt: skip
    for first, last in named[0][1]["abnormal"]:
        figure.add_vrect(x0=first, x1=last + 1, fillcolor=EVENT, line_width=0, layer="below")
    if named[0][1].get("threshold") is not None:
        figure.add_hline(y=named[0][1]["threshold"], line={"color": LIMIT, "width": 1.5, "dash": "dash"})
    figure = _styled(figure, "frame", "score", square=False)
    figure.update_xaxes(range=[0, named[0][1]["length"]])
    return figure


def robustness(points: Sequence[tuple[str, str, float]]) -> go.Figure:
    """Draw the AUC of each system over distortions.

    Args:
        points: system, distortion, AUC.
    """
    figure = go.Figure()
    for number, name in enumerate(dict.fromkeys(system for system, *_ in points)):
        mine = [(escape_plotly(how or "as it is"), auc) for system, how, auc in points if system == name]
        figure.add_scatter(x=[how for how, _ in mine], y=[auc for _, auc in mine], mode="lines+markers",
                           name=escape_plotly(name), line={"color": COLOURS[number % len(COLOURS)]})  # fmt: skip
    return _aucs(figure, "distortion")


def mixed(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Draw the AUC of detectors over the share of anomalies that their training footage had.

    Args:
        rows: ``system``, ``share`` and ``auc``; those of several seeds are averaged.
    """
    figure = go.Figure()
    for number, name in enumerate(dict.fromkeys(row["system"] for row in rows)):
        of = [row for row in rows if row["system"] == name and row["auc"] is not None]
        shares = sorted({row["share"] for row in of})
        means = [fmean(row["auc"] for row in of if row["share"] == share) for share in shares]
        figure.add_scatter(x=shares, y=means, mode="lines+markers", name=escape_plotly(name),
                           line={"color": COLOURS[number % len(COLOURS)]})  # fmt: skip
    figure.update_xaxes(tickformat=".1%")
    return _aucs(figure, "share of abnormal frames in the training footage")


def _aucs(figure: go.Figure, x: str) -> go.Figure:
    """Style AUCs so that chance and perfection frame them, and even one system alone is named."""
    figure = _styled(figure, x, "AUC", square=False)
    least = min((y for trace in figure.data for y in trace.y), default=0.5)
    figure.update_yaxes(range=[min(0.5, least - 0.05), 1.0])
    figure.update_layout(showlegend=True)
    return figure


def _styled(figure: go.Figure, x: str, y: str, *, square: bool) -> go.Figure:
    figure.update_xaxes(title=x, zeroline=False)
    figure.update_yaxes(title=y, zeroline=False)
    if square:
        figure.update_xaxes(range=[0, 1])
        figure.update_yaxes(range=[0, 1.02])
    figure.update_layout(height=340 if square else 260, margin={"l": 8, "r": 8, "t": 8, "b": 8},
                         legend={"orientation": "h", "y": -0.25})  # fmt: skip
    return figure
