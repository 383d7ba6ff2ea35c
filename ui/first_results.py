"""What is known of a clip that is still at work: its score so far, and the events that have ended in it."""

import base64
import contextlib
import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image, ImageDraw

from core.arrays import Doubles, Floats
from core.errors import WhycamError
from core.records import Event
from core.scored_things import ScoredThings
from pipeline import first_results, run_view
from pipeline.first_results import FirstResults, ThingEvent
from pipeline.store import Run
from ui.charts import EVENT, LIMIT, QUIET, SCORE
from ui.formatting import escape_html, escape_markdown, timestamp

POINTS = 600
"""Of the curve: of more frames, the highest one of each stretch is drawn."""
SHOWN = 6
"""Events, the latest first; how many there are besides is said."""
PICTURE = (320, 200)
PICTURE_EDGE = "#5fe3f5"


@dataclass(frozen=True)
class _Card:
    start: float
    end: float
    name: str
    told: str
    score: float
    picture: str


def show(run: Run) -> None:
    """Show what a run that is at work has found so far; nothing before there is anything."""
    try:
        found = first_results.read(run.folder)
    except WhycamError:  # it was being written; the next look is a second away
        return
    if found is None or not (found.run or len(found.times)):
        return
    with st.container(key=f"progress-first-{run.id}"):
        st.html(f'<p class="facts">{escape_html(_reach(found))}</p>')
        st.plotly_chart(_curve(found), key=f"curve-{run.id}", config={"displayModeBar": False})
        _events(run, found)


def _reach(found: FirstResults) -> str:
    """Say up to where the clip was looked at, and that nothing of it is final."""
    clip = found.facts.clip
    whole = f" of {timestamp(clip.frames / clip.fps)}" if clip.frames else ""
    parts = []
    if found.run:
        parts.append(f"scored up to {timestamp(found.scored_until)}{whole}")
    if len(found.times) and found.observed_until > found.scored_until:
        parts.append(f"things observed up to {timestamp(found.observed_until)}{whole}")
    return f"Provisional: {', '.join(parts)}. Scores, events and causes may change until the run is done."


def _curve(found: FirstResults) -> go.Figure:
    """Draw the score so far, the threshold, and the events; beyond what is scored, the score of things alone."""
    facts, figure = found.facts, go.Figure()
    scored, joined = found.clock.times, found.scores
    if len(found.times) > len(scored):
        beyond = slice(len(scored), None)
        figure.add_scatter(**_points(found.times[beyond], found.things[beyond].astype(np.float32)),
                           line={"color": QUIET, "width": 1.2}, name="things alone")  # fmt: skip
    if len(scored):
        figure.add_scatter(**_points(scored, joined), line={"color": SCORE, "width": 1.4}, name="score so far")
    spans = [(found.clock.at(event.first), found.clock.end(event.last)) for event in found.events]
    for start, end in [*spans, *((one.start, one.end) for one in found.ahead)]:
        figure.add_vrect(start, end, fillcolor=EVENT, line_width=0, layer="below")
    figure.add_hline(facts.threshold, line={"color": LIMIT, "width": 1.2, "dash": "dash"})
    length = facts.clip.frames / facts.clip.fps if facts.clip.frames else None
    figure.update_xaxes(range=[0, length] if length else None, ticksuffix=" s", fixedrange=True, showgrid=False)
    figure.update_yaxes(title=facts.unit, fixedrange=True, rangemode="tozero", nticks=4)
    figure.update_layout(height=180, margin={"l": 8, "r": 8, "t": 26, "b": 8}, showlegend=True,
                         legend={"orientation": "h", "y": 1.3, "x": 1, "xanchor": "right"})  # fmt: skip
    return figure


def _points(times: Doubles, scores: Floats) -> dict[str, object]:
    """Return the points of a curve, the highest of each stretch where there are too many."""
    step = -(-len(scores) // POINTS) or 1
    starts = np.arange(0, len(scores), step)
    highest = np.maximum.reduceat(np.nan_to_num(scores, nan=-np.inf), starts) if len(scores) else scores
    y = np.where(np.isfinite(highest), highest, np.nan).round(3)
    return {"x": times[starts].round(3), "y": y, "mode": "lines", "hoverinfo": "skip"}


def _events(run: Run, found: FirstResults) -> None:
    """Show a card of each event, the latest first."""
    cards = [partial(_scored_card, run, found, event) for event in found.events]
    cards += [partial(_thing_card, run, one) for one in found.ahead]
    if not cards:
        st.caption("No event has ended yet.")
        return
    for columns in (st.columns(3), st.columns(3))[: -(-min(len(cards), SHOWN) // 3)]:
        for column in columns:
            if cards:
                column.html(_html(cards.pop()(), found.facts.unit))
    if cards:
        st.caption(escape_markdown(f"{len(cards)} earlier events are not shown here."))


def _html(card: _Card, unit: str) -> str:
    image = f'<img src="{card.picture}" alt="">' if card.picture else '<span class="nopicture">no picture yet</span>'
    when = f"{timestamp(card.start)} – {timestamp(card.end)}"
    return (
        f'<div class="event first">{image}<div><b class="name">{escape_html(card.name)}</b>'
        f"<span>{when} · peak <b>{card.score:.2f} {escape_html(unit)}</b></span>"
        f"<span>{escape_html(card.told)}</span></div></div>"
    )


def _thing_card(run: Run, one: ThingEvent) -> _Card:
    path = one.picture(run.folder)
    picture = _boxed(str(path), one.box) if path.exists() else ""
    return _Card(one.start, one.end, one.name, f"by things alone: {one.told}", one.score, picture)


def _scored_card(run: Run, found: FirstResults, event: Event) -> _Card:
    name, told, picture = "not named yet", "", ""
    with contextlib.suppress(WhycamError):  # evidence arrives after the scores
        name, told, picture = _explained(str(run.folder), event, first_results.seen(run.folder, event), found)
    return _Card(found.clock.at(event.first), found.clock.end(event.last), name, told, event.peak_score, picture)


@st.cache_data(max_entries=500, show_spinner=False)
def _explained(folder: str, event: Event, seen: int, _found: FirstResults) -> tuple[str, str, str]:
    """Return an event's first cause by the frames ``seen`` so far, what is unusual about it, and its picture."""
    place = Path(folder)
    one = first_results.explained(_found, place, event, _things(folder))
    name = one.causes[0].fine if one.causes else "not named"
    told = "; ".join(run_view.attributes(one.causes[0])) if one.causes else ""
    kept = run_view.nearest_evidence(place, event.peak if one.shown is None else one.shown)
    if kept is None:
        return name, told, ""
    drawn = run_view.overlay(kept, one.causes[:1], normal=_found.facts.normality.heat)
    return name, told, _address(Image.fromarray(drawn))


@st.cache_resource(max_entries=4, show_spinner=False)
def _things(folder: str) -> ScoredThings | None:
    return run_view.things_of(Path(folder))


@st.cache_data(max_entries=200, show_spinner=False)
def _boxed(path: str, box: tuple[float, float, float, float]) -> str:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    size = np.array(picture.size * 2)
    ImageDraw.Draw(picture).rectangle(tuple((np.array(box) * size).tolist()), outline=PICTURE_EDGE, width=3)
    return _address(picture)


def _address(picture: Image.Image) -> str:
    picture.thumbnail(PICTURE)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
