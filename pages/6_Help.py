"""Help: what the terms of the pages and reports mean."""

import streamlit as st

from core.errors import WhycamError
from ui import frame, glossary

frame.page("Help")

st.header("Glossary")
try:
    glossary.show()
except WhycamError as error:
    frame.notice(error)
