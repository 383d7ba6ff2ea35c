"""One camera's own view: its picture, its knob, what it learnt, its training, and how its clips compare with that."""

import streamlit as st

from core.errors import WhycamError
from core.normality import StandingAlarms
from core.progress import footage_length
from pipeline import camera_facts
from pipeline.camera import Camera, load, own
from pipeline.channels import DECIBELS, unit
from pipeline.training import losses, trainings
from ui import area, camera_drift, camera_training, frame, learn_again, retention, upload
from ui import camera_charts as charts
from ui.formatting import count, escape_html, escape_markdown
from ui.helps import heading

THRESHOLD, LEARNT, TRAINING, DRIFT, AGAIN = "Threshold", "What it learnt", "Training", "Drift", "Learn again"
KEPT = "How long runs are kept"
CHANGED = "When did this change?"
PARTS = {THRESHOLD: lambda camera: threshold(camera), LEARNT: lambda camera: learnt(camera),
         TRAINING: lambda camera: training(camera), DRIFT: camera_drift.show, CHANGED: area.show,
         AGAIN: learn_again.show, KEPT: retention.show}  # fmt: skip
PLAIN = {"displayModeBar": False}
TOLD = 2
"""Ranges that are put in words below their chart: those of the commonest classes."""
SELDOM = 0.01
"""Mean number in a frame from which a class has a bar."""


def show(name: str) -> None:
    """Show the camera that the address names; a sentence, and the way back, where there is none."""
    st.page_link(frame.CAMERAS, label="All cameras", icon=":material/arrow_back:")
    active = next((job for job in trainings.trainings() if job.camera == name and job.active), None)
    try:
        camera = load(name)
    except WhycamError as error:
        if active is None:
            frame.notice(error)
        else:
            st.subheader(f"{escape_markdown(name)}: training")
            camera_training.watch(active)
        return
    if active is not None:
        camera_training.watch(active)
    _head(camera)
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.image(camera.background, caption="Its normal background", width="stretch", alt=f"Background of {name}")
        frame.card(upload.card_summary(camera).items())
    with right:
        tabs = st.tabs(list(PARTS), key="part", on_change="rerun", bind="query-params")
        for tab, part in zip(tabs, PARTS.values(), strict=True):
            if tab.open:
                with tab:
                    part(camera)


def _head(camera: Camera) -> None:
    whose = "your own" if own(camera) else "comes with Whycam"
    size = f"{camera.width} × {camera.height} pixels at {camera.fps:.4g} frames/s"
    st.html(f'<h1 class="clip">Camera {escape_html(camera.name)}</h1>'
            f'<p class="facts">{escape_html(f"{whose} · {camera.detector} · {size}")}</p>')  # fmt: skip


def entry(name: str) -> None:
    """Show one camera in the list of those there are."""
    with st.container(border=True, key=f"camera-{name}"):
        try:
            camera = load(name)
        except WhycamError as error:
            st.subheader(escape_markdown(name))
            frame.notice(error)
            return
        left, right = st.columns([1, 3], gap="medium")
        left.image(camera.background, width="stretch", alt=f"Background of camera {name}")
        with right:
            st.page_link(frame.CAMERAS, label=f"**{escape_markdown(name)}**", icon=":material/videocam:",
                         query_params={"camera": name})  # fmt: skip
            frame.card(upload.card_summary(camera).items())


def threshold(camera: Camera) -> None:
    """Show what the threshold is, what it costs, and how normal frames score; let it be moved along that curve."""
    measure = unit(camera.channels)
    camera_training.alarm_slider(camera)
    if camera.alarms is None:
        frame.notice("This camera does not know its false alarms; ./whycam train --measure finds them out.", "warn")
    else:
        length = footage_length(camera.alarms.hours * 3600)
        more = (
            "" if camera.standing is None else f"; what stands costs {_standing_cost(camera.standing):.2g} an hour more"
        )
        heading("What each threshold costs", "alarm curve", f"counted on {length} of normal footage{more}")
        figure = charts.alarm_curve(camera.alarms, camera.threshold, measure)
        st.plotly_chart(figure, key="alarm-curve", config=PLAIN, alt="False alarms an hour over the threshold")
    heading(
        f"How {camera.normality.frames:,} normal frames score", "score", "from the percentiles that the camera keeps"
    )
    figure = charts.normal_scores(camera.normality.quantiles, camera.threshold, measure)
    st.plotly_chart(figure, key="normal-scores", config=PLAIN, alt="Histogram of the scores of normal frames")
    st.caption(_reading(camera, measure))


def _reading(camera: Camera, measure: str) -> str:
    said = "Events are cut from the score after smoothing, so that a few frames above the threshold make none."
    if measure == DECIBELS:
        said += " 0 dB is a typical normal frame."
    if (stands := camera.standing) is not None:
        said += (f" What stands, or is gone, has a threshold of its own: {stands.threshold:.2f} nats, which costs "
                 f"{_standing_cost(stands):.2g} false alarms an hour.")  # fmt: skip
    return said


def _standing_cost(stands: StandingAlarms) -> float:
    return stands.alarms.expected(stands.threshold)


def learnt(camera: Camera) -> None:
    """Show where things stand, how large and how fast they are, and which classes there are."""
    left, right = st.columns(2, gap="medium")
    with left:
        _places(camera)
    with right:
        _heights(camera)
    _attributes(camera)
    _classes(camera)


def _heights(camera: Camera) -> None:
    if sizes := camera_facts.heights(camera):
        heading("How tall things are", "size", "in pixels of the camera's picture")
        st.plotly_chart(charts.heights(sizes), key="heights", config=PLAIN, alt="Heights of things in pixels")


def _attributes(camera: Camera) -> None:
    """Show the normal range of one attribute for each class."""
    try:
        with st.spinner("Reading what it learnt of things…"):
            known = camera_facts.attributes(camera)
    except WhycamError as error:
        frame.notice(error)
        known = []
    if not known:
        st.caption("It keeps no attributes of things: its normal footage showed too few of them.")
        return
    heading("What is normal of things", "normal range", "for each class")
    name = st.segmented_control("What is normal of", camera_facts.SHOWN, default=camera_facts.SHOWN[0], required=True,
                                format_func=camera_facts.title_of, key="attribute") or ""  # fmt: skip
    st.plotly_chart(charts.ranges(known, name), key=f"range-{name}", config=PLAIN,
                    alt=f"Normal range of {name} by class")  # fmt: skip
    for one in [one for one in known if one.name == name][:TOLD]:
        st.caption(escape_markdown(camera_facts.said(one)))


def _places(camera: Camera) -> None:
    places = camera.normality.places
    if not places:
        st.caption("It does not know where things stand: its normal footage showed too few of them.")
        return
    known = sorted(places, key=lambda label: -len(places[label].points))
    label = st.selectbox("Where it stands or walks", known, key="place-of", width=240) if len(known) > 1 else known[0]
    st.image(camera_facts.places(camera, label), width="stretch", output_format="JPEG", alt=f"Places of {label}",
             caption=f"Blue: where a {escape_markdown(label)} stood in {places[label].frames:,} frames of normal "
                     f"footage ({count(places[label].moments, 'moment')})")  # fmt: skip


def _classes(camera: Camera) -> None:
    known = camera_facts.classes(camera)
    rows = [row for row in known if row[2] >= SELDOM]
    if not rows:
        return
    rare = [name for name, _, number, _ in known if number < SELDOM]
    seen = f"in {camera.normality.explained_frames:,} normal frames"
    heading("What is seen, and how often", "number in a frame", seen)
    st.plotly_chart(charts.classes(rows), key="classes", config=PLAIN, alt="Mean number of each class in a frame")
    seldom = f" Hardly ever seen, once in 100 frames or less: {', '.join(rare)}." if rare else ""
    st.caption(escape_markdown("A thing may have several names: one who walks is a person, and walks." + seldom))


def training(camera: Camera) -> None:
    """Show how the training went, and everything on the card."""
    try:
        epochs = losses.read(camera.folder)
    except WhycamError as error:
        frame.notice(error)
        epochs = ()
    heading("Loss of each epoch", "loss")
    if epochs:
        camera_training.loss_chart(epochs, "loss")
    else:
        st.caption("Not kept for this camera; a training keeps it from now on.")
    with st.expander("Everything on its card", expanded=True):
        frame.card(upload.card_lines(camera))
