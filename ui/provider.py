"""Sign-in by an identity provider: Streamlit's ``st.login`` speaks OpenID Connect; its word begins a session here.

Streamlit's own cookie holds for 30 days and cannot be taken back. So its word counts once, for the browser that began
the sign-in some minutes before, and the session that it begins is one of :mod:`people.sessions`.
"""

import json
import secrets
import time
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from core.errors import AccessError, InputError
from people import sign_in
from people.exposure import provider_configured

PATH = "/sign-in/provider"
STREAMLITS = ("/auth/login", "/oauth2callback")
BEGUN = "whycam-provider"
"""Cookie of a browser that began a sign-in; a page of the provider leads back, so that it cannot be a strict one."""
BEGUN_SECONDS = 600
USER = "_streamlit_user"
"""Cookie in which Streamlit keeps the provider's word, signed."""
_waiting = dict[str, float]()


@dataclass(frozen=True)
class Finished:
    """How a sign-in ended: with the token of a session, or a sentence."""

    token: str = ""
    refused: str = ""


def configured() -> bool:
    """Tell whether there is a provider."""
    try:
        return provider_configured()
    except InputError:  # said when the app is started
        return False


def begin(encrypted: bool) -> Response:
    """Lead to the provider, by Streamlit's own way."""
    from streamlit.auth_util import encode_provider_token, validate_auth_credentials

    validate_auth_credentials("default")
    now, mark = time.time(), secrets.token_urlsafe(32)
    for old in [one for one, begun in _waiting.items() if now - begun > BEGUN_SECONDS]:
        del _waiting[old]
    _waiting[mark] = now
    response = RedirectResponse(f"{STREAMLITS[0]}?provider={encode_provider_token('default')}", 303)
    response.set_cookie(BEGUN, mark, max_age=BEGUN_SECONDS, path="/", httponly=True, samesite="lax", secure=encrypted)
    return response


def finished(connection: HTTPConnection, address: str) -> Finished | None:
    """Return how a sign-in ended, at the first request after it; None for every other request."""
    mark = connection.cookies.get(BEGUN, "")
    if connection.scope["path"] != "/" or mark not in _waiting or USER not in connection.cookies:
        return None
    begun = _waiting.pop(mark)
    if time.time() - begun > BEGUN_SECONDS:
        return Finished(refused="The sign-in took too long; try again.")
    try:
        return Finished(sign_in.by_provider(_vouched(dict(connection.cookies)), address))
    except AccessError as error:
        return Finished(refused=f"{error}.".capitalize())


def forget(response: Response) -> None:
    """Have the browser forget the provider's word, and that it asked for it."""
    for name in (BEGUN, USER, f"{USER}_tokens"):
        response.delete_cookie(name, path="/")


def _vouched(cookies: dict[str, str]) -> str:
    """Return the e-mail address that the provider vouches for, of the cookie that Streamlit signed; empty for none."""
    from streamlit.web.server.starlette import starlette_websocket as signed

    raw = signed._get_signed_cookie_with_chunks(cookies, USER)
    told = json.loads(raw) if raw else {}
    return str(told.get("email") or "") if told.get("email_verified") is True else ""
