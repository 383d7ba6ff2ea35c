"""The web app's server: Streamlit's pages, and beside them what the player fetches. ``streamlit run server.py``."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.hosts import LOOPBACK
from people import actor, exposure
from pipeline import retention
from ui import ending, gate, grants, guard, live, media, parts, shell

names = st.get_option("server.allowedHosts")
reached = exposure.checked(exposure.taken_over(), st.get_option("server.address") or "0.0.0.0", names)
if reached.sign_in:
    actor.resolve_by(gate.of_page(lambda: getattr(get_script_run_ctx(suppress_warning=True), "user_info", None)))
    grants.watch()
retention.keep_applying()
parts.hold()
app = st.App(
    Path(__file__).resolve().parent / "app.py",
    routes=[*media.ROUTES, *live.ROUTES, *shell.ROUTES],
    middleware=[
        Middleware(guard.Guard, hosts=[*LOOPBACK, *names]),
        Middleware(gate.Gate, exposure=reached),
    ],
    lifespan=ending.lifespan,
)
