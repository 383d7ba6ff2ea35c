"""What the page Events looks for: labels, cameras, severities, verdicts and a day, which a calendar shows."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.errors import WhycamError
from people import policy
from pipeline.reviewing import severity
from pipeline.reviewing.desk import NO_VERDICT, ORDERS, Filters, Listed, month
from pipeline.reviewing.reviews import VERDICTS
from pipeline.reviewing.severity import LEVELS, Rule
from ui import frame, reviewer, rights

DAY, SHOWN = "events-day", "events-month"


def show(events: Sequence[Listed], known: Sequence[Rule]) -> tuple[Filters, str]:
    """Let the events be narrowed and sorted, and the rules edited; return the filters and the name of the order."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="desk-filters"):
        labels = _several("Label", sorted({one.row.label for one in events}))
        cameras = _several("Camera", sorted({one.row.camera for one in events}))
        there = {one.severity for one in events}
        severities = _several("Severity", [name for name in severity.ALL if name in there])
        verdicts = _several("Verdict", [*VERDICTS, NO_VERDICT])
        with st.popover(st.session_state.get(DAY) or "Any day", icon=":material/calendar_month:"):
            _calendar(events)
        order = st.selectbox("Order", list(ORDERS), key="events-order", width=158)
        if st.button("Rules", icon=":material/rule:", key="rules-open", help="Severity by words of the cause"):
            rule_editor(events, known)
        reviewer.field()
    run = st.query_params.get("run", "")
    return Filters(labels, cameras, severities, verdicts, st.session_state.get(DAY, ""), run), order


def _several(name: str, known: Sequence[str]) -> list[str]:
    key = f"events-{name.lower()}"
    if key in st.session_state:
        st.session_state[key] = [value for value in st.session_state[key] if value in known]
    return st.multiselect(name, known, placeholder="any", key=key, width=126)


def _calendar(events: Sequence[Listed]) -> None:
    """Show a month with a dot on each day that has events; a click on a day looks for its events."""
    days = sorted({one.row.day for one in events})
    newest = date.fromisoformat(st.session_state.get(DAY) or (days[-1] if days else date.today().isoformat()))
    year, number = st.session_state.setdefault(SHOWN, (newest.year, newest.month))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", width=320):
        st.button("Earlier", icon=":material/chevron_left:", on_click=_turn, args=(-1,), key="month-before",
                  type="tertiary")  # fmt: skip
        st.markdown(f"**{date(year, number, 1):%B %Y}**", width="content")
        st.button("Later", icon=":material/chevron_right:", on_click=_turn, args=(1,), key="month-after",
                  type="tertiary")  # fmt: skip
    with st.container(key="calendar", width=320, gap="xsmall"):
        for week in month(events, year, number):
            for column, (day, count) in zip(st.columns(7, gap="xsmall"), week, strict=True):
                if day:
                    _day(column, date(year, number, day).isoformat(), day, count)
    st.button("Any day", on_click=_choose, args=("",), disabled=not st.session_state.get(DAY), key="any-day",
              width="stretch")  # fmt: skip
    st.caption("Where a clip tells no time of its recording, the day on which it was submitted counts.")


def _day(column: "st.delta_generator.DeltaGenerator", day: str, number: int, count: int) -> None:
    chosen = st.session_state.get(DAY) == day
    column.button(f"{number} •" if count else str(number), key=f"day-{day}", on_click=_choose, args=(day,),
                  disabled=not count, type="primary" if chosen else "tertiary", width="stretch",
                  help=f"{count} events on {day}" if count else None)  # fmt: skip


def _turn(by: int) -> None:
    year, number = st.session_state[SHOWN]
    months = 12 * year + number - 1 + by
    st.session_state[SHOWN] = (max(months // 12, 1990), months % 12 + 1)


def _choose(day: str) -> None:
    st.session_state[DAY] = day


def rules() -> tuple[Rule, ...]:
    """Return the rules of severity; none, with a sentence, where their file cannot be used."""
    try:
        return severity.rules()
    except WhycamError as error:
        frame.notice(error, "warn")
        return ()


@st.dialog("Rules of severity")
def rule_editor(events: Sequence[Listed], kept: Sequence[Rule]) -> None:
    """Let the rules of severity be edited, as a table with a row for each."""
    st.caption(
        "A rule sets the severity of every event whose first cause, with its attributes, has these words. Without a "
        "rule: high for a score that normal footage of the camera reaches once in "
        f"{1 / severity.HIGH_PER_HOUR:.0f} h or more rarely, medium for once an hour, else low."
    )
    known: list[dict[str, str | None]] = [dict(vars(rule)) for rule in kept]
    cameras = sorted({one.row.camera for one in events} | {str(row["camera"]) for row in known} | {""})
    edited = st.data_editor(
        known or [{"label": "", "camera": "", "severity": severity.HIGH}], num_rows="dynamic", hide_index=True,
        key="rules", width=520, disabled=rights.needs(policy.RULES)["disabled"], column_config={
            "label": st.column_config.TextColumn("Words of the cause", max_chars=severity.MAX_LABEL, width=210),
            "camera": st.column_config.SelectboxColumn("Camera (empty: all)", options=cameras, width=150),
            "severity": st.column_config.SelectboxColumn("Severity", options=list(LEVELS), required=True, width=90),
        },
    )  # fmt: skip
    if st.button("Keep these rules", type="primary", key="keep-rules", **rights.needs(policy.RULES)):
        _keep([row for row in edited if str(row.get("label") or "").strip()])


def _keep(rows: Sequence[dict[str, str | None]]) -> None:
    try:
        severity.save([Rule(str(row["label"]), row["severity"] or severity.HIGH, row["camera"] or "") for row in rows])
    except (WhycamError, ValueError) as error:
        frame.notice(error)
        return
    st.rerun()
