"""Plotly figures: the causes of one event."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis import ExplainedEvent
from core.clock import Clock
from ui.formatting import escape_plotly, timestamp

SCORE, LIMIT, HOT, QUIET = "#1f93a8", "#d1495b", "#e07a1f", "#8d9a96"
EVENT = "rgba(224,122,31,0.20)"
KINDS = {"object": "object", "action": "action", "location": "place", "unknown": "not named"}


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
