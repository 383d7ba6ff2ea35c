"""Who reviews: the account that is signed in; without sign-in a name that is typed once and kept by the browser."""

from urllib.parse import quote, unquote

import streamlit as st

from people.actor import current
from pipeline.reviewing.reviews import MAX_NAME

COOKIE, SECONDS = "whycam_reviewer", 365 * 24 * 3600
TYPED = "reviewer"


def name() -> str:
    """Return who reviews; empty where nobody said so yet."""
    if signed_in():
        return current().name
    kept = unquote(st.context.cookies.get(COOKIE, ""))
    return str(st.session_state.get(TYPED, kept))[:MAX_NAME]


def signed_in() -> bool:
    """Tell whether somebody is signed in, so that the name is not a matter of choice."""
    return current().known


def field(place: str = "page") -> None:
    """Let the name be typed, once at each place; nothing where somebody is signed in."""
    if signed_in():
        return
    key = f"reviewer-{place}"
    st.session_state[key] = name()
    st.text_input("Your name", key=key, max_chars=MAX_NAME, on_change=_typed, args=(key,), icon=":material/person:",
                  placeholder="kept with reviews", width=180)  # fmt: skip
    if st.session_state.pop("reviewer-typed", False):
        kept = quote(name(), safe="")  # nothing but letters, digits and percent signs gets into the script
        st.html(f'<script>document.cookie = "{COOKIE}={kept}; path=/; max-age={SECONDS}; SameSite=Lax";</script>',
                unsafe_allow_javascript=True)  # fmt: skip


def _typed(key: str) -> None:
    st.session_state[TYPED] = " ".join(str(st.session_state[key]).split())
    st.session_state["reviewer-typed"] = True
