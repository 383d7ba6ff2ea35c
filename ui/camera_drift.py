"""How the clips of a camera compare with what it learnt, over time."""

from datetime import datetime
from pathlib import Path

import streamlit as st

from core.errors import WhycamError
from pipeline import drift, run_view, store
from pipeline.camera import Camera
from pipeline.drift import RunDrift
from pipeline.store import Run
from ui import camera_charts as charts
from ui import frame
from ui.formatting import count, escape_markdown
from ui.helps import heading

NEWEST = 60
"""Runs that are compared, at most."""
LISTED = 6


@st.cache_data(max_entries=2000, show_spinner=False)
def _of(folder: str, finished: float | None) -> tuple[RunDrift, str] | None:
    """Return how a run compares, and when its clip was recorded; None where its files are damaged."""
    try:
        kept = run_view.read(Path(folder))
    except WhycamError:
        return None
    return drift.of_run(kept), kept.facts.clip.recorded


def runs_of(camera: str) -> list[Run]:
    """List the finished runs of a camera, newest first."""
    return [run for run in store.runs(("done",)) if run.camera == camera]


def show(camera: Camera) -> None:
    """Show the drift of a camera: a chart over its runs, a sentence, and the clips that no longer look alike."""
    with st.spinner("Comparing its clips…"):
        compared = [
            (run, *found) for run in runs_of(camera.name)[:NEWEST] if (found := _of(str(run.folder), run.ended))
        ]
    if not compared:
        st.markdown("**No clip of this camera was analysed yet**: drift is seen over several of them.")
        st.page_link(frame.NEW, label="Analyse a clip of it", icon=":material/add:")
        return
    ordered = sorted(compared, key=lambda one: _when(one[0], one[2]))
    said = drift.sentence([one for _, one, _ in ordered])
    frame.notice(said, "warn" if ordered[-1][1].drifted else "good")
    heading("Its clips over time", "drift")
    when = [_when(run, recorded).strftime("%d %b %H:%M") for run, _, recorded in ordered]
    figure = charts.drift(when, [one.alike for _, one, _ in ordered], [one.ranks for _, one, _ in ordered],
                          [run.clip for run, _, _ in ordered])  # fmt: skip
    st.plotly_chart(figure, key="drift", config=charts_config(), alt="Scores and picture of each clip over time")
    st.caption(
        "Above: how many of the normal scores lie below the middle score of a clip outside events; the line is its "
        "middle half, the band that of normal footage. Below: how much of the background is alike. Clips are placed "
        "by when they were recorded, else by when they were analysed."
    )
    _listed([(run, one) for run, one, _ in ordered[::-1] if one.drifted])


def charts_config() -> dict[str, bool]:
    """Return how the charts of this page are shown."""
    return {"displayModeBar": False}


def _listed(drifted: list[tuple[Run, RunDrift]]) -> None:
    if not drifted:
        return
    st.markdown(f"**{count(len(drifted), 'clip').capitalize()} no longer looking like what was learnt**")
    for run, one in drifted[:LISTED]:
        why = "another picture" if one.moved else "higher scores" if one.higher else "lower scores"
        st.page_link(frame.RUN, label=f"{escape_markdown(run.clip)}: {why}", icon=":material/open_in_new:",
                     query_params={"run": run.id})  # fmt: skip


def _when(run: Run, recorded: str) -> datetime:
    """Return when a clip was recorded, in this machine's time, else when it was analysed."""
    if recorded:
        return datetime.fromisoformat(recorded).astimezone()
    return datetime.fromtimestamp(run.created).astimezone()
