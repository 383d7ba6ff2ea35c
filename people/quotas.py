"""Limits on what an account takes up."""

from core.errors import AccessError

GIGABYTE = 10**9


def require(limit: int, wanted: int, what: str) -> None:
    """See that no more is taken up than is allowed.

    Args:
        limit: that holds.
        wanted: what would be taken up.
        what: ``bytes``, ``runs`` or ``jobs``.

    Raises:
        AccessError: it is more.

    >>> require(10, 11, "jobs")
    Traceback (most recent call last):
    core.errors.AccessError: your account may have 10 jobs queued or at work at once; wait until one has ended
    """
    if wanted <= limit:
        return
    if what == "jobs":
        raise AccessError(f"your account may have {limit:,} jobs queued or at work at once; wait until one has ended")
    most = f"{limit / GIGABYTE:g} GB of clips and results" if what == "bytes" else f"{limit:,} runs and uploads"
    raise AccessError(f"your account may keep {most}; have some deleted, or ask an administrator for more room")
