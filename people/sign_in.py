"""Signing in and out: by password, or by an identity provider's word.

Neither the sentence nor the time that it takes tells whether an account exists.
"""

from core.errors import AccessError, WhycamError
from people import accounts, attempts, audit, passwords, sessions
from people.actor import Actor, acting

WRONG = "the name or the password is wrong"
FOREIGN = "this identity provider's account is not known here; an administrator adds it with ./whycam users"


def by_password(name: str, password: str, address: str) -> str:
    """Begin a session for the right name and password, and return its token.

    Args:
        name: as it was typed.
        password: as it was typed.
        address: from which the request came.

    Raises:
        AccessError: one of them is wrong, or there were too many attempts.
        StorageError: the sign-in cannot be recorded.
    """
    with acting(Actor(name[:60], "", frozenset(), address)):
        try:
            attempts.note(_subjects(name, address), "attempts to sign in")
            account = accounts.get(name)
            if not passwords.matches(account.hash if account else None, password) or account is None:
                raise AccessError(WRONG)
        except WhycamError as error:
            audit.record(audit.REFUSED, detail=str(error))
            raise
        for subject in _subjects(name, address):
            attempts.forget(subject)
        return _begin(account.name)


def by_provider(name: str, address: str) -> str:
    """Begin a session for whom an identity provider vouches for, and return its token.

    Raises:
        AccessError: there is no such account, or it has a password.
        StorageError: the sign-in cannot be recorded.
    """
    with acting(Actor(name[:60], "", frozenset(), address)):
        account = accounts.get(name) if name else None
        if account is None or account.hash is not None:
            audit.record(audit.REFUSED, detail=FOREIGN)
            raise AccessError(FOREIGN)
        return _begin(account.name)


def out(token: str) -> None:
    """End a session, and record it."""
    sessions.end(token)
    audit.record(audit.SIGNED_OUT)


def _begin(name: str) -> str:
    audit.record(audit.SIGNED_IN)
    return sessions.begin(name)


def _subjects(name: str, address: str) -> dict[str, attempts.Rate]:
    return {
        f"sign-in of {name} from {address}": attempts.BOTH,
        f"sign-in from {address}": attempts.ADDRESS,
        f"sign-in of {name}": attempts.ACCOUNT,
    }
