"""What can be said of events: reviewed, a verdict, a note; by buttons, and by the player's keys."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core.analysis import Analysis, ExplainedEvent
from core.errors import WhycamError
from people import policy
from pipeline.reviewing import index, reviews
from pipeline.reviewing.reviews import VERDICTS, Opinion
from pipeline.reviewing.rows import keys, row_at
from pipeline.store import Run
from ui import gather, reviewer, rights
from ui.formatting import ago, escape_html
from ui.frame import ASSETS

KEYS = st.components.v2.component("review-keys", js=(ASSETS / "review_keys.js").read_text(encoding="utf-8"))
"""Presses buttons on keys once the page is at rest; R, which Streamlit lets no button have as its shortcut, too."""
REVIEWED, CASE = "reviewed", "case"
"""What the player tells beside a verdict."""
ICONS = {"true": "check", "false": "close", "unsure": "question_mark"}
HELP = {
    "true": "Verdict: an event that was rightly raised",
    "false": "Verdict: a false alarm",
    "unsure": "Verdict: not to be told",
}


def say(events: Sequence[str], *, reviewed: bool | None = None, verdict: str | None = None,
        note: str | None = None) -> bool:  # fmt: skip
    """Record what the reviewer says of events; tell whether that was possible. A refusal is shown on the next draw."""
    try:
        reviews.add(events, reviewer.name(), reviewed=reviewed, verdict=verdict, note=note)
    except WhycamError as error:
        st.session_state["refused"] = [str(error)]
        return False
    return True


def buttons(do: Callable[[str], None], opinion: Opinion, place: str, *, enabled: bool = True,
            keyed: bool = False) -> None:  # fmt: skip
    """Offer to mark events as reviewed and to give a verdict.

    Args:
        do: called with :data:`REVIEWED` or a verdict.
        opinion: that is shown as chosen.
        place: of the buttons, which names them.
        enabled: whether there are events to speak of.
        keyed: whether the keys R, 1, 2 and 3 are taken here; on the page Run the player takes them.
    """
    icon = (lambda name: None) if keyed else ":material/{}:".format
    st.button("Reviewed", icon=icon("task_alt"), key=f"{place}-reviewed", on_click=do, args=(REVIEWED,),
              type="primary" if opinion.reviewed else "secondary",
              **rights.needs(policy.REVIEW, disabled=not enabled,
                             help="Mark as reviewed, or take that back (R)"))  # fmt: skip
    for number, verdict in enumerate(VERDICTS, 1):
        needed = rights.needs(policy.REVIEW, disabled=not enabled, help=f"{HELP[verdict]} ({number})")
        st.button(verdict.capitalize(), icon=icon(ICONS[verdict]), key=f"{place}-{verdict}", on_click=do,
                  args=(verdict,), type="primary" if opinion.verdict == verdict else "secondary",
                  shortcut=str(number) if keyed and not needed["disabled"] else None, **needed)  # fmt: skip


def tell(events: Sequence[str], opinion: Opinion, told: str) -> None:
    """Record what a button stands for: :data:`REVIEWED`, or a verdict."""
    if told == REVIEWED:
        say(events, reviewed=not opinion.reviewed)
    else:
        say(events, verdict=told)


def note_field(keep: Callable[[str], bool], opinion: Opinion, place: str) -> None:
    """Let a note be written on events; ``keep`` records it, and tells whether it could."""
    with st.form(f"{place}-note", border=False):
        text = st.text_area("Note", opinion.note, max_chars=reviews.MAX_NOTE, height=80)
        if st.form_submit_button("Keep the note", **rights.needs(policy.REVIEW)):
            keep(text)
            st.rerun()


def panel(run: Run, analysis: Analysis, one: ExplainedEvent, number: int, opinion: Opinion) -> None:
    """Show beside the player what is said of an event, and let it be said; an event is kept once it is spoken of."""
    do = partial(pressed, run, analysis, one, number, opinion)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="review-buttons"):
        buttons(do, opinion, "review")
        with st.popover("", icon=":material/more_horiz:", help="Your name, a note, cases and exports"):
            reviewer.field()
            note_field(lambda text: say([prepare(run, analysis, one, number)], note=text), opinion, "review")
            st.button("Add to a case, or export (E)", icon=":material/folder_open:", key="review-case", on_click=do,
                      args=(CASE,), width="stretch", **rights.needs(policy.REVIEW))  # fmt: skip
            history(opinion)
    marks(opinion)
    gather.dialog_if_asked()


def prepare(run: Run, analysis: Analysis, one: ExplainedEvent, number: int) -> str:
    """Return the key of an event, which is in the index from now on.

    Raises:
        InputError: what the run kept cannot be read.
        StorageError: the index cannot be written.
    """
    key = key_of(run, analysis, number)
    if index.get(key) is None:
        index.add(row_at(run, analysis, number, one))
    return key


def key_of(run: Run, analysis: Analysis, number: int) -> str:
    """Return the key of an event, by its number from 0."""
    return keys(run.id, [(one.kind, one.event.peak) for one in analysis.events])[number]


def opinion_of(run: Run, analysis: Analysis, number: int | None) -> Opinion:
    """Return where an event stands, by its number from 0; where nobody spoke for None."""
    return Opinion() if number is None else reviews.of(key_of(run, analysis, number))


def pressed(run: Run, analysis: Analysis, one: ExplainedEvent, number: int, seen: Opinion, told: str) -> None:
    """Do what a button or a key of the player stands for.

    Args:
        run: of the event.
        analysis: of the run, at the threshold that is shown.
        one: the event.
        number: of the event, from 0.
        seen: what is shown of it; *Reviewed* takes back what the reviewer saw, not what another one said since.
        told: :data:`REVIEWED`, :data:`CASE`, or a verdict.
    """
    try:
        key = prepare(run, analysis, one, number)
    except WhycamError as error:
        st.session_state["refused"] = [str(error)]
        return
    if told == CASE:
        gather.ask([key])
    elif told == REVIEWED or told in VERDICTS:
        tell([key], seen, told)


def marks(opinion: Opinion) -> None:
    """Show what each reviewer says of an event in a line; nothing where nobody spoke."""
    told = []
    for name, own in opinion.by_reviewer.items():
        said = own.verdict or ("reviewed" if own.reviewed else "not reviewed")
        told.append(f"<b>{escape_html(name)}</b>: {escape_html(said)}, {ago(own.records[-1].at)}")
    if opinion.note:
        told.append(f"note: {escape_html(opinion.note)}")
    if told:
        st.html(f'<p class="facts marks">{" · ".join(told)}</p>')


def history(opinion: Opinion) -> None:
    """List all records of an event, the newest first."""
    rows = []
    for record in reversed(opinion.records):
        said = [
            *([] if record.reviewed is None else ["reviewed" if record.reviewed else "not reviewed"]),
            *([] if record.verdict is None else [f"verdict {record.verdict or 'taken back'}"]),
            *([] if record.note is None else [f"note: {record.note}" if record.note else "note removed"]),
        ]
        rows.append(f"<tr><th>{escape_html(record.reviewer)}</th><td>{escape_html(', '.join(said))}</td>"
                    f"<td>{ago(record.at)}</td></tr>")  # fmt: skip
    if rows:
        st.html(f'<div class="card"><table>{"".join(rows)}</table></div>')


def combined(opinions: Sequence[Opinion]) -> Opinion:
    """Return what several events have in common, to be shown as chosen."""
    if not opinions:
        return Opinion()
    first = opinions[0]
    return replace(
        first,
        reviewed=all(one.reviewed for one in opinions),
        verdict=first.verdict if all(one.verdict == first.verdict for one in opinions) else "",
        note=first.note if all(one.note == first.note for one in opinions) else "",
        records=first.records if len(opinions) == 1 else (),
    )
