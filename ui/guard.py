"""What every answer of the web app's server goes through: names that it may be called by, and headers of security.

A page of a stranger whose name leads to this machine (DNS rebinding) is refused by its name; no page may frame the app;
and pictures, scripts and requests of a page come from this server alone, whatever a clip's name or a note says.
"""

import contextlib
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected

from core.hosts import LOOPBACK, host_of, port_of

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit begins with an inline script; a component's script is loaded from a blob.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "frame-src 'self' blob: data:",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Middleware that refuses strangers' names and origins, and adds :data:`HEADERS`.

    Args:
        app: what answers.
        hosts: names that the server may be called by, in lower case, without a port.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = LOOPBACK) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif reason := self._refusal(Headers(scope=scope)):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await PlainTextResponse(reason, 403, HEADERS)(scope, receive, send)
        else:
            with contextlib.suppress(WebSocketDisconnected):  # a tab was closed while Streamlit still wrote to it
                await self.app(scope, receive, _with_headers(send))

    def _refusal(self, headers: Headers) -> str:
        if host_of(headers.get("host", "")) not in self.hosts:
            return "this server does not answer to that name; ./whycam app --allow-host NAME allows one"
        origin = headers.get("origin", "")
        if origin and not self._own(urlsplit(origin).netloc, headers.get("host", "")):
            return "this server does not answer pages of other servers"
        return ""

    def _own(self, origin: str, host: str) -> bool:
        """Tell whether a page is of this server: on this machine, another port is another server."""
        name = host_of(origin)
        return name in self.hosts and (name not in LOOPBACK or port_of(origin) == port_of(host))


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sent
