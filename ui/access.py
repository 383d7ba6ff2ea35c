"""What an address of Streamlit's own asks of the one who opens it: its media and uploads belong to pages of accounts.

Addresses of runs (:mod:`ui.media`) and all pages ask at the object itself (:mod:`people.policy`).
"""

from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import Receive, Scope
from streamlit import runtime

from core.errors import AccessError, InputError, WhycamError
from jobs import usage
from people import attempts, policy
from people.actor import current
from ui import grants

UPLOADS, MEDIA = "/_stcore/upload_file/", "/media/"


def admitted(scope: Scope, receive: Receive) -> Receive:
    """See that the one who asks may open an address, and return what its body is read by.

    Raises:
        AccessError: not in that role, too often, or too much.
        InputError: there is nothing at that address for this person.
    """
    policy.require(policy.LOOK)
    path = scope["path"]
    if scope["type"] == "http" and path.startswith(MEDIA) and not grants.held(path[len(MEDIA) :].partition(".")[0]):
        raise InputError("there is no such file")
    if scope["type"] == "http" and path.startswith(UPLOADS):
        policy.require(policy.UPLOAD)
        if account_of(path[len(UPLOADS) :].partition("/")[0]) != current().name:
            raise InputError("there is no such page to upload to")
        if scope["method"] == "PUT":
            attempts.note({f"uploads of {current().name}": attempts.UPLOADS}, "uploads")
            usage.require_room(_length(scope))
    return receive


def _length(scope: Scope) -> int:
    """Return the bytes of a request's body.

    Raises:
        AccessError: it does not tell.
    """
    told = Headers(scope=scope).get("content-length", "")
    if not told.isdecimal():
        raise AccessError("an upload must tell its length")
    return int(told)


def account_of(session_id: str) -> str | None:
    """Return whose page one of Streamlit's sessions is; None where there is no such page."""
    if not runtime.exists():
        return None
    found = runtime.get_instance()._session_mgr.get_session_info(session_id)
    told = found.session._user_info.get("account") if found is not None else None
    return unquote(str(told)) if told else None


def status(error: WhycamError) -> int:
    """Return the status of an answer that refuses."""
    return 403 if isinstance(error, AccessError) else 404 if isinstance(error, InputError) else 500
