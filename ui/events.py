"""The list of events, and the one that is looked at: its sentence, its causes, its attributes."""

import base64
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from core.analysis import MOVING, Analysis, ExplainedEvent
from core.errors import WhycamError
from pipeline import run_view
from pipeline.store import Run
from ui import charts, frame
from ui.formatting import count, duration, escape_html, escape_markdown, timestamp
from ui.helps import headed, heading
from ui.things import attribute_table

PAGE = 12
THUMBNAIL = (176, 110)
FIRST_CAUSES = 3
"""Causes that stand beside the player."""
PLACED = 3
"""The map of a thing in an unusual place is shown for one among so many best causes."""


def event_at(analysis: Analysis, frame: int, kind: str = MOVING) -> int | None:
    """Return the index of the event that holds ``frame``, else of the nearest one; None where there is none.

    Of several one of ``kind`` comes first, and of these the one whose peak it is.
    """

    def apart(number: int) -> tuple[int, bool, bool]:
        one = analysis.events[number]
        gap = max(one.event.first - frame, frame - one.event.last, 0)
        return gap, one.kind != kind, one.event.peak != frame

    return min(range(len(analysis.events)), key=apart, default=None)


def event_list(run: Run, analysis: Analysis, selected: int | None, explained: Callable[[int], ExplainedEvent]) -> None:
    """Show the events as cards, a page at a time; a click on one looks at it.

    Args:
        run: that is done.
        analysis: at the threshold that is shown.
        selected: number of the event that is looked at.
        explained: returns an event with its causes.
    """
    total = len(analysis.events)
    pages, first = -(-total // PAGE), (selected or 0) // PAGE
    page = st.pagination(pages, default=first + 1, key=f"page-{total}-{first}") if pages > 1 else 1
    for number in range((page - 1) * PAGE, min(page * PAGE, total)):
        _card(run, analysis, explained(number), number, number == selected)


def _card(run: Run, analysis: Analysis, one: ExplainedEvent, number: int, selected: bool) -> None:
    event, when = one.event, analysis.clock
    picture = _thumbnail(str(run.folder), run.ended, one.shown, analysis.normal_heat, one.kind == MOVING)
    length = duration(when.length(event.first, event.last))
    shown = f'<img src="{picture}" alt="frame {one.shown} of event {number + 1}">'
    image = shown if picture else '<span class="nopicture">no picture kept</span>'
    with st.container(key=f"event-{'selected' if selected else 'card'}-{number}"):
        st.html(
            f'<div class="event">{image}<div><b class="name">{escape_html(name_of(one))}</b>'
            f"<span>{charts.event_times(one, when)} · {length}</span>"
            f"<span>peak <b>{analysis.peak(one)}</b> at {timestamp(when.at(event.peak))}</span></div></div>"
        )
        st.button(f"Event {number + 1}", key=f"look-{number}", on_click=select_event, args=(event.peak, one.kind),
                  width="stretch",
                  type="primary" if selected else "secondary")  # fmt: skip


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(folder: str, finished: float | None, frame: int | None, normal: float, heat: bool) -> str:
    """Return the picture kept of a frame, maybe with its heat, as a ``data:`` address; empty if there is none."""
    try:
        kept = run_view.evidence_of(Path(folder), frame) if frame is not None else None
    except WhycamError:
        kept = None
    if kept is None:
        return ""
    picture = Image.fromarray(run_view.overlay(kept, strength=0.6 if heat else 0.0, normal=normal))
    picture.thumbnail(THUMBNAIL)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def name_of(explained: ExplainedEvent) -> str:
    """Name an event after its best cause."""
    return explained.causes[0].fine if explained.causes else "not named"


def select_event(peak: int, kind: str = MOVING) -> None:
    """Look at the event of that peak and kind from now on."""
    st.query_params["at"] = str(peak)
    if kind == MOVING:
        st.query_params.pop("kind", None)
    else:
        st.query_params["kind"] = kind


def event_head(run: Run, analysis: Analysis, one: ExplainedEvent, number: int) -> None:
    """Say what an event was, beside the player: the sentence that sums it up, and its first causes."""
    st.subheader(f"Event {number + 1} of {len(analysis.events)}")
    st.html(f'<p class="summary">{escape_html(one.summary)}</p>')
    if recorded := run_view.wall_clock(analysis.clip.recorded, analysis.clock.at(one.event.first)):
        st.html(f'<p class="facts">Recorded {escape_html(recorded)}</p>')
    frame.card(
        (f"{rank} {cause.fine}", "; ".join(run_view.attributes(cause)) or f"{100 * cause.heat_share:.0f} % of the heat")
        for rank, cause in enumerate(one.listed[:FIRST_CAUSES], 1)
    )
    if one.shown is None:
        frame.notice("No picture was kept of this event: it lies under the score from which evidence is kept.", "warn")
    if one.kind == MOVING:
        st.page_link(frame.WHY, label="Why this score?", icon=":material/lightbulb:",
                     query_params={"run": run.id, "at": str(one.event.peak)})  # fmt: skip
    st.html(_legend(analysis.normal_heat))


def event_details(run: Run, analysis: Analysis, one: ExplainedEvent) -> None:
    """Show all that is known of an event: every cause with its figures, and the unusual attributes."""
    if one.kind == MOVING and one.causes:
        _causes(run, analysis, one)
    attribute_table(one, analysis.clock)


def _causes(run: Run, analysis: Analysis, one: ExplainedEvent) -> None:
    """List the causes, with what is known of each."""
    heading("Causes", "rank score", "best first")
    st.plotly_chart(charts.cause_chart(one), key="causes", config={"displayModeBar": False})
    rows = [(f"{i} {cause.fine}", "; ".join(run_view.attributes(cause))) for i, cause in enumerate(one.listed, 1)]
    frame.card((name, attributes) for name, attributes in rows if attributes)
    if analysis.name_warning:
        st.html(f'<p class="facts">{escape_html(analysis.name_warning)}</p>')
    _place(run, analysis, one)
    st.html(
        f'<p class="facts">{headed("Unexplained")}: <b>{100 * one.unexplained_share:.0f} %</b> of the heat lies in '
        "no box. The nearer to 0 %, the more of what the detector found odd the causes account for.</p>"
    )


def _place(run: Run, analysis: Analysis, one: ExplainedEvent) -> None:
    """Show where the class of the best cause that is a place stands normally, and where this one went."""
    cause = next((cause for cause in one.causes[:PLACED] if cause.place), None)
    label = run_view.place_of(cause, analysis.places) if cause else None
    kept = run_view.nearest_evidence(run.folder, one.shown) if label and one.shown is not None else None
    if cause is None or label is None or kept is None:
        return
    known = analysis.places[label]
    st.image(
        run_view.place_map(kept.image, known, cause.path), alt=f"Usual places of a {label}, and this one's path",
        caption=f"Blue: where a {escape_markdown(label)} stood in {known.frames:,} frames of this "
            "camera's normal footage. "
        "Line: the path of this one; the dot is its end.",
        width="stretch", output_format="JPEG",
    )  # fmt: skip


def _legend(normal: float) -> str:
    """Explain the heat's colours."""
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in run_view.PALETTE[::15])
    if normal <= 0:
        marks, about = "<span style='left: 0'>none</span><span style='left: 100%'>highest here</span>", "heat"
    else:
        places = run_view.level(np.array([run_view.MARKS], np.float32), 1.0)[0]
        marks = "".join(
            f'<span style="left: {100 * place:.1f}%">{mark}×</span>'
            for place, mark in zip(places, run_view.MARKS, strict=True)
        )
        about = "heat: the detector's error, in multiples of what is normal at this camera"
    bar = f'<div class="scale" style="background: linear-gradient(90deg, {stops})">{marks}</div>'
    return f'<div class="legend">{bar}<p>{about}</p></div>'


def nothing_found(analysis: Analysis) -> None:
    """Say that nothing lies above the threshold, and what could have been missed."""
    st.subheader(f"Nothing unusual{analysis.reach} at this threshold")
    st.caption(
        f"No stretch of {count(len(analysis.scores), 'frame')} lies above {analysis.threshold:.2f} {analysis.unit} for "
        f"long enough to be an event. {escape_markdown(analysis.detection_limit)}"
    )
