"""Weights from their publishers' addresses: resumed, bounded, checked, and never asked for twice."""

import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from core._weights_folder import Part, check, lock, record, recorded
from core.errors import WeightsError, WeightsUnavailable
from core.files import folder, home, storage_error
from core.hosts import LOOPBACK

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes in all, None where the server does not tell."""
MAX_BYTES = 2 * 1024**3
PUBLISHERS = ("dl.fbaipublicfiles.com", "download.pytorch.org", "github.com", ".githubusercontent.com")
"""Hosts that official weights are published on, and those that they lead to; with a dot before it, all below it."""
TIMEOUT_SECONDS = 5.0
BLOCK_BYTES = 1 << 18
ASK_AGAIN = 60.0
"""Seconds for which a host that did not answer is not asked again."""
_silent: dict[str, float] = {}


Opens = Callable[[Path], object]
"""Raises a WeightsError where a file cannot be what it is called: of a publisher who gives no checksum."""


def fetch(
    url: str, name: str, sha256: str | None = None, progress: Progress | None = None, opens: Opens | None = None
) -> Path:
    """Return a published weights file, from this machine where it is here already.

    Looked for in this order: ``$WHYCAM_WEIGHTS/name``, ``$WHYCAM_HOME/weights/name``, and, unless ``WHYCAM_OFFLINE``
    is set, the publisher's address. A download that broke off is taken up where it stopped.

    Args:
        url: the publisher's https address.
        name: file name here.
        sha256: the publisher's checksum, or the beginning of it. Without one, the checksum of the first download is
            kept in ``$WHYCAM_HOME/weights/checksums.json`` and held from then on.
        progress: called with bytes done and bytes in all.
        opens: asked of what was downloaded before it is kept.

    Raises:
        WeightsUnavailable: it is not here, and there is no network or the server refuses.
        WeightsError: the file does not match its checksum, or the address is not one to fetch weights from.
        StorageError: the file cannot be stored.
    """
    if not re.fullmatch(r"\w[\w.-]*", name, re.ASCII):
        raise WeightsError(f"weights cannot be called {name!r}; give a plain file name")
    local = os.environ.get("WHYCAM_WEIGHTS")
    if local and (Path(local) / name).is_file():
        check(Path(local) / name, sha256 or recorded().get(name))
        return Path(local) / name
    place = folder(home() / "weights")
    with lock(place):
        if not (place / name).is_file():
            if os.environ.get("WHYCAM_OFFLINE"):
                raise WeightsUnavailable(f"{name!r} is not here and WHYCAM_OFFLINE is set; put it into {place}")
            _download(url, place / name, sha256 or recorded().get(name), progress, opens)
        record(place / name, sha256)
    return place / name


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows redirections only to addresses that could have been asked in the first place."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Check where the server sends us."""
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(url: str) -> None:
    """Refuse addresses that are not https, or of a host that is no :data:`PUBLISHERS`, except of this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in ("http", "https") and host in LOOPBACK:
        return
    if parts.scheme != "https":
        raise WeightsError(f"weights are only fetched over https, not from {url!r}")
    if not any(host == known or (known.startswith(".") and host.endswith(known)) for known in PUBLISHERS):
        raise WeightsError(f"weights are only fetched from {', '.join(PUBLISHERS)}, not from {host!r}")


def _download(url: str, path: Path, sha256: str | None, progress: Progress | None, opens: Opens | None = None) -> None:
    """Fetch ``url`` into ``path``, whole or not at all; what arrived of it is kept for the next time."""
    _check_address(url)
    host, part = urlsplit(url).netloc, Part(path)
    advice = f"give it in a folder that WHYCAM_WEIGHTS names, or put it into {path.parent}"
    if time.monotonic() - _silent.get(host, -ASK_AGAIN) < ASK_AGAIN:
        raise WeightsUnavailable(f"{path.name!r} is not here and {host} does not answer; {advice}")
    try:
        _transfer(url, part, progress)
        check(part.path, sha256, path.name)
        if opens is not None:
            opens(part.path)
        part.path.replace(path)
        part.remove()
    except urllib.error.HTTPError as error:
        raise WeightsUnavailable(f"{path.name!r} is not here and {host} answers {error.code}; {advice}") from error
    except urllib.error.URLError as error:
        _silent[host] = time.monotonic()
        reason = f"cannot be reached ({error.reason})"
        raise WeightsUnavailable(f"{path.name!r} is not here and {host} {reason}; {advice}") from error
    except WeightsError:
        part.remove()
        raise
    except OSError as error:
        part.remove()
        raise storage_error(path, error) from error


def _transfer(url: str, part: Part, progress: Progress | None) -> None:
    """Ask for what is missing until the file is complete, as long as each answer brings more of it."""
    while True:
        before = part.size
        if _receive(url, part, progress):
            return
        if part.size <= before:
            raise urllib.error.URLError("the connection breaks off")


def _receive(url: str, part: Part, progress: Progress | None) -> bool:
    """Ask once for what is missing and append it; tell whether the file is complete then."""
    with _ask(url, part) as answer:
        if answer.status != 206:
            part.begin(url, answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
        done, length = part.size, answer.headers.get("Content-Length")
        total = done + int(length) if length and length.isdigit() else None
        with part.path.open("ab") as file:
            while block := _block(answer):
                done += len(block)
                if max(done, total or 0) > MAX_BYTES:
                    raise WeightsError(f"{url!r} gives more than {MAX_BYTES / 1024**3:g} GiB, too much for weights")
                file.write(block)
                if progress is not None:
                    progress(done, total)
    return done == total or (total is None and block is not None)


def _block(answer: HTTPResponse) -> bytes | None:
    """Return the next bytes: none at the end, and None where the connection broke."""
    try:
        return answer.read1(BLOCK_BYTES)
    except (OSError, HTTPException):
        return None


def _ask(url: str, part: Part) -> HTTPResponse:
    """Ask for a file, or for what is missing of it."""
    wanted = part.headers(url)
    request = urllib.request.Request(url, headers={"User-Agent": "whycam", "Accept-Encoding": "identity", **wanted})
    try:
        answer: HTTPResponse = urllib.request.build_opener(_Careful).open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not wanted:
            raise
        part.remove()
        return _ask(url, part)
    except (OSError, HTTPException) as error:
        raise urllib.error.URLError(getattr(error, "reason", error)) from error
    begins = answer.headers.get("Content-Range", "").startswith(f"bytes {part.size}-")
    if answer.status == 206 and not begins:
        answer.close()
        part.remove()
        return _ask(url, part)
    if answer.headers.get_content_type() == "text/html":
        answer.close()
        raise urllib.error.URLError("it answers with a web page")
    return answer
