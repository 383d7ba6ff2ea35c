"""Help: what the terms of the pages and reports mean."""

import streamlit as st

from ui import frame, glossary

frame.page("Help")

st.header("Glossary")
glossary.show()
