"""A finished run: threshold, chart, downloads and provenance."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from core.analysis import MOVING, STANDING, Analysis, ExplainedEvent
from core.errors import WhycamError
from core.records import Event
from core.scored_things import ScoredThings
from core.spot import Spot
from pipeline import run_view
from pipeline.store import Run
from ui import caches, event_context, exports, frame, player
from ui.events import event_at, select_event
from ui.formatting import count, duration, escape_html, timestamp
from ui.helps import headed
from ui.progress import run_duration

ATTRIBUTES = "attributes.csv"
LABELS = ("Report (HTML)", "Report (JSON)", "Scores (CSV)", "Causes (CSV)")
MIME = {"html": "text/html", "json": "application/json", "csv": "text/csv"}


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(folder: str, finished: float | None) -> tuple[run_view.FinishedRun, ScoredThings | None]:
    return run_view.read(Path(folder)), run_view.things_of(Path(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _overview(folder: str, finished: float | None) -> Analysis:
    return run_view.overview(_kept(folder, finished)[0])


@st.cache_resource(max_entries=500, show_spinner=False)
def _explained(
    folder: str, finished: float | None, threshold: float, event: Event, spot: Spot | None
) -> ExplainedEvent:
    kept, scored = _kept(folder, finished)
    return run_view.explain_event(kept, Path(folder), scored, event, threshold, spot)


def finished(run: Run) -> Analysis:
    """Return a finished run's answer, its events without causes; end the page with a sentence where files are gone."""
    try:
        run_view.floor_of(run.folder)  # what is remembered of a run does not outlive its files
        return _overview(str(run.folder), run.ended)
    except WhycamError as error:
        frame.title(run)
        frame.stop_with(error)


def explained(run: Run, analysis: Analysis, number: int) -> ExplainedEvent:
    """Return an event with its causes; end the page with a sentence where what was kept of it is gone.

    Args:
        run: that is done.
        analysis: at the threshold that is shown.
        number: of the event in ``analysis.events``.
    """
    try:
        one = analysis.events[number]
        return _explained(str(run.folder), run.ended, analysis.threshold, one.event, one.spot)
    except WhycamError as error:
        frame.stop_with(error)


def film(run: Run, analysis: Analysis, event: ExplainedEvent | None, on_review: Callable[[str], None]) -> None:
    """Show the player: at the frame of the address, else at the one that stands for the event.

    ``on_review`` is called with what a key says of the event.
    """
    shown = None if event is None else event.event.peak if event.shown is None else event.shown
    asked = frame.frame_of_url()
    at = shown if asked is None else min(asked, len(analysis.scores) - 1)
    player.show(run, analysis, at, event, on_event=select_event,
                on_threshold=lambda value: set_threshold(run.id, value), on_review=on_review,
                highlight=event_context.highlight_of(run, event),
                on_cause=lambda rank: None if event is None else event_context.highlight(run, event, rank))  # fmt: skip


def head(run: Run, analysis: Analysis) -> None:
    """Say what was analysed, by whom, and what the reader must know."""
    clip = analysis.clip
    length = f"{duration(analysis.clock.length(0, len(analysis.scores) - 1))} ({count(len(analysis.scores), 'frame')})"
    size = f"{clip.width} × {clip.height} at {clip.fps:.4g} frames/s"
    frame.title(run, f"camera {analysis.camera}", analysis.detector, size, length, run_duration(run))
    for warning in analysis.warnings:
        frame.notice(warning, "warn")


def threshold_picker(run: Run, base: Analysis) -> float:
    """Let the threshold be typed, beside the report for it; the page then only reads what is stored."""
    low, high, step = _range(base)
    start = min(max(round(base.threshold / step) * step, low), high)
    _follow_url(run.id, _threshold_of_url(low, high, start))
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small", key="threshold-row"):
        st.html(f'<span class="facts">{headed("Threshold")}, {base.unit}</span>', width="content")
        st.number_input("Threshold", low, high, step=step, key=f"threshold-{run.id}", width=140, on_change=_typed,
                        args=(run.id,), label_visibility="collapsed")  # fmt: skip
        st.button("Reset", icon=":material/restart_alt:", on_click=_reset, args=(run.id, start),
                  help=f"Back to {base.threshold:.2f}, with which it was analysed")  # fmt: skip
        chosen = float(st.session_state[f"threshold-{run.id}"])
        threshold = base.threshold if chosen == start else chosen
        downloads(run, base, threshold)
    return threshold


def floor_note(run: Run, threshold: float) -> None:
    """Say from which threshold down events may have no pictures, where the threshold is lower."""
    if threshold < (floor := run_view.floor_of(run.folder)):
        st.caption(f"Under {floor:.2f} events may have no pictures, and then they have no causes.")


def _follow_url(run_id: str, asked: float) -> None:
    """Show the threshold that the address asks for, unless it is that of the last change: the browser went back."""
    address = st.query_params.get("threshold", "")
    if f"threshold-{run_id}" not in st.session_state or st.session_state.get(f"address-{run_id}") != address:
        st.session_state[f"address-{run_id}"] = address
        st.session_state[f"threshold-{run_id}"] = asked


def _range(base: Analysis) -> tuple[float, float, float]:
    scores = base.scores[np.isfinite(base.scores)]
    bottom = min(0.0, base.threshold)
    top = max(float(scores.max(initial=bottom)), base.threshold, bottom + 1e-6)
    step = 10.0 ** (math.floor(math.log10(top - bottom)) - 3)
    return math.floor(bottom / step) * step, math.ceil(top / step) * step, step


def _threshold_of_url(low: float, high: float, start: float) -> float:
    try:
        asked = float(st.query_params.get("threshold", ""))
    except ValueError:
        return start
    return min(max(asked, low), high) if math.isfinite(asked) else start


def _typed(run_id: str) -> None:
    set_threshold(run_id, float(st.session_state[f"threshold-{run_id}"]))


def set_threshold(run_id: str, value: float) -> None:
    """Show another threshold from now on; the address keeps it."""
    st.session_state[f"threshold-{run_id}"] = value
    st.query_params["threshold"] = st.session_state[f"address-{run_id}"] = f"{value:.6g}"


def _reset(run_id: str, start: float) -> None:
    st.session_state[f"threshold-{run_id}"] = start
    st.session_state[f"address-{run_id}"] = ""
    st.query_params.pop("threshold", None)


def selected_event(analysis: Analysis) -> int | None:
    """Return the index of the event that is looked at: what the address says, else the highest."""
    if not analysis.events:
        return None
    if (at := frame.frame_of_url()) is not None:
        return event_at(analysis, at, st.query_params.get("kind", MOVING))
    scores = [(one.kind == MOVING, one.event.peak_score) for one in analysis.events]
    return scores.index(max(scores))


def downloads(run: Run, base: Analysis, threshold: float) -> None:
    """Offer the report for the threshold that is shown, and the archive of the run."""
    named = [*zip(run_view.REPORTS, LABELS, strict=True)]
    if threshold == base.threshold and (run.folder / ATTRIBUTES).exists():
        named.append((ATTRIBUTES, "Attributes (CSV)"))
    archives = exports.of_run(run)
    label = " · ".join(filter(None, ("Download", exports.state(archives))))
    with st.popover(label, icon=":material/download:", width="content", key=f"downloads-{run.id}"):
        for name, label in named:
            st.download_button(
                label, partial(_content, run, base, threshold, name), name, MIME[name.rpartition(".")[2]],
                on_click="ignore", icon=":material/download:", key=f"download-{name}", width="stretch",
            )  # fmt: skip
        exports.offer(run, archives)


def _content(run: Run, base: Analysis, threshold: float, name: str) -> bytes:
    if threshold == base.threshold and (run.folder / name).exists():
        return (run.folder / name).read_bytes()
    return run_view.report_at(run_view.explain_events(run.folder, threshold), run.folder, name)


def summary(cut: Analysis) -> None:
    """Say how much was unusual."""
    when, stands = cut.clock, len(cut.of_kind(STANDING))
    whole = duration(when.length(0, len(cut.scores) - 1))
    told = f"{duration(cut.unusual_seconds)} of {whole}" if cut.events else f"in {whole}"
    told += f", {stands} of what stands or is gone" if stands else ""
    st.html(
        f'<p class="found"><b>{count(len(cut.events), "unusual event").capitalize()}{cut.reach}</b> '
        f"<span>{told}</span></p>",
        width="content",
    )


def disturbance_list(analysis: Analysis) -> None:
    """List the camera faults, which do not count as events."""
    if not analysis.disturbances:
        return
    rows = "".join(
        f"<tr><th>{timestamp(one.start)} – {timestamp(one.end)}</th><td><b>{escape_html(one.kind)}</b></td>"
        f"<td>{escape_html(one.summary)}</td></tr>"
        for one in analysis.disturbances
    )
    st.markdown("**Camera faults**: not counted as events, and not scored")
    st.html(f'<div class="card camera"><table>{rows}</table></div>')


def models_used(analysis: Analysis) -> None:
    """Say which models answered."""
    models = " · ".join(f"{escape_html(kind)}: <b>{escape_html(name)}</b>" for kind, name in analysis.models.items())
    st.html(f'<p class="facts">Models · detector: <b>{escape_html(analysis.detector)}</b> · {models}</p>')


def provenance(analysis: Analysis) -> None:
    """Say who answered, and with what."""
    models_used(analysis)
    with st.expander("Provenance: versions, weights, the clip's fingerprint"):
        frame.card([("clip sha256", analysis.clip.sha256), *caches.flatten_card(analysis.versions)])
