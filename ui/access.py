"""What the address of an object asks of the one who opens it, beside the policy of the object itself."""

from starlette.types import Receive, Scope

from core.errors import AccessError, InputError, WhycamError
from people import attempts, policy
from people.actor import current

UPLOADS, MEDIA = "/_stcore/upload_file/", "/media/"


def admitted(scope: Scope, receive: Receive) -> Receive:
    """See that the one who asks may open an address, and return what its body is read by.

    Raises:
        AccessError: not in that role, or too often.
        InputError: there is nothing at that address for this person.
    """
    policy.require(policy.LOOK)
    if scope["type"] == "http" and scope["path"].startswith(UPLOADS) and scope["method"] == "PUT":
        policy.require(policy.UPLOAD)
        attempts.note({f"uploads of {current().name}": attempts.UPLOADS}, "uploads")
    return receive


def status(error: WhycamError) -> int:
    """Return the status of an answer that refuses."""
    return 403 if isinstance(error, AccessError) else 404 if isinstance(error, InputError) else 500
