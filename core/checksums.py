"""SHA-256 checksums: whole ones, for a part of one is no check."""

import hashlib
import re
from pathlib import Path

from core.errors import expect

_WHOLE = re.compile(r"[0-9a-f]{64}")


def check_sha256(name: str, value: object) -> None:
    """Raise a ``ValueError`` unless ``value`` is a whole checksum.

    >>> check_sha256("sha256", "4")
    Traceback (most recent call last):
    ValueError: sha256 must be 64 hexadecimal digits in small letters, got '4'
    """
    whole = isinstance(value, str) and _WHOLE.fullmatch(value) is not None
    expect(whole, name, "64 hexadecimal digits in small letters", repr(value)[:80])


def sha256_of(path: Path) -> str:
    """Return the checksum of a file; raises an ``OSError`` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
