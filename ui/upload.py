"""From a clip to a run: its camera, a look whether they fit, start."""

import contextlib
import sys

import streamlit as st

from core.errors import WhycamError
from core.records import Clip
from people import policy
from pipeline import store
from pipeline.camera import Camera, cameras, load
from pipeline.channels import unit
from pipeline.false_alarms import expected
from pipeline.store import Run
from ui import blurs, caches, frame, rights
from ui.formatting import count, duration, file_size


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
    name = st.selectbox("Camera", names, names.index(likely_camera(run)),
                        help="The clip is compared with the normal footage of this camera")  # fmt: skip
    try:
        return load(name)
    except WhycamError as error:
        frame.notice(error)
        return None


def likely_camera(run: Run) -> str:
    """Return the camera whose normal footage a clip looks like: the one from which it differs in the fewest ways."""
    return min(cameras(), key=lambda name: _differences(run, name))


def _differences(run: Run, name: str) -> int:
    try:
        return len(caches.clip_warnings(str(run.path), name, load(name).sha256))
    except WhycamError:  # said when it is chosen
        return sys.maxsize


def camera_card(camera: Camera, clip: Run | None = None) -> None:
    """Show what a camera knows: its place, what it learnt from and how well it was measured; all else on demand.

    Args:
        camera: that is shown.
        clip: whose first picture is shown with the camera's background, to be compared.
    """
    left, right = st.columns([1, 2], gap="medium")
    if clip is not None:
        with contextlib.suppress(WhycamError):  # said where its facts are
            left.image(caches.first_picture(str(clip.path)), caption="The clip's first picture", width="stretch",
                       alt="First picture of the clip")  # fmt: skip
    left.image(camera.background, caption="Its normal background", width="stretch", alt=f"Background of {camera.name}")
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


def camera_start(run: Run, camera: Camera) -> None:
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
    blur = blurs.of_runs(f"blur-{run.id}", [camera.name])
    label = "Analyse anyway" if warnings or caches.clip_facts(str(run.path)).notes else "Analyse"
    if st.button(label, type="primary", icon=":material/play_arrow:", **rights.needs(policy.ANALYSE)):
        try:
            store.start(run.id, camera.name, blur=blur)
        except WhycamError as error:
            frame.notice(error)
            return
        st.switch_page(frame.RUN, query_params={"run": run.id})
