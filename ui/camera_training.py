"""A camera of one's own: clips of ordinary footage, what was chosen for them, and the knob of its false alarms."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import files
from core.errors import WhycamError
from core.normality import DEFAULT_ALARMS_PER_HOUR
from core.progress import roughly
from people import policy
from pipeline import store, thresholds
from pipeline.camera import Camera, cameras, own
from pipeline.false_alarms import expected
from pipeline.training import losses, trainings
from pipeline.training.losses import EpochLoss
from pipeline.training.trainings import TrainingJob
from ui import camera_charts, frame, progress, rights
from ui.formatting import count, escape_html, escape_markdown
from ui.helps import heading

AUTO, ALARMS, MINUTES = 0.0, (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0), 15
HELP = "How many events an hour of ordinary footage may raise: an analyst must check each of them"
HELP_AUTO = (
    f"{HELP}. Auto is {DEFAULT_ALARMS_PER_HOUR:g}, or one in all of the footage that the threshold is measured on, if "
    "that is more"
)


def form() -> None:
    """Let the user make a camera of clips."""
    with st.expander("Train a camera", icon=":material/school:", key="learn", expanded=not cameras()):
        if not rights.allowed(policy.TRAIN):
            return
        st.caption(
            "Ten minutes or more of ordinary footage of one fixed camera, in one clip or several. Events like "
            "those in it are not reported. Size, colours, pace and threshold are chosen from the footage, with reasons."
        )
        turn = st.session_state.setdefault("training", 0)
        clips = st.file_uploader(
            "Clips of ordinary footage", type=list(store.EXTENSIONS), accept_multiple_files=True, key=f"clips-{turn}"
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            name = st.text_input("Name", key=f"name-{turn}", placeholder="entrance", max_chars=64)
            alarms = alarms_wish(f"alarms-{turn}")
            minutes = minutes_wish(f"minutes-{turn}")
        if st.button("Train this camera", type="primary", icon=":material/school:", disabled=not (clips and name)):
            try:
                with st.spinner("Keeping the clips…"):
                    trainings.submit(name, [(clip.name, clip) for clip in clips], alarms, minutes)
            except WhycamError as error:
                frame.notice(error)
                return
            st.session_state["training"] = turn + 1  # fresh widgets: the uploads' buffers are dropped
            st.rerun()


def alarms_wish(key: str) -> float | None:
    """Let the false alarms an hour be chosen that a camera may raise; None leaves them to the footage."""
    chosen = st.select_slider(
        "False alarms an hour", (AUTO, *ALARMS), AUTO, format_func=_number, help=HELP_AUTO, key=key
    )
    return float(chosen) or None


def minutes_wish(key: str) -> float:
    """Let the minutes be chosen that a training may take."""
    return float(st.number_input("Training minutes", 1, 10_000, MINUTES, key=key, width=160))


def _number(value: float) -> str:
    return f"{value:g}" if value != AUTO else "auto"


def training_list() -> None:
    """Show the cameras that are being made, and those that came to no end."""
    for job in sorted(trainings.trainings(), key=lambda one: not one.active):
        if job.active:
            st.subheader(f"{escape_markdown(job.camera)}: training")
            watch(job)
        else:
            _ended(job)


def watch(job: TrainingJob) -> None:
    """Show a training at work: how far it is, its loss so far, all its stages, and what was chosen."""

    def more(job: TrainingJob) -> None:
        try:
            epochs = losses.read(files.home() / "cameras" / job.camera / losses.WORK)
        except WhycamError:  # it is written anew after each epoch
            epochs = ()
        if len(epochs) > 1:
            heading("Loss of each epoch", "loss")
            loss_chart(epochs, f"loss-{job.id}")
        _stages(job)
        _settings(job)

    progress.watch(TrainingJob, job.id, "This tab may be closed: the training goes on.", more)


def loss_chart(epochs: Sequence[EpochLoss], key: str) -> None:
    """Draw the loss of each epoch."""
    st.plotly_chart(camera_charts.loss(epochs), key=key, config={"displayModeBar": False}, alt="Loss of each epoch")


def _stages(job: TrainingJob) -> None:
    """Show every stage with its total, and the time that it still takes."""
    if not job.stages:
        return
    rows = []
    for one in job.stages:
        done, total, unit, left = one["done"], one["total"], one["unit"], one["left"]
        parts = f"{done:,} of {total:,} {unit}" if unit and total else f"{done:,} {unit}" if unit and done else ""
        ends = "done" if one["state"] == "done" else "time not known yet" if left is None else f"about {roughly(left)}"
        cells = f"<td>{escape_html(parts)}</td><td>{escape_html(ends)}</td>"
        rows.append(f'<tr class="{escape_html(one["state"].replace(" ", "-"))}"><th>{escape_html(one["name"])}</th>'
                    f"{cells}</tr>")  # fmt: skip
    head = "<tr><th>Stage</th><th>Parts</th><th>Time left</th></tr>"
    st.html(f'<div class="card stages"><table>{head}{"".join(rows)}</table></div>')


def _settings(job: TrainingJob) -> None:
    """Show what was chosen and why, and what speaks against the footage."""
    for note in job.notes:
        frame.notice(note, "warn")
    frame.card(job.chosen.items())


def _ended(job: TrainingJob) -> None:
    """Say how a training ended, and what can be done with it."""
    with st.container(border=True, key=f"training-{job.id}"):
        st.subheader(escape_markdown(job.camera))
        facts = count(len(job.clips), "clip")
        if job.false_alarms is not None:
            facts += f", {job.false_alarms:g} false alarms an hour"
        if job.state == "done":
            frame.notice(f"Camera {job.camera} is ready; it was trained on {facts}.", "good")
        else:
            said = "It was cancelled; the last epoch is kept." if job.state == "cancelled" else "It was interrupted."
            frame.notice(job.reason or said, "bad" if job.state == "failed" else "warn")
        if job.state != "done":
            _settings(job)
        with st.container(horizontal=True, vertical_alignment="center"):
            if job.state == "done":
                st.page_link(frame.NEW, label="Analyse a clip of it", icon=":material/add:")
            else:
                label = "Train anyway" if job.unfit else "Try again" if job.state == "failed" else "Resume"
                again = partial(trainings.resume, anyway=job.unfit)
                frame.action_button(label, "play_arrow", f"again-{job.id}", again, job.id,
                                    **rights.needs(policy.TRAIN))  # fmt: skip
            label = "Delete its clips" if job.state == "done" else "Delete"
            frame.action_button(label, "delete", f"forget-{job.id}", trainings.delete, job.id,
                                **rights.needs(policy.DELETE))  # fmt: skip


def alarm_slider(camera: Camera) -> None:
    """Let a camera's false alarms be chosen anew, where it knows what thresholds cost; nothing is measured again."""
    if camera.alarms is None or not own(camera):
        return
    asked = float(camera.card.get("false_alarms", {}).get("asked_per_hour", camera.alarms.usual))
    choices = sorted({*ALARMS, asked})
    key = f"knob-{camera.name}"
    st.select_slider(
        "False alarms an hour",
        choices,
        asked,
        key=key,
        on_change=_retune,
        args=(camera.name, key),
        **rights.needs(policy.CAMERAS, help=HELP),
    )
    guess = not camera.alarms.can_count(asked)
    sure = "; too few to count them: judged by how the highest scores fall off" if guess else ""
    st.caption(f"Threshold {camera.threshold:.2f}: {escape_markdown(expected(camera))}{sure}.")


def _retune(name: str, key: str) -> None:
    frame.run_action(lambda camera: thresholds.retune(camera, st.session_state[key]), name)
