"""What every page shares: its head, its style, its way of saying that something is wrong."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from core.errors import WhycamError
from people import actor
from pipeline import store
from pipeline.kinds import queue
from pipeline.reviewing import database
from pipeline.store import Run
from ui.formatting import STATES, capital, escape_html
from ui.helps import headed

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NEW, RUN, RUNS, CAMERAS = "app.py", "pages/1_Run.py", "pages/2_Runs.py", "pages/3_Cameras.py"
EVENTS, CASES = "pages/9_Events.py", "pages/10_Cases.py"
EVALUATION, WHY, HELP = "pages/4_Evaluation.py", "pages/5_Why.py", "pages/6_Help.py"
QUEUE, STORAGE = "pages/7_Queue.py", "pages/8_Storage.py"
LONGEST_FRAME = 12
"""Digits of a frame's number in the address, at most."""


def page(title: str, *, reviews: bool = False) -> None:
    """Begin a page, with what was refused since it was last drawn; to be its first line.

    Args:
        title: of the tab.
        reviews: whether the page has nothing to show where the file of reviews cannot be used.
    """
    st.set_page_config(page_title=f"{title} · Whycam", page_icon=ASSETS / "icon.png", layout="wide")
    st.html(ASSETS / "style.css")
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.html('<span class="wordmark">Whycam</span>', width="content")
        st.page_link(NEW, label="New analysis", icon=":material/add:")
        st.page_link(EVENTS, label="Events", icon=":material/notifications:")
        st.page_link(CASES, label="Cases", icon=":material/folder_open:")
        st.page_link(RUNS, label="Runs", icon=":material/list:")
        st.page_link(CAMERAS, label="Cameras", icon=":material/videocam:")
        st.page_link(EVALUATION, label="Evaluation", icon=":material/speed:")
        with st.container(key="queue-link", width="content"):
            st.page_link(QUEUE, label="Queue", icon=":material/hourglass_top:")
        st.page_link(HELP, label="Help", icon=":material/help:")
        if (who := actor.current()).known:
            st.html(f'<a href="sign-out" target="_self" class="who" title="{escape_html(who.role)}: sign out">'
                    f"{escape_html(who.name)}</a>", width="content")  # fmt: skip
    for sentence in st.session_state.pop("refused", ()):
        notice(sentence)
    try:
        queue().line()
        if reviews:
            database.check()
    except WhycamError as error:  # the index cannot be used: no page has anything to show
        notice(error)
        st.stop()


def redrawn(draw: Callable[..., object], seconds: float | None, *arguments: Any) -> None:
    """Draw a part of a page, and by itself anew every so many seconds; once where that is None.

    It lies in a container of its own, with nothing behind it there. Streamlit forgets what such a part has not sent yet
    when it is drawn anew, as it can be on a busy machine; what followed it in the same container would then have no
    place, and the whole page would go blank.
    """
    st.session_state["address"] = {name: st.query_params.get_all(name) for name in st.query_params}
    with st.container():
        st.fragment(draw, run_every=seconds)(*arguments)


def turn() -> int:
    """Return a number that is another one whenever it is asked for: a component's, by which it hears of each draw."""
    number: int = st.session_state.get("turn-drawn", 0) + 1
    st.session_state["turn-drawn"] = number
    return number


def redraw() -> NoReturn:
    """Have the whole page drawn anew from a part of it that is drawn by itself.

    The browser may have asked for that part before it heard that the address has changed; what it names would be
    forgotten again.
    """
    if (address := st.session_state["address"]) != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(address)
    st.rerun()


def notice(sentence: object, kind: str = "bad") -> None:
    """Say one sentence, of whatever origin.

    Args:
        sentence: shown as plain text.
        kind: ``bad``, ``warn`` or ``good``.
    """
    role = "alert" if kind == "bad" else "status"
    st.html(f'<div class="notice {kind}" role="{role}">{escape_html(capital(str(sentence)))}</div>')


def stop_with(error: WhycamError) -> NoReturn:
    """Say why there is nothing more to show, and where to go from here."""
    notice(error)
    st.page_link(RUNS, label="See the runs there are", icon=":material/list:")
    st.stop()


def run_of_url() -> Run:
    """Return the run that the address names; end the page with a sentence where there is none."""
    run_id = st.query_params.get("run", "")
    if not run_id:
        st.subheader("No run chosen")
        st.page_link(RUNS, label="Choose one from the list of runs", icon=":material/list:")
        st.stop()
    try:
        return store.get(run_id)
    except WhycamError as error:
        stop_with(error)


def frame_of_url() -> int | None:
    """Return the frame that the address names; None where it names none, or what no clip has."""
    at = st.query_params.get("at", "")
    return int(at) if at.isdecimal() and len(at) <= LONGEST_FRAME else None


def run_action(do: Callable[[str], object], job_id: str) -> None:
    """Do something with a job when a button is clicked; an error is shown when the page is drawn again."""
    try:
        do(job_id)
    except WhycamError as error:
        st.session_state["refused"] = [str(error)]


def action_button(label: str, icon: str, key: str, do: Callable[[str], object], job_id: str, **more: Any) -> None:
    """Offer to do something with a job when the button is clicked; see :func:`run_action`."""
    st.button(label, icon=f":material/{icon}:", key=key, on_click=run_action, args=(do, job_id), **more)


def job_row(state: str, title: str, facts: str) -> None:
    """Show a job in a line: its state, its title, and facts below; all plain text."""
    st.html(f'<div class="run">{badge(state)}<div><b>{escape_html(title)}</b><br>'
            f"<span>{escape_html(facts)}</span></div></div>")  # fmt: skip


def card(rows: Iterable[tuple[str, str]]) -> None:
    """Show rows of a name and a value, both plain text; nothing for no row."""
    if body := "".join(f"<tr><th>{headed(name)}</th><td>{escape_html(value)}</td></tr>" for name, value in rows):
        st.html(f'<div class="card"><table>{body}</table></div>')


def badge(state: str) -> str:
    """Return a state's badge as HTML."""
    return f'<span class="badge {escape_html(state)}">{escape_html(STATES.get(state, state))}</span>'


def title(run: Run, *facts: str) -> None:
    """Head a page with a run's clip, its state and some facts."""
    line = " · ".join(escape_html(fact) for fact in facts if fact)
    st.html(f'<h1 class="clip">{escape_html(run.clip)} {badge(run.state)}</h1><p class="facts">{line}</p>')
