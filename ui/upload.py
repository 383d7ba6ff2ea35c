"""From a clip to a run: upload or demo, camera, a look whether they fit, start."""

from collections.abc import Callable

import streamlit as st

from core.errors import WhycamError
from core.records import Clip
from pipeline import store
from pipeline.camera import Camera, cameras, load
from pipeline.channels import unit
from pipeline.false_alarms import expected
from pipeline.store import Run
from ui import caches, frame
from ui.formatting import count, duration, escape_html, file_size

INTRODUCTION = """
<div class="intro"><h1>What was unusual, when, where and why?</h1>
<p>Upload a clip from a fixed camera that Whycam was trained for. Whycam finds the parts that differ from that camera's
normal footage, marks them in the picture, names probable causes, and states how reliable the answer is.</p></div>
"""


def clip_picker() -> Run | None:
    """Let the user upload a clip or take the demo; return the draft run that the address names, once there is one."""
    if uploaded := _uploaded_of_url():
        return uploaded
    st.html(INTRODUCTION)
    left, right = st.columns([3, 2], gap="large")
    with left:
        turn = st.session_state.setdefault("turn", 0)
        upload = st.file_uploader("A clip from a fixed camera", type=list(store.EXTENSIONS), key=f"upload-{turn}")
        if upload is not None:
            st.session_state["turn"] = turn + 1  # a fresh widget: the old one's buffer is dropped
            _keep_clip(lambda: store.create(upload, upload.name))
    with right, st.container(border=True):
        st.markdown("**No clip at hand?** The demo is a rendered plaza with six unusual things in it.")
        if st.button("Use the demo clip", icon=":material/movie:", disabled=not store.DEMO.exists()):
            _keep_clip(_demo)
    return None


def _demo() -> Run:
    with store.DEMO.open("rb") as file:
        return store.create(file, store.DEMO.name)


def _keep_clip(make: Callable[[], Run]) -> None:
    """Keep a clip and look at it; one that cannot be read is dropped at once, with a sentence."""
    run = None
    try:
        with st.spinner("Keeping the clip…"):
            run = make()
        caches.clip_facts(str(run.path))
        st.query_params["clip"] = run.id
    except WhycamError as error:
        if run is not None:
            store.delete(run.id)
        st.session_state["refused"] = run.named(str(error)) if run else str(error)
    st.rerun()


def _uploaded_of_url() -> Run | None:
    run_id = st.query_params.get("clip")
    if not run_id:
        return None
    run = None
    try:
        run = store.get(run_id)
        if run.state == "draft" and run.path.is_file():
            caches.clip_facts(str(run.path))
            return run
    except WhycamError as error:
        if run is not None:
            frame.notice(run.named(str(error)))
    del st.query_params["clip"]
    return None


def show_clip(run: Run) -> None:
    """Say what the clip is, and let the user take another."""
    clip = caches.clip_facts(str(run.path))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<h1 class="clip">{escape_html(run.clip)}</h1><p class="facts">{escape_html(clip_line(clip, run))}</p>'
        )
        if st.button("Another clip", icon=":material/swap_horiz:"):
            store.delete(run.id)
            del st.query_params["clip"]
            st.rerun()
    for note in clip.notes:
        frame.notice(run.named(note), "warn")


def clip_line(clip: Clip, run: Run) -> str:
    """Put a clip's facts in a line."""
    length = [duration(clip.frames / clip.fps), count(clip.frames, "frame")] if clip.frames else []
    facts = [
        f"{clip.width} × {clip.height} pixels",
        f"{clip.fps:.4g} frames/s",
        *length,
        file_size(run.path.stat().st_size),
    ]
    return " · ".join(facts)


def camera_picker(run: Run) -> Camera | None:
    """Let the user choose the camera that the clip is from, the one that it looks like at first; None without any."""
    names = list(cameras())
    if not names:
        frame.notice("There is no camera yet; ./whycam train makes one from normal footage.", "warn")
        return None
    first = next((i for i, name in enumerate(names) if _matches(run, name)), 0)
    name = st.selectbox("Camera", names, first, help="The clip is compared with the normal footage of this camera")
    try:
        return load(name)
    except WhycamError as error:
        frame.notice(error)
        return None


def _matches(run: Run, name: str) -> bool:
    try:
        return not caches.clip_warnings(str(run.path), name, load(name).sha256)
    except WhycamError:  # said when it is chosen
        return False


def camera_card(camera: Camera) -> None:
    """Show what a camera knows: its place, what it learnt from and how well it was measured; all else on demand."""
    left, right = st.columns([1, 2], gap="medium")
    left.image(camera.background, caption="Its normal background", width="stretch")
    with right:
        frame.card(card_summary(camera).items())
        with st.expander("Everything on its card"):
            frame.card(card_lines(camera))


def card_lines(camera: Camera) -> list[tuple[str, str]]:
    """Return everything on a camera's card, in lines of name and value."""
    return caches.flatten_card({"normal frames": camera.normality.frames, **camera.card})


def card_summary(camera: Camera) -> dict[str, str]:
    """Return what a camera is and how well it was measured, in few lines of name and value."""
    card = camera.card
    said = dict(caches.flatten_card(card))
    clips = [count(len(card["clips"]), "clip")] if card.get("clips") else []
    measured = f"measured on {said['calibrated on']}" if "calibrated on" in said else ""
    measure = unit(camera.channels)
    limit = f"{camera.threshold:.2f} {measure}{' above a typical frame' if measure == 'dB' else ''}"
    lines = {
        "detector": camera.detector,
        "trained on": ", ".join((said.get("trained on", "unknown footage"), *clips)),
        "its footage": f"{camera.width} × {camera.height} pixels at {camera.fps:.4g} frames/s",
        "threshold": ", ".join(filter(None, (limit, measured))),
    }
    if alarms := expected(camera):
        lines["false alarms"] = alarms
    for labels in card.get("figures", {}):
        auc, alone = (said.get(f"figures: {labels}: {of}auc: micro normalised", "–") for of in ("", "frame index: "))
        lines[labels] = f"AUC {auc}; of the frame's index alone {alone}"
    return lines


def start(run: Run, camera: Camera) -> None:
    """Say whether the clip fits the camera, and start the analysis when asked to."""
    try:
        warnings = caches.clip_warnings(str(run.path), camera.name, camera.sha256)
    except WhycamError as error:
        frame.notice(error)
        return
    for warning in warnings:
        frame.notice(warning, "warn")
    if not warnings:
        frame.notice("The clip looks like this camera's footage.", "good")
    label = "Analyse anyway" if warnings or caches.clip_facts(str(run.path)).notes else "Analyse"
    if st.button(label, type="primary", icon=":material/play_arrow:"):
        try:
            store.start(run.id, camera.name)
        except WhycamError as error:
            frame.notice(error)
            return
        st.switch_page(frame.RUN, query_params={"run": run.id})
