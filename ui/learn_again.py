"""A camera learnt again: from the footage that it was trained on, and clips that turned out to be ordinary."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline import store
from pipeline.camera import Camera, own
from pipeline.reviewing.rows import FAULT
from pipeline.store import Run
from pipeline.training import trainings
from ui import camera_training, frame, rights, threshold_proposal
from ui.camera_drift import runs_of
from ui.formatting import ago, count, escape_markdown


def show(camera: Camera) -> None:
    """Let a camera be trained again; what was filled in stays where that fails."""
    if not rights.allowed(policy.TRAIN):
        return
    kept, runs = _kept(camera.name), {run.id: run for run in runs_of(camera.name) if run.original.is_file()}
    turn = st.session_state.setdefault("again", 0)
    chosen = _chosen(runs, _judged(runs), turn)
    clips = st.file_uploader("More clips of ordinary footage", type=list(store.EXTENSIONS),
                             accept_multiple_files=True, key=f"again-clips-{turn}")  # fmt: skip
    name, alarms, minutes = _settings(camera, turn)
    if name == camera.name:
        st.caption(f"The new camera takes the place of {escape_markdown(name)} once it is done; until then the old "
                   "one is used, and runs keep their answers.")  # fmt: skip
    if st.button("Learn again", type="primary", icon=":material/school:", key=f"again-go-{turn}",
                 disabled=not (name and (chosen or clips or kept))):  # fmt: skip
        try:
            with st.spinner("Keeping the clips…"):
                trainings.learn_again(camera.name, name, chosen,
                                      [(clip.name, clip) for clip in clips], alarms, minutes)  # fmt: skip
        except WhycamError as error:
            frame.notice(error)
            return
        st.session_state["again"] = turn + 1
        st.query_params["camera"] = name
        st.rerun()


def _settings(camera: Camera, turn: int) -> tuple[str, float | None, float]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        usual = camera.name if own(camera) else f"{camera.name}-2"
        name = st.text_input("Name of the new camera", usual, key=f"again-name-{turn}", max_chars=64)
        alarms = camera_training.alarms_wish(f"again-alarms-{turn}")
        minutes = camera_training.minutes_wish(f"again-minutes-{turn}")
    return name, alarms, minutes


def _kept(name: str) -> list[tuple[str, Path]]:
    """Say what footage of the camera's training is kept, and return it."""
    st.caption(
        "Events that were judged false alarms come back until the camera has seen such footage. Choose the clips in "
        "which nothing unusual happened: everything in them will count as ordinary."
    )
    kept = trainings.footage_of(name)
    if kept:
        st.markdown(f"Kept from its training: **{count(len(kept), 'clip')}**, which it is trained on again.")
    else:
        frame.notice("The footage that this camera was trained on is not kept here: add ten minutes or more of it.",
                     "warn")  # fmt: skip
    return kept


@dataclass(frozen=True)
class _Judged:
    """How many events of a run were judged false, and of how many."""

    false: int = 0
    events: int = 0

    @property
    def ordinary(self) -> bool:
        """Whether each of its events was judged false."""
        return 0 < self.false == self.events


def _judged(runs: Collection[str]) -> dict[str, _Judged]:
    """Count the events of runs, and those of them that were judged false."""
    found = dict.fromkeys(runs, _Judged())
    for one in threshold_proposal.events():
        before = found.get(one.row.run)
        if before is not None and one.row.kind != FAULT:
            false = one.opinion.verdict == "false" and not one.opinion.disputed
            found[one.row.run] = _Judged(before.false + false, before.events + 1)
    return found


def _chosen(runs: Mapping[str, Run], judged: Mapping[str, _Judged], turn: int) -> list[Run]:
    """Let runs be chosen in which nothing unusual happened; those whose every event was judged false are beforehand."""
    ordinary = [run_id for run_id in runs if judged[run_id].ordinary]
    mixed = [run_id for run_id in runs if judged[run_id].false and not judged[run_id].ordinary]

    def named(run_id: str) -> str:
        run, told = runs[run_id], judged[run_id]
        false = f", {told.false} of {told.events} judged false" if told.false else ""
        return f"{run.clip}, {count(run.events or 0, 'event')}{false}, {ago(run.created)}"

    chosen = st.multiselect(
        "Clips of runs without a true event", list(runs), ordinary, key=f"again-runs-{turn}", disabled=not runs,
        format_func=named, placeholder="Choose runs" if runs else "No run of this camera has its clip",
    )  # fmt: skip
    if ordinary:
        st.caption(f"Chosen beforehand: {count(len(ordinary), 'clip')} whose every event was judged a false alarm.")
    if mixed:
        st.caption(f"Not chosen beforehand: {count(len(mixed), 'clip')} of which some events were judged false alarms "
                   "and others were not.")  # fmt: skip
    return [runs[one] for one in chosen]
