"""A finished run: threshold, chart, downloads and provenance."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from core.analysis import MOVING, STANDING, Analysis
from core.errors import WhycamError
from pipeline import run_view
from pipeline.store import Run
from ui import caches, charts, frame
from ui.events import select_event
from ui.formatting import count, duration, escape_html, timestamp
from ui.progress import run_duration

LABELS = ("Report (HTML)", "Report (JSON)", "Scores (CSV)", "Causes (CSV)")
MIME = {"html": "text/html", "json": "application/json", "csv": "text/csv"}


def analysis_at(run: Run, threshold: float | None = None) -> Analysis:
    """Return a finished run's answer at a threshold (None: its own)."""
    base = _analysis(str(run.folder), run.ended, None)
    return base if threshold in (None, base.threshold) else _analysis(str(run.folder), run.ended, threshold)


@st.cache_resource(max_entries=24, show_spinner="Reading what was kept of the events…")
def _analysis(folder: str, finished: float | None, threshold: float | None) -> Analysis:
    return run_view.explain_events(Path(folder), threshold)


def finished(run: Run) -> Analysis:
    """Return a finished run's answer; end the page with a sentence where its files are gone."""
    try:
        run_view.floor_of(run.folder)  # what is remembered of a run does not outlive its files
        return analysis_at(run)
    except WhycamError as error:
        frame.title(run)
        frame.stop_with(error)


def explained(run: Run, threshold: float) -> Analysis:
    """Return the answer at a threshold; end the page with a sentence where what was kept of the events is gone."""
    try:
        return analysis_at(run, threshold)
    except WhycamError as error:
        frame.stop_with(error)


def head(run: Run, analysis: Analysis) -> None:
    """Say what was analysed, by whom, and what the reader must know."""
    clip = analysis.clip
    length = f"{duration(analysis.clock.length(0, len(analysis.scores) - 1))} ({count(len(analysis.scores), 'frame')})"
    size = f"{clip.width} × {clip.height} at {clip.fps:.4g} frames/s"
    frame.title(run, f"camera {analysis.camera}", analysis.detector, size, length, run_duration(run))
    for warning in analysis.warnings:
        frame.notice(warning, "warn")


def threshold_picker(run: Run, base: Analysis) -> float:
    """Let the threshold be moved; the page then only reads what is stored."""
    low, high, step = _range(base)
    start = min(max(round(base.threshold / step) * step, low), high)
    _follow_url(run.id, _threshold_of_url(low, high, start))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="threshold-row"):
        st.slider("Threshold", low, high, step=step, key=f"threshold-{run.id}", on_change=_changed,
                  args=(run.id, "threshold", "number"))  # fmt: skip
        st.number_input("Score", low, high, step=step, key=f"number-{run.id}", width=140, on_change=_changed,
                        args=(run.id, "number", "threshold"))  # fmt: skip
        st.button("Reset", icon=":material/restart_alt:", on_click=_reset, args=(run.id, start),
                  help=f"Back to {base.threshold:.2f}, with which it was analysed")  # fmt: skip
    chosen = float(st.session_state[f"threshold-{run.id}"])
    if chosen < run_view.floor_of(run.folder):
        st.caption(
            f"Under {run_view.floor_of(run.folder):.2f} events may have no pictures, and then they have no causes."
        )
    return base.threshold if chosen == start else chosen


def _follow_url(run_id: str, asked: float) -> None:
    """Show the threshold that the address asks for, unless it is that of the last change: the browser went back."""
    address = st.query_params.get("threshold", "")
    if f"threshold-{run_id}" not in st.session_state or st.session_state.get(f"address-{run_id}") != address:
        st.session_state[f"address-{run_id}"] = address
        st.session_state[f"threshold-{run_id}"] = st.session_state[f"number-{run_id}"] = asked


def _range(base: Analysis) -> tuple[float, float, float]:
    scores = base.scores[np.isfinite(base.scores)]
    bottom = min(0.0, base.threshold)
    top = max(float(scores.max(initial=bottom)), base.threshold, bottom + 1e-6)
    step = 10.0 ** (math.floor(math.log10(top - bottom)) - 2)
    return math.floor(bottom / step) * step, math.ceil(top / step) * step, step


def _threshold_of_url(low: float, high: float, start: float) -> float:
    try:
        asked = float(st.query_params.get("threshold", ""))
    except ValueError:
        return start
    return min(max(asked, low), high) if math.isfinite(asked) else start


def _changed(run_id: str, source: str, other: str) -> None:
    value = st.session_state[f"{source}-{run_id}"]
    st.session_state[f"{other}-{run_id}"] = value
    st.query_params["threshold"] = st.session_state[f"address-{run_id}"] = f"{value:.6g}"


def _reset(run_id: str, start: float) -> None:
    st.session_state[f"threshold-{run_id}"] = st.session_state[f"number-{run_id}"] = start
    st.session_state[f"address-{run_id}"] = ""
    st.query_params.pop("threshold", None)


def selected_event(analysis: Analysis) -> int | None:
    """Return the index of the event that is looked at: what the address says, else the highest."""
    if not analysis.events:
        return None
    if (at := frame.frame_of_url()) is not None:
        return charts.event_at(analysis, at, st.query_params.get("kind", MOVING))
    scores = [(one.kind == MOVING, one.event.peak_score) for one in analysis.events]
    return scores.index(max(scores))


def chart(run: Run, analysis: Analysis, selected: int | None) -> None:
    """Draw the score over time; a click looks at the event there."""
    key = f"score-{run.id}"
    st.plotly_chart(
        charts.score_chart(analysis, selected), key=key, on_select=lambda: _clicked(key, analysis),
        selection_mode="points",
        config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]},
    )  # fmt: skip


def _clicked(key: str, analysis: Analysis) -> None:
    number = charts.event_at(analysis, charts.clicked_frame(st.session_state.get(key)))
    if number is not None:
        select_event(analysis.events[number].event.peak, analysis.events[number].kind)


def downloads(run: Run, base: Analysis, threshold: float) -> None:
    """Offer the report for the threshold that is shown."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="downloads"):
        for name, label in zip(run_view.REPORTS, LABELS, strict=True):
            st.download_button(
                label, partial(_content, run, base, threshold, name), name, MIME[name.rpartition(".")[2]],
                on_click="ignore", icon=":material/download:", key=f"download-{name}",
            )  # fmt: skip


def _content(run: Run, base: Analysis, threshold: float, name: str) -> bytes:
    if threshold == base.threshold and (run.folder / name).exists():
        return (run.folder / name).read_bytes()
    return run_view.report_at(analysis_at(run, threshold), run.folder, name)


def summary(run: Run, base: Analysis, cut: Analysis) -> None:
    """Say how much was unusual, beside the downloads."""
    when, stands = cut.clock, len(cut.of_kind(STANDING))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="summary"):
        whole = duration(when.length(0, len(cut.scores) - 1))
        told = f"{duration(cut.unusual_seconds)} of {whole}" if cut.events else f"in {whole}"
        told += f", {stands} of what stands or is gone" if stands else ""
        st.html(
            f'<p class="found"><b>{count(len(cut.events), "unusual event").capitalize()}{cut.reach}</b> '
            f"<span>{told}</span></p>",
            width="content",
        )
        downloads(run, base, cut.threshold)


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
