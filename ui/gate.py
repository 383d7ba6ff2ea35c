"""Who is let in: every request and socket of the web app needs a session, but for the ways to begin one.

It stands around Streamlit's own app, so that no page, socket, medium, component or upload answers before it. What
passes is asked by the session's account (:mod:`people.actor`); Streamlit keeps its name with the page
(``trustedUserHeaders``), so that nobody takes over another's page.
"""

import secrets
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import WhycamError
from people import sessions
from people.actor import NOBODY, OWNER, Actor, acting
from people.exposure import Exposure
from ui import access, sign_in

ACCOUNT = b"x-whycam-account"
"""Header by which Streamlit learns the account; removed from what a browser sends."""
OPEN = ("/_stcore/health",)
"""Addresses that answer without a session, and tell nothing but that the server runs."""
LOOK_SECONDS = 2.0
"""A socket's session is looked at as often."""
TOKEN = "token"


class Gate:
    """Middleware that lets nobody in without a session.

    Args:
        app: what answers.
        exposure: what is asked for.
    """

    def __init__(self, app: ASGIApp, exposure: Exposure) -> None:
        self.app, self.exposure = app, exposure
        self._own = secrets.token_urlsafe(sessions.TOKEN_BYTES)
        """The cookie of whoever came with the token of the printed address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != ACCOUNT]
        if not (self.exposure.sign_in or self.exposure.token):
            await self.app(scope, receive, send)
            return
        send = _secured(send) if self.exposure.encrypted else send
        asked = sign_in.Asked(HTTPConnection(scope), self.exposure)
        if self.exposure.proxy and not asked.encrypted:
            await _refuse(scope, receive, send, "the proxy must encrypt, and say so by X-Forwarded-Proto: https")
        elif scope["type"] == "http" and scope["path"] in OPEN:
            await self.app(scope, receive, send)
        elif self.exposure.token:
            await self._by_token(scope, receive, send, asked)
        else:
            await self._by_account(scope, receive, send, asked)

    async def _by_token(self, scope: Scope, receive: Receive, send: Send, asked: sign_in.Asked) -> None:
        """Pass on who has the cookie; give it to who has the token."""
        given = asked.connection.query_params.get(TOKEN, "")
        if secrets.compare_digest(asked.cookie.encode(), self._own.encode()):
            with acting(OWNER):
                await self.app(scope, receive, send)
        elif scope["type"] == "http" and secrets.compare_digest(given.encode(), self.exposure.token.encode()):
            answer = RedirectResponse(str(_without_token(asked.connection.url)), 303)
            sign_in.set_cookie(answer, asked, self._own)
            await answer(scope, receive, send)
        elif asked.comes_from_elsewhere:
            await sign_in.again()(scope, receive, send)
        else:
            await _refuse(scope, receive, send, "this address needs the token that './whycam app' printed", 401)

    async def _by_account(self, scope: Scope, receive: Receive, send: Send, asked: sign_in.Asked) -> None:
        """Pass on who has a session; show the others how to begin one."""
        actor = await run_in_threadpool(self._actor, asked)
        if scope["type"] == "http" and (answered := await sign_in.answer(asked, actor, scope, receive)):
            await answered(scope, receive, send)
        elif actor is not NOBODY:
            await self._pass_on(scope, receive, send, asked, actor)
        elif scope["type"] == "http" and sign_in.passes_to_provider(asked):
            await self.app(scope, receive, send)
        elif asked.is_page:
            page = sign_in.again() if asked.comes_from_elsewhere else _to_sign_in(scope)
            await page(scope, receive, send)
        else:
            await _refuse(scope, receive, send, "sign in first", 401)

    async def _pass_on(
        self, scope: Scope, receive: Receive, send: Send, asked: sign_in.Asked, actor: Actor
    ) -> None:  # fmt: skip
        scope["headers"] = [*scope["headers"], (ACCOUNT, quote(actor.name).encode())]
        with acting(actor):
            try:
                receive = await run_in_threadpool(access.admitted, scope, receive)
            except WhycamError as error:
                await PlainTextResponse(str(error), access.status(error))(scope, receive, send)
                return
            if scope["type"] == "websocket":
                receive = self._while_signed_in(receive, send, asked)
            await self.app(scope, receive, send)

    def _actor(self, asked: sign_in.Asked) -> Actor:
        account = sessions.find(asked.cookie)
        return account.actor(asked.address) if account else NOBODY

    def _while_signed_in(self, receive: Receive, send: Send, asked: sign_in.Asked) -> Receive:
        """Let a socket hear its browser until the session ends."""
        looked = time.monotonic()

        async def received() -> Message:
            nonlocal looked
            message = await receive()
            if message["type"] == "websocket.receive" and time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                if await run_in_threadpool(self._actor, asked) is NOBODY:
                    await send({"type": "websocket.close", "code": 1008, "reason": "the session is over"})
                    return {"type": "websocket.disconnect", "code": 1008}
            return message

        return received


def of_page(user_info: Callable[[], MutableMapping[str, Any] | None], seconds: float = 1.0) -> Callable[[], Actor]:
    """Return what tells who a page is drawn for, as it was at most some seconds ago.

    Args:
        user_info: returns what Streamlit keeps of the page's user; None where no page is drawn.
        seconds: for which an account is remembered.
    """
    from people import accounts

    known = dict[str, tuple[float, Actor]]()

    def found() -> Actor:
        name = unquote(str((user_info() or {}).get("account") or ""))
        if not name:
            return NOBODY
        read, actor = known.get(name, (-seconds, NOBODY))
        if time.monotonic() - read > seconds:
            account = accounts.get(name)
            actor = account.actor() if account else NOBODY
            known[name] = (time.monotonic(), actor)
        return actor

    return found


def _to_sign_in(scope: Scope) -> RedirectResponse:
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{sign_in.IN}?{urlencode({'next': scope['path'] + (f'?{query}' if query else '')})}", 303)


def _without_token(url: URL) -> URL:
    kept = urlencode([(name, value) for name, value in parse_qsl(url.query) if name != TOKEN])
    return URL(path=url.path, query=kept)


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str, status: int = 403) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
    else:
        await PlainTextResponse(reason, status, {"Cache-Control": "no-store"})(scope, receive, send)


def _secured(send: Send) -> Send:
    """Mark every cookie as one for https alone."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                (name, value + b"; Secure" if _is_open_cookie(name, value) else value)
                for name, value in message["headers"]
            ]
            MutableHeaders(scope=message).setdefault("Strict-Transport-Security", "max-age=31536000")
        await send(message)

    return sent


def _is_open_cookie(name: bytes, value: bytes) -> bool:
    return name.lower() == b"set-cookie" and b"secure" not in value.lower().replace(b" ", b"").split(b";")
