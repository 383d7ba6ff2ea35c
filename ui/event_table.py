"""The table of events: pictures, causes, and what was said of each; several rows can be selected."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import streamlit as st

from core.analysis import MOVING
from people import policy
from pipeline import store
from pipeline.reviewing import index
from pipeline.reviewing.desk import FAULTS, REVIEWED, TABS, UNREVIEWED, Listed
from pipeline.reviewing.rows import FAULT, EventRow
from pipeline.reviewing.severity import once_in
from pipeline.reviewing.thumbnails import Thumbnails, gone
from ui import frame, gather, review_actions, rights
from ui.formatting import count, duration, timestamp

FILL_SECONDS = 0.5
"""For which runs are read into the index before a page is drawn further."""
ROW, HEAD, HEIGHT = 66, 36, 502
"""Pixels of a row, of the table's head and of the table; texts are wrapped in rows above 64 pixels."""
THUMBNAIL = 176
LOST = 3
"""Clips that are named where the files of runs are gone."""
SIGNS = {"true": "✓ true", "false": "✗ false", "unsure": "? unsure", "": ""}
OPENED = "events-opened"
KEYS = {"r": "events-reviewed", "1": "events-true", "2": "events-false", "3": "events-unsure", "e": "events-case"}
"""Key to the button that it presses."""
EMPTY = {
    UNREVIEWED: "No event that fits the filters is left to review.",
    REVIEWED: "No event that fits the filters was reviewed yet: select some under Unreviewed, and give a verdict.",
    FAULTS: "No camera fault fits the filters.",
}


def fill_index() -> None:
    """Read runs that the index lacks, a few at a time, while the page can be used; then draw the page again."""
    if not index.missing():
        return

    def draw() -> None:
        left = index.fill(index.missing(), FILL_SECONDS)
        if not left:
            frame.redraw()
        st.caption(f"Reading the events of earlier runs: {left:,} left.")

    frame.redrawn(draw, 1.0)


def nothing_yet() -> None:
    """Say what to do where no run has an event."""
    st.subheader("No events yet")
    st.caption("Events of every finished analysis are listed here, to be reviewed. A camera's events appear with its "
               "first analysed clip.")  # fmt: skip
    st.page_link(frame.NEW, label="Analyse a clip, or the demo", icon=":material/add:")


def tabs(found: Sequence[Listed]) -> tuple[str, list[Listed]]:
    """Let unreviewed events, reviewed ones or camera faults be chosen; return the choice and its events."""
    counts = Counter(one.tab for one in found)
    tab = st.segmented_control("Shown", TABS, default=TABS[0], key="events-tab", required=True,
                               format_func=lambda name: f"{name} ({counts[name]:,})",
                               label_visibility="collapsed") or TABS[0]  # fmt: skip
    return tab, [one for one in found if one.tab == tab]


def actions(selected: Sequence[Listed], now: Callable[[], list[str]]) -> None:
    """Offer what can be done with the selected events in one go.

    Args:
        selected: when the page was drawn.
        now: returns the keys of those that are selected when a button is clicked.
    """
    common, some = review_actions.combined([one.opinion for one in selected]), bool(selected)
    review_actions.buttons(lambda told: review_actions.tell(now(), common, told), common, "events", enabled=some,
                           keyed=True)  # fmt: skip
    with st.popover("Note", icon=":material/edit_note:", disabled=not some):
        review_actions.note_field(lambda text: review_actions.say(now(), note=text), common, "events")
        review_actions.history(common)
    needed = rights.needs(policy.REVIEW, disabled=not some, help="Add to a case, or export (E)")
    st.button("Case or export", key="events-case", on_click=lambda: gather.ask(now()),
              shortcut=None if needed["disabled"] else "E", **needed)  # fmt: skip


def keys() -> None:
    """Let keys speak of the selected events; drawn where it takes no room from others."""
    review_actions.KEYS(key="review-keys", data={"keys": KEYS, "turn": frame.turn()})


def show(
    events: Sequence[Listed], tab: str, place: "st.delta_generator.DeltaGenerator"
) -> tuple[list[Listed], Callable[[], list[str]]]:
    """Show events as a table, whose rows are selected by their boxes or by any of their cells.

    A click on *Open* goes to the event on its run's page.

    Args:
        events: in order.
        tab: under which they are listed.
        place: for the button that selects all.

    Returns:
        The events that are selected, and what returns the keys of those that are selected later, in a callback.
    """
    if not events:
        st.caption(EMPTY[tab])
        return [], list
    key, there = f"events-{tab}-{_digest(events)}", Thumbnails().there
    with st.container(key="events-table"):
        state = st.dataframe(
            [_cells(one, there) for one in events], hide_index=True, row_height=ROW, placeholder="",
            height=min(HEAD + ROW * len(events) + 4, HEIGHT),
            on_select="rerun", selection_mode=["multi-row", "multi-cell"], key=key, alt=f"{tab} events",
            column_config=_columns(tab),
        )  # fmt: skip
    if (click := st.session_state.get(OPENED)) is not None and click["row"] < len(events):
        open_event(events[click["row"]])
    rows = _marked(state, len(events))
    with place:
        st.button(f"{len(rows):,} of {len(events):,}", icon=":material/select_all:", key="select-all",
                  shortcut="Ctrl+A", on_click=_select, args=(key, list(range(len(events)))),
                  help="Select all")  # fmt: skip
    named = [one.row.key for one in events]
    return [events[row] for row in rows], lambda: [named[row] for row in _marked(st.session_state[key], len(named))]


def say_gone(events: Sequence[Listed]) -> None:
    """Say which runs' files are gone, so that their events have no pictures and cannot be opened."""
    clips = {one.row.run: one.row.clip for one in events}
    if lost := [clip for run, clip in clips.items() if gone(run)]:
        frame.notice(f"The files of {count(len(lost), 'run')} are gone from the disk ({_named(lost)}): the events have "
                     "no pictures and cannot be opened. Delete such runs on the page Runs, or bring their folders "
                     "back.", "warn")  # fmt: skip


def say_unread() -> None:
    """Say which finished runs have reports that cannot be read, so that their events are in no list, and why."""
    unread = index.unreadable()
    if not unread:
        return
    kept = [run for run in store.runs(("done",)) if run.id in unread]
    for reason in dict.fromkeys(unread[run.id] for run in kept):
        clips = [run.clip for run in kept if unread[run.id] == reason]
        frame.notice(f"The events of {count(len(clips), 'run')} are not listed ({_named(clips)}): {reason}.", "warn")


def _named(clips: Sequence[str]) -> str:
    return ", ".join(clips[:LOST]) + (f" and {len(clips) - LOST:,} more" if len(clips) > LOST else "")


def _marked(state: Mapping[str, Any], count: int) -> list[int]:
    """Return the rows that are selected, by their boxes or cells."""
    chosen = state["selection"]
    return sorted(row for row in {*chosen["rows"], *(row for row, _ in chosen["cells"])} if row < count)


def _select(key: str, rows: list[int]) -> None:
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def open_event(one: Listed) -> None:
    """Go to an event on its run's page."""
    st.switch_page(frame.RUN, query_params=address(one))


def address(one: Listed) -> dict[str, str]:
    """Return the query of the page Run that shows an event at the threshold at which it was cut."""
    row = one.row
    kind = {"kind": row.kind} if row.kind not in (MOVING, FAULT) else {}
    limit = {"threshold": f"{row.threshold:.6g}"} if row.quiet and row.threshold is not None else {}
    return {"run": row.run, "at": str(row.peak), **kind, **limit}


def picture(one: Listed, there: Callable[[EventRow], bool] = bool) -> str | None:
    """Return the address of an event's picture; None where none was kept, or it is not ``there`` any more."""
    row = one.row
    if row.shown is None or not there(row):
        return None
    kind = "fault" if row.kind == FAULT else "picture"
    return f"play/{quote(row.run)}/{kind}/{row.shown}?size={THUMBNAIL}"


def _digest(events: Sequence[Listed]) -> int:
    """Return what changes with the rows: a selection holds for these rows alone."""
    return hash(tuple(one.row.key for one in events))


def _cells(one: Listed, there: Callable[[EventRow], bool]) -> dict[str, object]:
    row, said = one.row, one.opinion
    marks = [*(["exported"] if one.exported else []), *one.cases]
    return {
        "picture": picture(one, there),
        "open": "Open",
        "severity": one.severity,
        "cause": row.label,
        "about": re.sub(r" \([^()]*\)", "", row.about or row.summary),
        "when": row.recorded or f"{row.day}, at {timestamp(row.start)}",
        "duration": duration(row.seconds),
        "camera": row.camera,
        "verdict": "\n".join(
            filter(None, (SIGNS[said.verdict] + (" (disputed)" if said.disputed else ""), ", ".join(said.by_reviewer)))
        ),
        "note": said.note,
        "marks": ", ".join(marks),
        "clip": row.clip,
        "rare": once_in(row.per_hour),
    }


def _columns(tab: str) -> dict[str, Any]:
    text = st.column_config.TextColumn
    hidden = dict.fromkeys(("severity", "rare") if tab == FAULTS else ())
    return {
        "picture": st.column_config.ImageColumn("Picture", width=104),
        "open": st.column_config.ButtonColumn("", width=62, key=OPENED, type="tertiary"),
        "severity": text("Severity", width=76),
        "cause": text("Fault" if tab == FAULTS else "First cause", width=130),
        "about": text("What happened" if tab == FAULTS else "Attributes", width=350 + (76 if tab == FAULTS else 0),
                      help=None if tab == FAULTS else "Without the figures, which are beside the player"),
        "when": text("When", width=104, help="By the recorder's clock; where the clip has none, the day on which it "
                     "was submitted, and the time in the clip."),
        "duration": text("Duration", width=74),
        "camera": text("Camera", width=90),
        "verdict": text("Verdict", width=92, help="The latest, and who spoke"),
        "note": text("Note", width=140),
        "marks": text("Cases and exports", width=110),
        "clip": text("Clip", width=130),
        "rare": text("In normal footage", width=110, help="How often this camera's normal footage scores as high; the "
                     "rarest that is told is once in 20 h."),
        **hidden,
    }  # fmt: skip
