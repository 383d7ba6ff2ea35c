"""An area of a camera's picture, and the times at which heat or a thing was there in all its clips."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.arrays import Images
from core.errors import WhycamError
from pipeline import run_view, store, when_changed
from pipeline.camera import Camera, load
from pipeline.store import Run
from pipeline.when_changed import Area, Change
from ui import frame, kept_pictures
from ui.camera_drift import runs_of
from ui.formatting import count, escape_html, timestamp
from ui.helps import heading

FOLDER = frame.ASSETS / "player"
EDITOR = st.components.v2.component(
    "area",
    html='<div id="area"></div>',
    css=(FOLDER / "area.css").read_text(encoding="utf-8"),
    js=(FOLDER / "area.js").read_text(encoding="utf-8"),
)
"""The picture on which an area is drawn."""
WIDEST, PAGE = 960, 12
ANYTHING = "anything"


@dataclass(frozen=True)
class Found:
    """A time at which something was in the area, with its place in the clip and the frame that is shown of it."""

    run: Run
    change: Change
    seconds: tuple[float, float]
    shown: int | None


def show(camera: Camera) -> None:
    """Let an area be drawn or typed, and list when something was there."""
    key = f"area-{camera.name}"
    runs = runs_of(camera.name)
    if not runs:
        st.markdown("**No clip of this camera was analysed yet**: there is nothing to search.")
        st.page_link(frame.NEW, label="Analyse a clip of it", icon=":material/add:")
        return
    left, right = st.columns([3, 2], gap="medium")
    with right:
        text = st.text_input("Corners, x,y in per cent", key=key, placeholder="10,20 40,20 40,60",
                             help="Draw on the picture, or type the corners of the area")  # fmt: skip
        multiple = st.select_slider("Heat counts from", when_changed.MULTIPLES, when_changed.MULTIPLES[2],
                                    key="area-heat", format_func=lambda value: f"{value:g} × normal")  # fmt: skip
    area, wrong = _parsed(text)
    with left:
        _editor(camera, runs[0], key, area)
    if wrong is not None:
        frame.notice(wrong)
    elif not area:
        st.caption("Draw an area of three corners or more: a door, a parking place, a shelf.")
    else:
        _results(runs, area, multiple, right)


def _parsed(text: str) -> tuple[Area, WhycamError | None]:
    if not text.strip():
        return (), None
    try:
        return when_changed.parsed(text), None
    except WhycamError as error:
        return (), error


def _editor(camera: Camera, newest: Run, key: str, area: Area) -> None:
    """Show the picture; what is drawn on it becomes the text of the corners."""

    def drawn() -> None:
        points = json.loads(st.session_state["area-editor"].get("points") or "[]")
        st.session_state[f"{key}-draft"] = points
        enough = len(points) >= when_changed.MIN_POINTS
        st.session_state[key] = " ".join(f"{100 * x:.1f},{100 * y:.1f}" for x, y in points) if enough else ""

    draft = st.session_state.get(f"{key}-draft", [])
    points = area or (draft if len(draft) < when_changed.MIN_POINTS else [])
    EDITOR(key="area-editor", data={"picture": _picture(camera.name, newest.id, camera.sha256), "points": points},
           on_points_change=drawn)  # fmt: skip


@st.cache_data(max_entries=16, show_spinner=False)
def _picture(camera: str, run_id: str, sha256: str) -> str:
    """Return a picture of the camera as a ``data:`` address: one that its newest run kept, else its background."""
    kept = run_view.nearest_evidence(store.get(run_id).folder, 0)
    image: Images = load(camera).background if kept is None else kept.image
    share = min(WIDEST / image.shape[1], 1.0)
    small = np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return f"data:image/jpeg;base64,{base64.b64encode(bytes(data)).decode()}"


@st.cache_data(max_entries=400, show_spinner=False)
def _search(
    folder: str, finished: float | None, area: Area, multiple: float
) -> list[tuple[Change, tuple[float, float], int | None]]:
    """Return when something was in an area, with seconds of the clip, and the frame that is shown of it."""
    place = Path(folder)
    run = run_view.read(place)
    frames = run_view.kept_frames(place)
    return [(one, (run.clock.at(one.first), run.clock.end(one.last)), when_changed.picture_frame(frames, one))
            for one in when_changed.changes(place, run, area, multiple)]  # fmt: skip


def _results(runs: Sequence[Run], area: Area, multiple: float, place: DeltaGenerator) -> None:
    found, damaged = list[Found](), 0
    with st.spinner("Searching its clips…"):
        for run in runs:
            try:
                changes = _search(str(run.folder), run.ended, area, multiple)
            except WhycamError:
                damaged += 1
                continue
            found += [Found(run, *one) for one in changes]
    labels = sorted({one.change.what for one in found})
    with place:
        what = st.selectbox("What was there", [ANYTHING, *labels], key="area-what")
    chosen = [one for one in found if what in (ANYTHING, one.change.what)]
    heading(f"{count(len(chosen), 'time').capitalize()} in {count(len(runs) - damaged, 'clip')}", "heat",
            "the newest clip first")  # fmt: skip
    if damaged:
        frame.notice(f"{count(damaged, 'clip').capitalize()} could not be searched: what was kept is damaged.", "warn")
    pages = -(-len(chosen) // PAGE)
    page = st.pagination(pages, key=f"area-page-{len(chosen)}") if pages > 1 else 1
    for one in chosen[(page - 1) * PAGE : page * PAGE]:
        _row(one)


def _row(one: Found) -> None:
    change = one.change
    strong = f"up to {change.strength:.0f} × normal heat" if change.what == when_changed.HEAT else (
        f"confidence {change.strength:.2f}")  # fmt: skip
    image = f'<img src="{picture}" alt="">' if (picture := kept_pictures.small(one.run, one.shown)) else (
        '<span class="nopicture">no picture kept</span>')  # fmt: skip
    span = f"{timestamp(one.seconds[0])} – {timestamp(one.seconds[1])}"
    key = f"when-{one.run.id}-{change.what}-{change.first}"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.html(f'<div class="run when">{image}<div><b>{escape_html(change.what)}</b> {span}<br>'
                f"<span>{escape_html(one.run.clip)} · {strong}</span></div></div>")  # fmt: skip
        st.page_link(frame.RUN, label=f"Open frame {change.peak:,}", icon=":material/open_in_new:",
                     query_params={"run": one.run.id, "at": str(change.peak)})  # fmt: skip
