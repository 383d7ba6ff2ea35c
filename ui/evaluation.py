"""The evaluation page's forms and its list: what to measure, what it still needs, and what is being measured."""

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import streamlit as st

from core.errors import WhycamError
from jobs.job import STARTABLE
from people import policy
from pipeline import channels, offload
from pipeline.camera import cameras as kept_cameras
from pipeline.camera import load
from pipeline.evaluation import evaluations, latest
from pipeline.evaluation.distortion import Distortion
from pipeline.evaluation.evaluations import Evaluation, EvaluationRequest
from pipeline.evaluation.protocols import NORMALISATIONS, PROTOCOLS, SMOOTHINGS
from pipeline.kinds import queue
from ui import frame, progress, rights
from ui.formatting import count

OWN = "the protocol's"
PRESETS = ("brightness=0.75", "brightness=0.5", "rain=light", "rain=heavy", "rain=torrential", "blur=1", "blur=3",
           "every=2", "every=4")  # fmt: skip
DETECTION, EXPLANATION = "detection", "explanation"
NOW, SUBMITTED = "eval-now", "eval-submitted"
"""Where a session keeps what a form holds, and what it held when it was last measured."""
LISTED = 4
"""Older evaluations that are not folded away."""
Submission = tuple[EvaluationRequest, Mapping[str, BinaryIO]]


def forms() -> None:
    """Let the user say what is to be measured."""
    if not rights.allowed(policy.EVALUATE):
        return
    detection, explanation = st.tabs(["Detection on a data set", "Explanations: X-MAN's mAP"])
    with detection:
        _detection_form()
    with explanation:
        _explanation_form()


@st.cache_data(ttl=60.0, show_spinner="Looking for data sets…")
def _datasets() -> list[str]:
    return evaluations.datasets()


def _detection_form() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        data = st.selectbox("Data set and label set", _datasets(), key="eval-data",
                            help="Those in the folder that WHYCAM_DATA names, and the rendered plaza")  # fmt: skip
        cameras = st.multiselect("Cameras", list(kept_cameras()), key="eval-cameras", placeholder="none")
        files = st.file_uploader("Scores of other systems", type=["csv", "npz"], accept_multiple_files=True,
                                 key="eval-scores", help="CSV video,frame,score with frames from 1, or .npz as "
                                 "./whycam evaluate --keep writes it")  # fmt: skip
    with right:
        protocol, *ways = _protocol()
        worse = st.multiselect("Distortions", PRESETS, key="eval-worse", accept_new_options=True,
                               placeholder="as it is alone")  # fmt: skip
        scores = _scores(cameras)
    needs = [] if data else ["a folder of data sets (WHYCAM_DATA)"]
    needs += [] if cameras or files else ["a camera or a file of scores"]
    held = (_ids(files), *cameras, data, protocol, *ways, *worse, *map(tuple, scores.values()))
    _remember(DETECTION, held if cameras or files else ())
    if _button("Measure", needs, "eval-go"):
        normalise, smooth = (None if way == OWN else way for way in ways)
        asked: list[Submission] = [
            (EvaluationRequest("camera", camera, data, protocol, normalise, smooth, how, by=by), {})
            for camera in cameras
            for by in scores.get(camera) or ("",)
            for how in ("", *worse)
        ]
        for file in files:
            request = EvaluationRequest("scores", file.name, data, protocol, normalise, smooth)
            asked.append((request, {"system": file}))
        _start(DETECTION, asked)


def _protocol() -> list[str]:
    """Let the user choose a protocol, and another normalisation or smoothing than its own."""
    protocol = st.selectbox("Protocol", list(PROTOCOLS), key="eval-protocol",
                            help="How scores become a figure; printed with the figures")  # fmt: skip
    ways = (("Normalisation", NORMALISATIONS), ("Smoothing", SMOOTHINGS))
    return [protocol, *(st.selectbox(label, [OWN, *choices], key=f"eval-{label}") for label, choices in ways)]


def _scores(cameras: Sequence[str]) -> dict[str, list[str]]:
    """Let the user choose scores where a camera or its detector has several; return those of each such camera."""
    if not cameras:
        return {}
    several: dict[str, list[str]] = {}
    with st.spinner("Listing the scores of the cameras' detectors…"):
        known: dict[str, list[str]] = offload.call("pipeline.evaluation.alternative_scores:score_names")
    for name in cameras:
        # A camera that cannot be read says so when it is measured.
        with contextlib.suppress(WhycamError):
            camera = load(name)
            by = [*known.get(camera.detector, ()), *channels.alone(camera)]
            several |= {name: by} if by else {}
    if not several:
        return {}
    chosen = st.multiselect("Scores", sorted({by for some in several.values() for by in some}), key="eval-by",
                            placeholder="the camera's own",
                            help="joined: all that the camera has; pixels: their error alone; attributes: those of "
                            "things alone. Of detectors with several scores, z: the latent code's error; p: the "
                            "pixels'")  # fmt: skip
    return {name: [by for by in some if by in chosen] for name, some in several.items()}


def _explanation_form() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        files = st.file_uploader("Predictions", type=["json", "csv"], accept_multiple_files=True,
                                 key="xman-predictions",
                                 help="CSV video,frame,coarse,fine,score, or JSON; of any system")  # fmt: skip
        cameras = st.multiselect("Cameras, too", list(kept_cameras()), key="xman-cameras", placeholder="none",
                                 help="Each explains the labelled frames of a data set first")  # fmt: skip
    with right:
        labels = st.file_uploader("Labels", type=["json"], key="xman-labels", help="X-MAN's JSON")
        data = st.selectbox("Data set of the labels", _datasets(), key="xman-data") if cameras else ""
    needs = [] if files or cameras else ["a predictions file or a camera"]
    needs += [] if labels else ["labels"]
    needs += ["the data set of the labels"] if cameras and not data else []
    any_held = files or cameras or labels
    _remember(EXPLANATION, (_ids([*files, *([labels] if labels else [])]), *cameras, data) if any_held else ())
    if _button("Measure explanations", needs, "xman-go") and labels is not None:
        asked: list[Submission] = [(EvaluationRequest("causes", camera, data, labels=labels.name), {"labels": labels})
                              for camera in cameras]  # fmt: skip
        asked += [(EvaluationRequest("xman", file.name, labels=labels.name), {"system": file, "labels": labels})
                  for file in files]  # fmt: skip
        _start(EXPLANATION, asked)


def _button(label: str, needs: Sequence[str], key: str) -> bool:
    """Show the button of a form; one that lacks something says what."""
    needed = ", and ".join(needs)
    return st.button(f"{label}: choose {needed}" if needs else label, type="primary", icon=":material/speed:", key=key,
                     disabled=bool(needs), help=f"Choose {needed} first" if needs else None)  # fmt: skip


def _ids(files: Sequence[Any]) -> tuple[str, ...]:
    """Tell uploads apart: each has an id, whatever its name."""
    return tuple(file.file_id for file in files)


def _remember(form: str, held: tuple[Any, ...]) -> None:
    st.session_state.setdefault(NOW, {})[form] = held


def pending() -> bool:
    """Tell whether a form holds files or cameras that were not measured since they were chosen."""
    asked = st.session_state.get(SUBMITTED, {})
    return any(held and held != asked.get(form) for form, held in st.session_state.get(NOW, {}).items())


def _start(form: str, asked: Sequence[Submission]) -> None:
    batch = secrets.token_hex(4)
    try:
        for request, uploads in asked:
            Distortion.read(request.distortion)
            for stream in uploads.values():
                stream.seek(0)
            evaluations.submit(replace(request, batch=batch), uploads)
    except WhycamError as error:
        frame.notice(error)
        return
    st.session_state.setdefault(SUBMITTED, {})[form] = st.session_state[NOW][form]
    st.rerun()


def watch(kept: Sequence[Evaluation]) -> None:
    """Say what failed of what was asked for last, and show what is at work, drawn anew until it is done.

    Args:
        kept: all evaluations, newest first, as they are while the page is drawn.
    """
    for one in latest.latest_batch(kept).stopped:
        why = f": {one.reason}" if one.reason else ""
        kind = "bad" if one.state == "failed" else "warn"
        frame.notice(f"The measurement of {latest.inputs(one)}, {latest.outcome(one)}{why}", kind)
    if active := {one.id for one in kept if one.active}:
        frame.redrawn(_running, 1.5, active)


def _running(before: set[str]) -> None:
    active = [one for one in evaluations.evaluations() if one.active]
    if {one.id for one in active} != before:
        frame.redraw()
    for one in active:
        _row(one)


def history(kept: Sequence[Evaluation]) -> None:
    """List the evaluations that have ended, older ones folded away."""
    ended, last = [one for one in kept if not one.active], latest.latest_batch(kept)
    if not ended:
        return
    st.subheader("Measurements kept")
    shown = [one for number, one in enumerate(ended) if last.answers(one) or number < LISTED]
    for one in shown:
        _row(one)
    if folded := [one for one in ended if one not in shown]:
        with st.expander(count(len(folded), "earlier one")):
            for one in folded:
                _row(one)


def _row(one: Evaluation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run-{one.id}"):
        frame.job_row(one.state, name_of(one), _facts(one))
        if one.state == "running" and one.told:
            st.progress(one.told.progress.share or 0.0, width=160)
        if one.active:
            progress.cancel_button(one)
        elif one.state in STARTABLE:
            frame.action_button("Resume", "play_arrow", f"resume-{one.id}", queue().submit, one.id,
                                **rights.needs(policy.EVALUATE))  # fmt: skip
        frame.action_button("Delete", "delete", f"delete-{one.id}", evaluations.delete, one.id,
                            **rights.needs(policy.DELETE))  # fmt: skip


def name_of(one: Evaluation) -> str:
    """Return how an evaluation is called in charts and lists."""
    how = f" · {one.request.distortion}" if one.request.distortion else ""
    return f"{one.request.name}{how}"


def _facts(one: Evaluation) -> str:
    request = one.request
    said = f"X-MAN, {request.labels}" if request.explains else f"protocol {request.protocol}"
    facts = [*([request.data] if request.data else []), said]
    facts += [way for way in (request.normalisation, request.smoothing) if way]
    if one.active:
        facts.append(progress.describe(one))
    facts.append(f"{one.submitted} UTC")
    return " · ".join([*facts, *([one.reason] if one.reason else [])])
