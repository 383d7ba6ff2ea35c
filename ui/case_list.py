"""The cases there are, each with its events, its history and its archive."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import InputError
from people import policy
from pipeline.export import exports
from pipeline.reviewing import cases, desk
from pipeline.reviewing.cases import Case
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.reviews import MAX_NOTE
from pipeline.reviewing.thumbnails import Thumbnails
from ui import event_filters, event_table, frame, gather, reviewer, rights
from ui.exports import BLURRED
from ui.exports import show as show_archive
from ui.formatting import ago, count, duration, escape_html, escape_markdown

SAID = {"named": "named it", "noted": "wrote the note", "added": "added", "removed": "removed", "closed": "closed it"}
RECORDS = 50


def show() -> None:
    """Show all open cases, and how one begins where there is none."""
    known = cases.cases()
    _check_asked(known)
    if not known:
        st.subheader("No cases yet")
        st.caption("A case gathers events of any clips under a name. Select events and choose *Case or export*.")
        st.page_link(frame.EVENTS, label="Choose events", icon=":material/notifications:")
        return
    reviewer.field()
    events = {one.row.key: one for one in desk.listed(event_filters.rules())}
    asked = st.query_params.get("case", known[0].id)
    for case in known:
        with st.expander(f"{escape_markdown(case.name)} · {count(len(case.events), 'event')}", case.id == asked):
            _case(case, events)


def _check_asked(known: Sequence[Case]) -> None:
    """Say so where the address names a case that is not among the open ones."""
    asked = st.query_params.get("case", "")
    if not asked or asked in {case.id for case in known}:
        return
    try:
        frame.notice(f"The case {cases.get(asked).name!r} was closed: its records stay, and it is not listed.", "warn")
    except InputError as error:
        frame.notice(error)


def _case(case: Case, events: Mapping[str, Listed]) -> None:
    if case.note:
        st.html(f"<p>{escape_html(case.note)}</p>")
    for key in case.events:
        _event(case, key, events.get(key))
    archive, note, more = st.columns(3, gap="medium")
    with archive:
        _archives(case, [key for key in case.events if key in events])
    with note:
        _note(case)
    with more:
        _history(case, events)


def _event(case: Case, key: str, one: Listed | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"case-{case.id}-{key}"):
        if one is None:
            st.html(f'<p class="facts">An event of a run that was deleted ({escape_html(key)})</p>')
        else:
            st.html(_line(one))
            st.page_link(frame.RUN, label="Open", icon=":material/open_in_new:", query_params=event_table.address(one))
        frame.action_button("Remove", "close", f"remove-{case.id}-{key}", lambda which: cases.remove(
            case.id, reviewer.name(), [which]), key, **rights.needs(policy.REVIEW))  # fmt: skip


def _line(one: Listed) -> str:
    row = one.row
    verdict, exported = event_table.SIGNS[one.opinion.verdict] or "no verdict", ["exported"] if one.exported else []
    told = [one.severity, row.recorded or f"{row.day}, {row.clip}", duration(row.seconds), f"camera {row.camera}",
            verdict, *exported]  # fmt: skip
    source = event_table.picture(one, Thumbnails().there)
    picture = f'<img src="{escape_html(source)}" alt="" width="88">' if source else ""
    return (f'<div class="run">{picture}<div><b>{escape_html(row.label)}</b><br>'
            f"<span>{escape_html(' · '.join(told))}</span></div></div>")  # fmt: skip


def _archives(case: Case, there: list[str]) -> None:
    st.markdown("**Archive**")
    made = [one for one in exports.exports() if one.case == case.id]
    if made:
        show_archive(made[0])
    with st.form(f"export-{case.id}", border=False):
        blur = st.selectbox("Blur in the archive", list(BLURRED), format_func=BLURRED.__getitem__)
        if st.form_submit_button("Export the case", icon=":material/archive:",
                                 **rights.needs(policy.EXPORT, disabled=not there)):  # fmt: skip
            gather.submit(there, blur, case.id, case.name)


def _note(case: Case) -> None:
    st.markdown("**Name and note**")
    with st.form(f"note-{case.id}", border=False):
        name = st.text_input("Name", case.name, max_chars=cases.MAX_TITLE)
        text = st.text_area("Note", case.note, max_chars=MAX_NOTE, height=80)
        if st.form_submit_button("Keep", **rights.needs(policy.REVIEW)):
            frame.run_action(lambda one: _keep(case, name, text), case.id)
            st.rerun()


def _keep(case: Case, name: str, text: str) -> None:
    if name != case.name:
        cases.rename(case.id, reviewer.name(), name)
    if text != case.note:
        cases.note(case.id, reviewer.name(), text)


def _history(case: Case, events: Mapping[str, Listed]) -> None:
    st.markdown("**What was done**")
    rows = []
    for record in reversed(case.records[-RECORDS:]):
        named = events[record.event].row.label if record.event in events else record.event
        about = f" {named}" if record.event else ""
        rows.append((record.who, f"{SAID[record.action]}{about}, {ago(record.at)}"))
    frame.card(rows)
    frame.action_button("Close the case", "archive", f"close-{case.id}",
                        lambda which: cases.close(which, reviewer.name()), case.id,
                        **rights.needs(policy.REVIEW, help="It is listed no longer; its records stay"))  # fmt: skip
