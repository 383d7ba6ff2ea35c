"""A camera of one's own: clips of ordinary footage, what was chosen for them, and the knob of its false alarms."""

from functools import partial

import streamlit as st

from core.errors import WhycamError
from core.normality import DEFAULT_ALARMS_PER_HOUR
from pipeline import store, thresholds
from pipeline.camera import Camera, cameras, own
from pipeline.false_alarms import expected
from pipeline.training import trainings
from pipeline.training.trainings import TrainingJob
from ui import frame, progress
from ui.formatting import count, escape_markdown

AUTO, ALARMS, MINUTES = 0.0, (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0), 15
HELP = "How many events an hour of ordinary footage may raise: an analyst must check each of them"
HELP_AUTO = (
    f"{HELP}. Auto is {DEFAULT_ALARMS_PER_HOUR:g}, or one in all of the footage that the threshold is measured on, if "
    "that is more"
)


def form() -> None:
    """Let the user make a camera of clips."""
    with st.expander("Train a camera", icon=":material/school:", key="learn", expanded=not cameras()):
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
            alarms = st.select_slider(
                "False alarms an hour", (AUTO, *ALARMS), AUTO, format_func=_number, help=HELP_AUTO, key=f"alarms-{turn}"
            )
            minutes = st.number_input("Training minutes", 1, 10_000, MINUTES, key=f"minutes-{turn}", width=160)
        if st.button("Train this camera", type="primary", icon=":material/school:", disabled=not (clips and name)):
            try:
                with st.spinner("Keeping the clips…"):
                    trainings.submit(name, [(clip.name, clip) for clip in clips], alarms or None, float(minutes))
            except WhycamError as error:
                frame.notice(error)
                return
            st.session_state["training"] = turn + 1  # fresh widgets: the uploads' buffers are dropped
            st.rerun()


def _number(value: float) -> str:
    return f"{value:g}" if value != AUTO else "auto"


def training_list() -> None:
    """Show the cameras that are being made, and those that came to no end."""
    for job in sorted(trainings.trainings(), key=lambda one: not one.active):
        if job.active:
            st.subheader(f"{escape_markdown(job.camera)}: training")
            progress.watch(TrainingJob, job.id, "This tab may be closed: the training goes on.", _settings)
        else:
            _ended(job)


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
                frame.action_button(label, "play_arrow", f"again-{job.id}", again, job.id)
            label = "Delete its clips" if job.state == "done" else "Delete"
            frame.action_button(label, "delete", f"forget-{job.id}", trainings.delete, job.id)


def alarm_slider(camera: Camera) -> None:
    """Let a camera's false alarms be chosen anew, where it knows what thresholds cost; nothing is measured again."""
    if camera.alarms is None or not own(camera):
        return
    asked = float(camera.card.get("false_alarms", {}).get("asked_per_hour", camera.alarms.usual))
    choices = sorted({*ALARMS, asked})
    key = f"knob-{camera.name}"
    st.select_slider(
        "False alarms an hour", choices, asked, key=key, help=HELP, on_change=_retune, args=(camera.name, key)
    )
    guess = not camera.alarms.can_count(asked)
    sure = "; too few to count them: judged by how the highest scores fall off" if guess else ""
    st.caption(f"Threshold {camera.threshold:.2f}: {escape_markdown(expected(camera))}{sure}.")


def _retune(name: str, key: str) -> None:
    frame.run_action(lambda camera: thresholds.retune(camera, st.session_state[key]), name)
