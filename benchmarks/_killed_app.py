"""The web app's server for ``bench kills``: its pages, and beside them addresses that do what their buttons do.

``streamlit run benchmarks/_killed_app.py``. A form's values come in the query, an upload's bytes in the body.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import WhycamError
from pipeline import store
from pipeline.export import exports
from pipeline.kinds import queue
from pipeline.reviewing import cases, index, reviews


def _upload(form: dict[str, str], body: bytes) -> Any:
    return store.create(io.BytesIO(body), form["name"]).id


def _start(form: dict[str, str], body: bytes) -> Any:
    return store.start(form["run"], form["camera"]).id


def _resume(form: dict[str, str], body: bytes) -> Any:
    return queue().submit(form["job"])


def _review(form: dict[str, str], body: bytes) -> Any:
    index.fill(index.missing(), 5.0)
    return reviews.add(form["events"].split(","), form["who"], verdict=form["verdict"], note=form["note"])


def _case(form: dict[str, str], body: bytes) -> Any:
    return cases.create(form["name"], form["who"], form["events"].split(","), form["name"])


def _export(form: dict[str, str], body: bytes) -> Any:
    return exports.submit_events(form["events"].split(","), case=form["case"]).id


def _delete(form: dict[str, str], body: bytes) -> Any:
    return queue().delete(form["job"])


DO: dict[str, Callable[[dict[str, str], bytes], Any]] = {
    "upload": _upload, "start": _start, "resume": _resume, "review": _review, "case": _case, "export": _export,
    "delete": _delete,
}  # fmt: skip


async def _answer(request: Request) -> JSONResponse:
    body = await request.body()
    try:
        do = DO[request.path_params["do"]]
        return JSONResponse({"answer": await run_in_threadpool(do, dict(request.query_params), body)})
    except WhycamError as error:
        return JSONResponse({"refused": str(error)})


app = st.App(
    Path(__file__).resolve().parent.parent / "app.py",
    routes=[Route("/do/{do}", _answer, methods=["POST"])],
)
