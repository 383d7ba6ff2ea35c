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


def _changed():
    import streamlit as st

    from ui import frame

    if "again" not in st.session_state:
        st.query_params["threshold"] = "7"
    frame.redrawn(lambda: None, 60.0)
    if not st.session_state.get("again"):
        st.session_state["again"] = True
        st.query_params.clear()  # a part asked for by a browser that has not heard of the threshold yet
        frame.redraw()
    st.text(st.query_params["threshold"])


def test_a_page_drawn_anew_by_a_part_of_it_keeps_the_address_it_was_given():
    at = AppTest.from_function(_changed, default_timeout=60).run()
    assert not at.exception and at.session_state["again"]
    assert [one.value for one in at.text] == ["7"] and at.query_params == {"threshold": "7"}
