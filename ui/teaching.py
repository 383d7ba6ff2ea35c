"""A camera of one's own: clips of ordinary footage, what was chosen for them, and the knob of its false alarms."""

import streamlit as st

from core.errors import WhycamError
from core.normality import DEFAULT_ALARMS_PER_HOUR
from core.progress import time_left
from pipeline import store, views
from pipeline.training import lessons
from pipeline.training.lessons import Lesson
from ui import frame
from ui.words import count, plain, safe

AUTO, ALARMS, MINUTES = 0.0, (0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0), 15
HELP = "How many events an hour of ordinary footage may raise: each of them costs somebody a look"
HELP_AUTO = (
    f"{HELP}. Auto is {DEFAULT_ALARMS_PER_HOUR:g}, or one in all of the footage that the threshold is measured on, if "
    "that is more"
)


def form() -> None:
    """Let the user make a camera of clips."""
    with st.expander("Learn a camera of your own", icon=":material/school:", key="learn", expanded=not views.cameras()):
        st.caption(
            "Ten minutes or more of ordinary footage of one fixed camera, in one clip or several. What is in it will "
            "not be called unusual. Size, colours, pace and threshold are chosen from the footage, with reasons."
        )
        turn = st.session_state.setdefault("lesson", 0)
        clips = st.file_uploader(
            "Clips of ordinary footage", type=list(store.EXTENSIONS), accept_multiple_files=True, key=f"clips-{turn}"
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            name = st.text_input("Name", key=f"name-{turn}", placeholder="entrance", max_chars=64)
            alarms = st.select_slider(
                "False alarms an hour", (AUTO, *ALARMS), AUTO, format_func=_number, help=HELP_AUTO, key=f"alarms-{turn}"
            )
            minutes = st.number_input("Minutes of learning", 1, 10_000, MINUTES, key=f"minutes-{turn}", width=160)
        if st.button("Learn this camera", type="primary", icon=":material/school:", disabled=not (clips and name)):
            try:
                with st.spinner("Keeping the clips…"):
                    lessons.start(name, [(clip.name, clip) for clip in clips], alarms or None, float(minutes))
            except WhycamError as error:
                frame.notice(error)
                return
            st.session_state["lesson"] = turn + 1  # fresh widgets: the uploads' buffers are dropped
            st.rerun()


def _number(value: float) -> str:
    return f"{value:g}" if value != AUTO else "auto"


def at_work() -> None:
    """Show the cameras that are being made, and those that came to no end."""
    for lesson in sorted(lessons.lessons(), key=lambda one: not one.active):
        if lesson.active:
            _watch(lesson.id)
        else:
            _ended(lesson)


@st.fragment(run_every=1.0)
def _watch(lesson_id: str) -> None:
    """Show a lesson until it is no longer active; then the whole page is drawn again."""
    try:
        lesson = lessons.get(lesson_id)
    except WhycamError:
        st.rerun()
    if not lesson.active:
        st.rerun()
    with st.container(border=True, key=f"progress-{lesson.id}"):
        st.subheader(f"{plain(lesson.camera)}: being learnt")
        waiting = "Waiting: one thing is computed at a time on this machine"
        doing = f"{lesson.stage[:1].upper()}{lesson.stage[1:]} · {time_left(lesson.seconds_left)}"
        said = doing if lesson.state == "running" else waiting
        st.progress(min(max(lesson.share or 0.0, 0.0), 1.0), text=plain(said))
        _told(lesson)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Cancel", icon=":material/stop_circle:", key=f"stop-{lesson.id}", disabled=lesson.cancelling,
                      on_click=frame.act, args=(lessons.cancel, lesson.id))  # fmt: skip
            st.caption("Cancelling…" if lesson.cancelling else "This tab may be closed: the learning goes on.")


def _told(lesson: Lesson) -> None:
    """Show what was chosen and why, and what speaks against the footage."""
    for note in lesson.notes:
        frame.notice(note, "warn")
    if lesson.chosen:
        rows = "".join(f"<tr><th>{safe(name)}</th><td>{safe(why)}</td></tr>" for name, why in lesson.chosen.items())
        st.html(f'<div class="card"><table>{rows}</table></div>')


def _ended(lesson: Lesson) -> None:
    """Say how a lesson ended, and what can be done with it."""
    with st.container(border=True, key=f"lesson-{lesson.id}"):
        st.subheader(plain(lesson.camera))
        facts = count(len(lesson.clips), "clip")
        if lesson.false_alarms is not None:
            facts += f", {lesson.false_alarms:g} false alarms an hour"
        if lesson.state == "done":
            frame.notice(f"Camera {lesson.camera} is ready; it learnt from {facts}.", "good")
        else:
            said = (
                "It was cancelled; what it had learnt is kept."
                if lesson.state == "cancelled"
                else "It was interrupted."
            )
            frame.notice(lesson.error or said, "bad" if lesson.state == "failed" else "warn")
        if lesson.state != "done":
            _told(lesson)
        with st.container(horizontal=True, vertical_alignment="center"):
            if lesson.state == "done":
                st.page_link(frame.NEW, label="Analyse a clip of it", icon=":material/add:")
            else:
                label = "Learn anyway" if lesson.unfit else "Try again" if lesson.state == "failed" else "Resume"
                st.button(label, icon=":material/play_arrow:", key=f"again-{lesson.id}", on_click=frame.act,
                          args=(lambda one: lessons.resume(one, anyway=lesson.unfit), lesson.id))  # fmt: skip
            st.button("Delete its clips" if lesson.state == "done" else "Delete", icon=":material/delete:",
                      key=f"forget-{lesson.id}", on_click=frame.act, args=(lessons.delete, lesson.id))  # fmt: skip


def knob(camera: views.Camera) -> None:
    """Let a camera's false alarms be chosen anew, where it knows what thresholds cost; nothing is measured again."""
    if camera.alarms is None or not views.own(camera):
        return
    asked = float(camera.card.get("false_alarms", {}).get("asked_per_hour", camera.alarms.usual))
    choices = sorted({*ALARMS, asked})
    key = f"knob-{camera.name}"
    st.select_slider(
        "False alarms an hour", choices, asked, key=key, help=HELP, on_change=_turn, args=(camera.name, key)
    )
    guess = not camera.alarms.can_count(asked)
    sure = "; too few to count them: judged by how the highest scores fall off" if guess else ""
    st.caption(f"Threshold {camera.threshold:.2f}: {plain(views.expected_alarms(camera))}{sure}.")


def _turn(name: str, key: str) -> None:
    frame.act(lambda camera: views.retune(camera, st.session_state[key]), name)
