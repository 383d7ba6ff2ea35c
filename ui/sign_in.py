"""The pages that begin and end a session; they load nothing, and need no script."""

from pathlib import Path
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from core import templates
from core.errors import WhycamError
from people import accounts, sessions
from people import sign_in as entry
from people.actor import NOBODY, Actor, acting
from people.exposure import Exposure
from ui import provider

IN, OUT = "/sign-in", "/sign-out"
MAX_FORM_BYTES = 8192
NOT_KEPT = {"Cache-Control": "no-store"}
TEMPLATES = templates.environment(Path(__file__).resolve().parent / "templates")


class Asked:
    """A request or socket, as far as sign-in needs to know.

    Attributes:
        connection: the request.
        address: from which it came; behind a proxy, what the proxy says.
        encrypted: whether the browser spoke https.
        cookie_name: of the session; the port is part of it, for browsers keep cookies for all ports of a machine.
        cookie: the session's token; may be empty.
    """

    def __init__(self, connection: HTTPConnection, exposure: Exposure) -> None:
        self.connection, self.exposure = connection, exposure
        forwarded = connection.headers.get("x-forwarded-for", "") if exposure.proxy else ""
        client = connection.client.host if connection.client else ""
        self.address = forwarded.rpartition(",")[2].strip() or client
        scheme = connection.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
        self.encrypted = scheme == "https" if exposure.proxy else connection.scope.get("scheme") in ("https", "wss")
        port = (connection.scope.get("server") or ("", 0))[1]
        self.cookie_name = f"{'__Host-' if exposure.encrypted else ''}whycam-{port}"
        self.cookie = connection.cookies.get(self.cookie_name, "")

    @property
    def method(self) -> str:
        """Its method; empty of a socket."""
        return str(self.connection.scope.get("method", ""))

    @property
    def path(self) -> str:
        """Its path."""
        return str(self.connection.scope["path"])

    @property
    def is_page(self) -> bool:
        """Whether a browser opens it as a page."""
        return self.method == "GET" and "text/html" in self.connection.headers.get("accept", "")

    @property
    def comes_from_elsewhere(self) -> bool:
        """Whether a page of another server leads to it: the browser withholds the session's cookie then."""
        return self.is_page and self.connection.headers.get("sec-fetch-site", "") in ("cross-site", "same-site")

    @property
    def of_own_page(self) -> bool:
        """Whether a page of this very server sends it."""
        host = self.connection.headers.get("host", "")
        return self.connection.headers.get("origin", "") == f"{'https' if self.exposure.encrypted else 'http'}://{host}"


async def answer(asked: Asked, actor: Actor, scope: Scope, receive: Receive) -> Response | None:
    """Answer what begins or ends a session; None for all else."""
    if asked.path == provider.PATH and asked.is_page:
        return provider.begin(asked.exposure.encrypted)
    if finished := await run_in_threadpool(provider.finished, asked.connection, asked.address):
        return _entered("/", asked, finished) if finished.token else _page(refused=finished.refused)
    if asked.path not in (IN, OUT):
        return None
    if asked.method == "GET":
        return _page(next=asked.connection.query_params.get("next", "/")) if asked.path == IN else _page(out=actor.name)
    if asked.method != "POST":
        return PlainTextResponse("this address takes GET and POST", 405, NOT_KEPT)
    if not asked.of_own_page:
        return PlainTextResponse("this server does not answer pages of other servers", 403, NOT_KEPT)
    return await (_sign_in(asked, Request(scope, receive)) if asked.path == IN else _sign_out(asked, actor))


def passes_to_provider(asked: Asked) -> bool:
    """Tell whether a request belongs to a sign-in by an identity provider, which Streamlit itself answers."""
    return asked.path in provider.STREAMLITS and asked.method == "GET" and provider.configured()


def again() -> Response:
    """Return a page that opens its own address once more, now as a page of this server."""
    return _page(again=True)


def set_cookie(response: Response, asked: Asked, token: str) -> None:
    """Give the browser a session: no script reads it, and pages of other servers cannot use it."""
    response.set_cookie(asked.cookie_name, token, max_age=int(sessions.LONGEST_SECONDS), path="/", httponly=True,
                        samesite="strict", secure=asked.exposure.encrypted)  # fmt: skip


async def _sign_in(asked: Asked, request: Request) -> Response:
    form = await _form(request)
    name, password, after = (form.get(field, "") for field in ("name", "password", "next"))
    try:
        token = await run_in_threadpool(entry.by_password, name, password, asked.address)
    except WhycamError as error:
        return _page(401, refused=_capital(str(error)), next=after)
    return _entered(after, asked, provider.Finished(token))


async def _sign_out(asked: Asked, actor: Actor) -> Response:
    if actor is not NOBODY:
        with acting(actor):
            await run_in_threadpool(entry.out, asked.cookie)
    response = RedirectResponse(IN, 303, {**NOT_KEPT, "Clear-Site-Data": '"cache", "storage"'})
    response.delete_cookie(asked.cookie_name, path="/", httponly=True, samesite="strict",
                           secure=asked.exposure.encrypted)  # fmt: skip
    provider.forget(response)
    return response


def _entered(after: str, asked: Asked, finished: "provider.Finished") -> Response:
    """Lead to the page that was asked for, if it is one of this server."""
    inside = after.startswith("/") and not after.startswith(("//", "/\\", IN, OUT)) and after.isprintable()
    response = RedirectResponse(after if inside else "/", 303, NOT_KEPT)
    set_cookie(response, asked, finished.token)
    provider.forget(response)
    return response


async def _form(request: Request) -> dict[str, str]:
    """Read a small form; nothing of a large one."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM_BYTES:
                return {}
    except ClientDisconnect:
        return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=8))


def _page(status: int = 200, **shown: object) -> Response:
    known = {"title": "Sign out" if shown.get("out") else "Whycam", "refused": "", "again": False, "out": "",
             "next": "/", "password": any(one.hash for one in accounts.accounts()),
             "provider": provider.configured()}  # fmt: skip
    return HTMLResponse(TEMPLATES.get_template("sign_in.html").render(known | shown), status, NOT_KEPT)


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."
