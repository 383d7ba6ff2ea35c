"""Help: the keys of the player, and what the terms of the pages and reports mean."""

import streamlit as st

from ui import frame, glossary, player

frame.page("Help")

st.header("Keys of the player")
frame.card(player.KEYS)
st.caption("On the page Events, R, 1, 2, 3 and E speak of the selected events; Ctrl+A selects all.")
st.header("Glossary")
glossary.show()
