"""Names by which browsers call this machine's server."""

from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def host_of(header: str) -> str:
    """Return the name in a ``Host`` header, without the port, in lower case; empty where it is none.

    >>> host_of("LocalHost:8501"), host_of("[::1]:8501"), host_of("127.0.0.1"), host_of("a:b:c"), host_of("x@y")
    ('localhost', '::1', '127.0.0.1', '', '')
    """
    try:
        parsed = urlsplit(f"//{header}")
        _ = parsed.port
    except ValueError:
        return ""
    return "" if "@" in header or "/" in header else (parsed.hostname or "")


def port_of(header: str) -> int | None:
    """Return the port in a ``Host`` header; None where it gives none.

    >>> port_of("localhost:8501"), port_of("localhost"), port_of("a:b")
    (8501, None, None)
    """
    try:
        return urlsplit(f"//{header}").port
    except ValueError:
        return None
