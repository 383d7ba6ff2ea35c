"""The player of a run with its timeline: a component of our own, whose sources are in ``frontend/``."""

import dataclasses
import json
from collections.abc import Callable

import streamlit as st

from core.analysis import Analysis, Cause, ExplainedEvent
from core.errors import WhycamError
from people import policy
from pipeline import playback
from pipeline.store import Run
from ui import frame, progress, rights

FOLDER = frame.ASSETS / "player"
PLAYER = st.components.v2.component(
    "player",
    html='<div id="player"></div>',
    css=(FOLDER / "player.css").read_text(encoding="utf-8"),
    js=(FOLDER / "player.js").read_text(encoding="utf-8"),
)
KEYS: list[tuple[str, str]] = [(key, told) for key, told in json.loads((FOLDER / "keys.json").read_text("utf-8"))]
"""The player's keys with what each does, as its own help lists them."""
SHOWN = "the player shows the pictures that were kept of events"


def ensure_copy(run: Run) -> None:
    """Have the clip's playback copy made where there is none, and show how far that is."""
    if playback.find(run) is not None:
        return
    try:
        made = playback.job(run)
        if made is None and run.path.exists():
            made = playback.submit(run)
    except WhycamError as error:
        frame.notice(error, "warn")
        return
    if made is not None and made.active:
        progress.watch(playback.Playback, made.id, f"Until then {SHOWN}.", slim=True)
    elif made is None or not run.path.exists():
        frame.notice(f"The clip is no longer there: {SHOWN}.", "warn")
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="no-copy"):
            frame.notice(f"There is no playback copy of the clip: {_why_none(made)}", "warn")
            frame.action_button("Make the playback copy", "movie", f"copy-{run.id}", lambda _: playback.submit(run),
                                run.id, **rights.needs(policy.LOOK))  # fmt: skip


def _why_none(made: playback.Playback) -> str:
    """Say why the job that was to make a copy left none."""
    if made.state == "done":
        return "it was removed"
    return made.reason or ("it was cancelled" if made.state == "cancelled" else "its making was stopped")


def show(
    run: Run, analysis: Analysis, at: int | None, event: ExplainedEvent | None, *,
    on_event: Callable[[int], None], on_threshold: Callable[[float], None], on_review: Callable[[str], None],
    highlight: int, on_cause: Callable[[int], None],
) -> None:  # fmt: skip
    """Show the player.

    Args:
        run: that is done.
        analysis: at the threshold that is shown.
        at: the frame to show; where it changes, the player goes there.
        event: whose causes are boxed.
        on_event: called with the frame that was chosen on the timeline.
        on_threshold: called with the threshold to which the line was dragged.
        on_review: called with what a key says of the event: ``reviewed``, ``case`` or a verdict.
        highlight: rank of the cause that is followed, from 1; 0 for none.
        on_cause: called with the rank of the cause whose box was clicked.
    """
    key, copy = f"player-{run.id}", playback.find(run)

    def told(name: str, call: Callable[[float], None]) -> None:
        value = st.session_state[key].get(name)
        if isinstance(value, int | float):
            call(value)

    def said() -> None:
        if isinstance(value := st.session_state[key].get("review"), str):
            on_review(value)

    PLAYER(
        key=key,
        data={
            "run": run.id, "version": f"{run.ended or 0:.3f}-{copy.frames if copy else 0}",
            "copy": dataclasses.asdict(copy) if copy else None, "threshold": analysis.threshold, "at": at,
            "turn": frame.turn(),
            "causes": [_tube(cause) for cause in event.listed] if event else [], "highlight": highlight,
        },
        on_event_change=lambda: told("event", lambda value: on_event(int(value))),
        on_threshold_change=lambda: told("threshold", on_threshold),
        on_cause_change=lambda: told("cause", lambda value: on_cause(int(value))),
        on_review_change=said,
    )  # fmt: skip


def _tube(cause: Cause) -> dict[str, object]:
    boxes = [round(value, 1) for _, box in cause.tube for value in box]
    return {"label": cause.fine, "frames": [number for number, _ in cause.tube], "boxes": boxes}
