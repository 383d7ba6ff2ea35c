"""The web app's server: Streamlit's pages, and beside them what the player fetches. ``streamlit run server.py``."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.hosts import LOOPBACK
from ui import guard, media, shell

app = st.App(
    Path(__file__).resolve().parent / "app.py",
    routes=[*media.ROUTES, *shell.ROUTES],
    middleware=[Middleware(guard.Guard, hosts=[*LOOPBACK, *st.get_option("server.allowedHosts")])],
)
