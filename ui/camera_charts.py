"""Plotly figures of one camera: its training, its normal scores, what thresholds cost, what is normal, and drift."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.arrays import Doubles
from core.normality import AlarmCurve
from core.scored_things import EVERY
from pipeline import camera_facts
from pipeline.camera_facts import Learnt
from pipeline.scene import MIN_SAME_SHARE
from pipeline.training.losses import EpochLoss
from ui.charts import HOT, LIMIT, QUIET, SCORE
from ui.formatting import escape_plotly

HEIGHT = 260
BAND = "rgba(127,127,127,0.16)"


def loss(epochs: Sequence[EpochLoss]) -> go.Figure:
    """Draw the loss of each epoch, stage by stage, and that on held-out windows where there are any."""
    figure = go.Figure()
    numbered = list(enumerate(epochs, 1))
    for number, stage in enumerate(dict.fromkeys(one.stage for one in epochs)):
        own = [(epoch, one) for epoch, one in numbered if one.stage == stage]
        name, colour = escape_plotly(stage or "training"), (SCORE, HOT, LIMIT, QUIET)[number % 4]
        figure.add_scatter(x=[epoch for epoch, _ in own], y=[one.total for _, one in own], name=name,
                           mode="lines+markers", line={"color": colour, "width": 2},
                           hovertemplate="epoch %{x}: loss %{y:.5f}<extra></extra>")  # fmt: skip
        held = [(epoch, one.held_out) for epoch, one in own if one.held_out is not None]
        if held:
            figure.add_scatter(x=[epoch for epoch, _ in held], y=[value for _, value in held], name=f"{name}, held out",
                               mode="lines", line={"color": colour, "width": 1.5, "dash": "dot"})  # fmt: skip
    figure = _styled(figure, "epoch", "loss, lower is better")
    figure.update_yaxes(type="log", dtick=1 if _spread(epochs) > 10 else None)
    figure.update_xaxes(dtick=max(1, len(epochs) // 12))
    return figure.update_layout(showlegend=True)


def _spread(epochs: Sequence[EpochLoss]) -> float:
    totals = [one.total for one in epochs if one.total > 0]
    return max(totals) / min(totals) if totals else 1.0


def normal_scores(quantiles: Sequence[float], threshold: float, unit: str) -> go.Figure:
    """Draw how often normal frames score how high, with the threshold."""
    edges, shares = camera_facts.score_shares(quantiles)
    figure = go.Figure(go.Bar(
        x=(edges[:-1] + edges[1:]) / 2, y=100 * shares, width=edges[1] - edges[0], marker={"color": SCORE},
        hovertemplate=f"%{{y:.1f}} % of normal frames score about %{{x:.1f}} {unit}<extra></extra>",
    ))  # fmt: skip
    figure.add_vline(x=threshold, line={"color": LIMIT, "width": 2, "dash": "dash"})
    figure.add_annotation(x=threshold, y=1, yref="paper", text=f"threshold {threshold:.2f}", showarrow=False,
                          xanchor="right" if threshold > edges.mean() else "left", yanchor="bottom")  # fmt: skip
    figure = _styled(figure, f"score of a frame, {unit}", "% of normal frames")
    figure.update_layout(margin_t=24, bargap=0)
    figure.update_xaxes(range=[edges[0], max(edges[-1], threshold) * 1.04])
    return figure


def alarm_curve(alarms: AlarmCurve, threshold: float, unit: str) -> go.Figure:
    """Draw how many false events an hour each threshold costs, and where the camera stands."""
    figure = go.Figure(go.Scatter(
        x=alarms.thresholds, y=alarms.per_hour, mode="lines", line={"color": SCORE, "width": 2, "shape": "hv"},
        hovertemplate=f"threshold %{{x:.2f}} {unit}: %{{y:.2g}} false alarms an hour<extra></extra>",
    ))  # fmt: skip
    here = alarms.expected(threshold)
    figure.add_scatter(x=[threshold], y=[here], mode="markers+text", marker={"color": LIMIT, "size": 11},
                       text=[f" {here:.2g} an hour"], textposition="top right", hoverinfo="skip")  # fmt: skip
    figure = _styled(figure, f"threshold, {unit}", "false alarms an hour")
    return figure.update_yaxes(type="log", dtick=1)


def ranges(learnt: Sequence[Learnt], name: str) -> go.Figure:
    """Draw the normal range of an attribute for each class: middle half as a box, 5 % to 95 % as whiskers."""
    own = [one for one in learnt if one.name == name]
    boxes = {("all things together" if one.label == EVERY else one.label): one.normal.quantiles for one in own}
    return _boxes({label: (q[1], q[5], q[10], q[15], q[19]) for label, q in boxes.items()}, camera_facts.UNITS[name])


def heights(seen: Mapping[str, Doubles]) -> go.Figure:
    """Draw how tall things are in the picture, in pixels, for each class."""
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    return _boxes({label: tuple(np.quantile(tall, levels).tolist()) for label, tall in seen.items()},
                  "height in pixels of the camera's picture")  # fmt: skip


def _boxes(rows: Mapping[str, tuple[float, ...]], unit: str) -> go.Figure:
    """Draw five numbers of each class: lower whisker, box, middle and upper whisker."""
    columns = list(zip(*rows.values(), strict=True))
    figure = go.Figure(go.Box(
        y=[escape_plotly(label) for label in rows], lowerfence=columns[0], q1=columns[1], median=columns[2],
        q3=columns[3], upperfence=columns[4], orientation="h", fillcolor=BAND, line={"color": SCORE, "width": 1.5},
    ))  # fmt: skip
    figure = _styled(figure, unit, "")
    figure.update_xaxes(rangemode="tozero", range=[0, 1.05 * max(columns[4])])
    figure.update_yaxes(autorange="reversed")
    return figure.update_layout(height=90 + 34 * len(rows))


def classes(rows: Sequence[tuple[str, bool, float, int]]) -> go.Figure:
    """Draw how many of each class a normal frame shows on average; see :func:`pipeline.camera_facts.classes`."""
    figure = go.Figure()
    for told, objects, colour in (("object", True, SCORE), ("action", False, HOT)):
        own = [row for row in rows if row[1] is objects]
        figure.add_bar(
            x=[row[2] for row in own], y=[escape_plotly(row[0]) for row in own], orientation="h", name=told,
            marker={"color": colour}, customdata=[row[3] for row in own],
            hovertemplate="%{y}: %{x:.2g} in a frame, from %{customdata:,} boxes<extra></extra>",
        )  # fmt: skip
    figure = _styled(figure, "mean number in a frame", "")
    figure.update_yaxes(categoryorder="array", categoryarray=[escape_plotly(row[0]) for row in rows][::-1])
    figure.update_xaxes(type="log", tickvals=[0.01, 0.1, 1, 10, 100], ticktext=["0.01", "0.1", "1", "10", "100"])
    return figure.update_layout(height=90 + 19 * len(rows), showlegend=True, bargap=0.3, barmode="overlay")


def drift(when: Sequence[str], alike: Sequence[float | None], ranks: Sequence[tuple[float, float, float] | None],
          names: Sequence[str]) -> go.Figure:  # fmt: skip
    """Draw for each run, oldest first, where its scores lie among normal ones, and how far its picture is alike."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.6, 0.4])
    known = [(i, one) for i, one in enumerate(ranks) if one is not None]
    figure.add_scatter(
        x=[i for i, _ in known], y=[100 * one[1] for _, one in known], mode="markers",
        marker={"color": SCORE, "size": 9}, customdata=[escape_plotly(names[i]) for i, _ in known],
        error_y={"type": "data", "symmetric": False, "array": [100 * (one[2] - one[1]) for _, one in known],
                 "arrayminus": [100 * (one[1] - one[0]) for _, one in known], "thickness": 1.5},
        hovertemplate="%{customdata}: its middle score is above %{y:.0f} % of the normal ones<extra></extra>",
        row=1, col=1,
    )  # fmt: skip
    pictures = [(i, one) for i, one in enumerate(alike) if one is not None]
    figure.add_scatter(
        x=[i for i, _ in pictures], y=[100 * one for _, one in pictures], mode="markers",
        marker={"color": HOT, "size": 9, "symbol": "diamond"},
        customdata=[escape_plotly(names[i]) for i, _ in pictures],
        hovertemplate="%{customdata}: %{y:.0f} % of the background is alike<extra></extra>", row=2, col=1,
    )  # fmt: skip
    figure.add_hrect(y0=25, y1=75, fillcolor=BAND, line_width=0, layer="below", row=1, col=1,
                     exclude_empty_subplots=False)  # fmt: skip
    figure.add_hline(y=100 * MIN_SAME_SHARE, line={"color": LIMIT, "width": 1.5, "dash": "dash"}, row=2, col=1,
                     exclude_empty_subplots=False)  # fmt: skip
    figure = _styled(figure, "", "")
    figure.update_yaxes(range=[-4, 104], row=1, title="scores, % below", tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(range=[-4, 104], row=2, title="picture, % alike", tickvals=[0, 50, 100])
    step = max(1, len(when) // 12)
    figure.update_xaxes(tickvals=list(range(0, len(when), step)), ticktext=list(when)[::step], row=2)
    figure.update_xaxes(range=[-0.5, len(when) - 0.5])
    return figure.update_layout(height=340)


def _styled(figure: go.Figure, x: str, y: str) -> go.Figure:
    figure.update_xaxes(title=x, zeroline=False, fixedrange=True)
    figure.update_yaxes(title=y, zeroline=False, fixedrange=True)
    return figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False,
                                legend={"orientation": "h", "y": 1.12})  # fmt: skip
