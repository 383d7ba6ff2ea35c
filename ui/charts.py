"""Plotly figures: the score over time, and the causes of one event."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis import MOVING, STANDING, Analysis, ExplainedEvent
from core.arrays import Doubles, Floats, Ints
from core.clock import Clock
from ui.formatting import escape_plotly, timestamp

POINTS = 4000
SCORE, LIMIT, HOT, QUIET = "#1f93a8", "#d1495b", "#e07a1f", "#8d9a96"
STANDS, STANDS_SELECTED, STANDS_FROM = "rgba(122,92,184,0.55)", "rgba(122,92,184,0.95)", 0.93
"""Colours of the bars of what stands, and the share of the chart's height from which they reach up."""
EVENT, SELECTED, CAMERA = "rgba(224,122,31,0.20)", "rgba(224,122,31,0.45)", "rgba(110,120,135,0.35)"
KINDS = {"object": "object", "action": "action", "location": "place", "unknown": "not named"}


def downsample(scores: Floats, points: int = POINTS) -> Ints:
    """Choose at most about ``points`` frames to draw, such that every peak and trough is among them.

    Args:
        scores: (T,) float32; NaN where a frame has no score.
        points: two are kept of every bin.

    Returns:
        Ascending indices of frames that have a score.
    """
    known = np.flatnonzero(np.isfinite(scores))
    if len(known) <= points:
        return known.astype(np.int64)
    edges = np.linspace(0, len(known), points // 2 + 1).astype(np.int64)[:-1]
    bins = np.searchsorted(edges, np.arange(len(known)), side="right") - 1
    by_bin_and_score = np.lexsort((scores[known], bins))
    last = np.append(edges[1:], len(known)) - 1
    return np.unique(known[np.concatenate([by_bin_and_score[edges], by_bin_and_score[last]])]).astype(np.int64)


def score_chart(analysis: Analysis, selected: int | None) -> go.Figure:
    """Draw the score over time, its events shaded, those of what stands as bars on top, its threshold as a line.

    Args:
        analysis: at the threshold that is shown.
        selected: index of the event to bring out, or None.

    Returns:
        A figure whose points carry their frame's number as ``customdata``.
    """
    when, known = analysis.clock, np.isfinite(analysis.scores)
    # The first frame of each hole is drawn, too: a line ends at a point without a value.
    shown = np.union1d(downsample(analysis.scores), np.flatnonzero(known[:-1] & ~known[1:]) + 1)
    figure = go.Figure()
    figure.add_scatter(
        x=_dates(when.seconds(shown)), y=analysis.scores[shown], customdata=shown, mode="lines+markers", name="score",
        line={"width": 1.4, "color": SCORE}, marker={"size": 7, "opacity": 0}, selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}}, hovertemplate="frame %{customdata:,} · score %{y:.2f}<extra></extra>",
    )  # fmt: skip
    moving = analysis.of_kind(MOVING)
    peaks = np.array([one.event.peak for one in moving], np.int64)
    figure.add_scatter(
        x=_dates(when.seconds(peaks)), y=[one.event.peak_score for one in moving], customdata=peaks,
        mode="markers", name="peaks", marker={"size": 9, "color": HOT, "line": {"width": 1.5, "color": "white"}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}}, hoverinfo="skip",
    )  # fmt: skip
    for number, one in enumerate(analysis.events):
        first, last = _dates(np.array([when.at(one.event.first), when.end(one.event.last)]))
        chosen, stands = number == selected, one.kind == STANDING
        colour = (STANDS_SELECTED if chosen else STANDS) if stands else (SELECTED if chosen else EVENT)
        figure.add_shape(
            type="rect", x0=first, x1=last, y0=STANDS_FROM if stands else 0, y1=1, yref="paper", line_width=0,
            layer="below", fillcolor=colour,
        )  # fmt: skip
    for stretch in analysis.disturbances:
        first, last = _dates(np.array(analysis.hides(stretch)))
        figure.add_vrect(x0=first, x1=last, line_width=0, layer="below", fillcolor=CAMERA)
    figure.add_hline(y=analysis.threshold, line={"color": LIMIT, "width": 1.5, "dash": "dash"})
    return _styled(figure, analysis)


def _styled(figure: go.Figure, analysis: Analysis) -> go.Figure:
    seconds = analysis.clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0
    whole = _dates(np.array([0.0, seconds]))
    long = "%-H:%M:%S" if seconds >= 3600 else "%-M:%S"
    figure.update_xaxes(
        title="time", tickformat=long, hoverformat=f"{long}.%3f", range=whole,
        showspikes=True, spikemode="across", spikethickness=1, spikedash="solid", spikecolor=QUIET,
    )  # fmt: skip
    figure.update_yaxes(title=f"anomaly score, {analysis.unit}", zeroline=False)
    figure.update_layout(
        height=280, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, hovermode="x", dragmode="zoom",
        clickmode="event+select",
    )  # fmt: skip
    return figure


def clicked_frame(selection: Any) -> int | None:
    """Return the frame that was clicked, from what ``st.plotly_chart`` tells of its selection, or None."""
    points = selection.get("selection", {}).get("points", []) if selection else []
    if not points:
        return None
    frame = points[0].get("customdata")
    return int(frame[0] if isinstance(frame, list) else frame) if frame is not None else None


def event_at(analysis: Analysis, frame: int | None, kind: str = MOVING) -> int | None:
    """Return the index of the event that holds ``frame``, else of the nearest one; None where there is none.

    Of several one of ``kind`` comes first, and of these the one whose peak it is.
    """
    if frame is None or not analysis.events:
        return None

    def apart(number: int) -> tuple[int, bool, bool]:
        one = analysis.events[number]
        gap = max(one.event.first - frame, frame - one.event.last, 0)
        return gap, one.kind != kind, one.event.peak != frame

    return min(range(len(analysis.events)), key=apart)


def cause_chart(explained: ExplainedEvent) -> go.Figure:
    """Draw an event's causes, best first: rank score, share of the heat in their boxes, the model's confidence."""
    causes = explained.listed
    told = [f"{rank}. {cause.fine} ({KINDS.get(cause.coarse, cause.coarse)})" for rank, cause in enumerate(causes, 1)]
    names = [escape_plotly(name) for name in told]
    top = max((cause.score for cause in causes), default=0.0) or 1.0
    columns = {
        "rank score, best = 100": [100 * max(cause.score, 0.0) / top for cause in causes],
        "share of the heat, %": [100 * cause.heat_share for cause in causes],
        "model's confidence, %": [100 * cause.confidence for cause in causes],
    }
    figure = make_subplots(1, 3, shared_yaxes=True, subplot_titles=list(columns), horizontal_spacing=0.03)
    for place, values in enumerate(columns.values(), 1):
        figure.add_bar(
            x=values, y=names, orientation="h", text=[f"{value:.0f}" for value in values], textposition="auto",
            cliponaxis=False, marker={"color": (SCORE, HOT, QUIET)[place - 1]}, row=1, col=place,
            hoverinfo="skip",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 108], showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, tickfont={"size": 13})
    figure.update_annotations(font={"size": 12})
    figure.update_layout(
        height=64 + 30 * max(len(causes), 1), margin={"l": 8, "r": 8, "t": 28, "b": 8}, showlegend=False, bargap=0.35
    )
    return figure


def event_times(explained: ExplainedEvent, when: Clock) -> str:
    """Tell when an event was.

    >>> from core.records import Event
    >>> event_times(ExplainedEvent(Event(50, 149, 100, 8.0), (), 1.0, ""), Clock.steady(25.0, 200))
    '0:02.0 – 0:06.0'
    """
    return f"{timestamp(when.at(explained.event.first))} – {timestamp(when.end(explained.event.last))}"


def _dates(seconds: Doubles) -> list[datetime]:
    """Give seconds in the clip as dates, which Plotly labels well at every zoom."""
    return [datetime.fromtimestamp(second, UTC).replace(tzinfo=None) for second in seconds.tolist()]
