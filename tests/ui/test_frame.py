"""What every page shares."""

from streamlit.testing.v1 import AppTest


def _page():
    import streamlit as st

    from ui import frame

    st.text("before")
    frame.redrawn(lambda name: st.text(name), 60.0, "itself")
    st.text("behind")


def test_what_is_drawn_anew_by_itself_has_a_container_with_nothing_behind_it():
    at = AppTest.from_function(_page, default_timeout=60).run()
    assert not at.exception and [one.value for one in at.text] == ["before", "itself", "behind"]
    before, container, behind = at.main.children.values()
    assert (before.value, behind.value) == ("before", "behind")
    (own,) = container.children.values()
    assert [one.value for one in own.children.values()] == ["itself"]
