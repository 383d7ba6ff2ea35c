"""Names that the web app's server answers to, and the headers of its answers."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnected

from core.hosts import LOOPBACK
from ui.guard import HEADERS, Guard


async def hello(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("hello")(scope, receive, send)


def asked(kind="http", **headers):
    """Return the messages that a request is answered with."""
    sent, raw = [], [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": "GET", "path": "/", "headers": raw, "query_string": b""}

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # a thread of its own has no event loop of another test
        pool.submit(lambda: asyncio.run(Guard(hello, [*LOOPBACK, "whycam.example"])(scope, receive, send))).result()
    return sent


def answer(**headers):
    """Return status, headers and text of the answer to a request."""
    start, *rest = asked(**headers)
    named = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], named, b"".join(part.get("body", b"") for part in rest).decode()


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "LOCALHOST:1", "[::1]:8501", "whycam.example"])
def test_its_own_names_are_answered_with_every_header(host):
    status, headers, text = answer(host=host)
    assert (status, text) == (200, "hello")
    assert {name: headers[name.lower()] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "x@127.0.0.1", "127.0.0.1:port", "", "a/127.0.0.1"]
)
def test_other_names_are_refused(host):
    status, headers, text = answer(host=host)
    assert status == 403 and "does not answer to that name" in text
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:9000",
        "http://127.0.0.1",
        "http://localhost.evil.example",
        "https://x@evil",
    ],
)
def test_pages_of_other_servers_are_refused(origin):
    status, _, text = answer(host="127.0.0.1:8501", origin=origin)
    assert status == 403 and "pages of other servers" in text


def test_a_page_of_its_own_may_ask():
    assert answer(host="127.0.0.1:8501", origin="http://localhost:8501")[0] == 200


def test_sockets_are_guarded_likewise():
    assert asked("websocket", host="127.0.0.1")[0]["type"] == "websocket.accept"
    for wrong in ({"host": "evil.example"}, {"host": "localhost", "origin": "http://evil.example"}):
        (closed,) = asked("websocket", **wrong)
        assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


def test_pictures_of_other_servers_are_not_loaded():
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["img-src"] == "'self' data: blob:" and policy["connect-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == "'none'"


def test_a_tab_that_was_closed_meanwhile_is_no_error():
    async def app(scope, receive, send):
        raise WebSocketDisconnected('Cannot call "send" once a close message has been sent.')

    scope = {"type": "websocket", "headers": [(b"host", b"127.0.0.1:8501")]}
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(Guard(app)(scope, None, None))).result() is None
