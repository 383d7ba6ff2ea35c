"""Passwords: argon2id hashes, and a comparison that takes as long for an unknown account as for a known one."""

import functools
import secrets
import threading
from typing import TYPE_CHECKING

from core.errors import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MAX_LENGTH = 10, 256
"""Characters of a password."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes computed at once: each takes 64 MiB, and strangers can ask for them."""


def checked(password: str) -> str:
    """Return a password that may be set.

    Raises:
        InputError: it is too short or too long.

    >>> checked("a long sentence is easy to keep")
    'a long sentence is easy to keep'
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters, got {len(password)}")
    return password


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, with its salt and parameters.

    Raises:
        InputError: the password is too short or too long.
    """
    with _AT_ONCE:
        return _hasher().hash(checked(password))


def matches(hashed_password: str | None, password: str) -> bool:
    """Tell whether a password is that of a hash; without a hash it takes as long, and is never right."""
    from argon2.exceptions import InvalidHashError, VerificationError

    kept = hashed_password or _nobodys()
    try:
        with _AT_ONCE:
            right = _hasher().verify(kept, password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed_password is not None


@functools.cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()  # argon2id with the parameters that RFC 9106 recommends second: 64 MiB, 3 passes, 4 lanes


@functools.cache
def _nobodys() -> str:
    """Return a hash of the present parameters that no password has."""
    return _hasher().hash(secrets.token_hex(32))
