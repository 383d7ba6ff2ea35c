"""Clips and reports at addresses: ``s3://bucket/clip.mp4``, and others that fsspec has a file system for.

S3-compatible servers are read and written by pyarrow: its usual variables ``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION`` and ``AWS_ENDPOINT_URL`` say as whom and where.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from core import files
from core.errors import InputError, StorageError, WhycamError

SCHEME = "://"
S3 = ("s3", "s3a")
SCHEMES = frozenset({*S3, "file", "gs", "gcs", "az", "abfs", "http", "https", "sftp", "hdfs"})
ATTEMPTS = 2
"""At a request to a store that does not answer."""
LAST = "report.json"
"""Written after all other files of a report: where it is, the report is whole."""
PIECE = 1 << 20


def is_address(text: str) -> bool:
    """Tell whether a text is an address, and no path.

    >>> is_address("s3://bucket/clip.mp4"), is_address("clips/a.mp4")
    (True, False)
    """
    return SCHEME in text


def absolute(place: str) -> str:
    """Return a place as other processes and machines can find it: an address as it is, a path from the root."""
    return place if is_address(place) else str(Path(place).absolute())


def filesystem(address: str) -> tuple[Any, str]:
    """Return the file system of an address, as fsspec has them, and the path in it.

    Raises:
        InputError: there is no file system for it, or a package that it needs is not installed.
    """
    import fsspec

    scheme, _, path = address.partition(SCHEME)
    if scheme not in SCHEMES:
        raise InputError(f"{address!r} is no address that is known; known beginnings: {', '.join(sorted(SCHEMES))}")
    with _sentences(address, "used"):
        if scheme in S3:
            return _s3(), path
        system, path = fsspec.core.url_to_fs(address)
        return system, path


def _s3() -> Any:
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    scheme, found, _ = (endpoint or "https://").partition(SCHEME)
    if not found or scheme not in ("http", "https"):
        raise InputError(f"AWS_ENDPOINT_URL must begin with http:// or https://, got {endpoint!r}")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ("us-east-1" if endpoint else None)
    return ArrowFSWrapper(fs.S3FileSystem(
        endpoint_override=endpoint, scheme=scheme, region=region, connect_timeout=10, request_timeout=60,
        allow_delayed_open=True, retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    ))  # fmt: skip


@contextmanager
def _sentences(address: str, doing: str) -> Iterator[None]:
    """Say in a sentence what went wrong; file systems of others raise whatever they like."""
    try:
        yield
    except WhycamError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is nothing at {address!r}; check the address") from error
    except Exception as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise StorageError(f"{address!r} could not be {doing}: {said}") from error


def fetch(address: str, folder: Path) -> Path:
    """Bring a file here, whole or not at all, under its own name.

    Args:
        address: of the file.
        folder: here; made when missing.

    Raises:
        InputError: there is no such file, or no file system for the address.
        StorageError: it could not be read, or not be written here.
    """
    system, path = filesystem(address)
    name = PurePosixPath(path).name
    if name in ("", ".", ".."):
        raise InputError(f"{address!r} names no file; an address must end with a file's name")
    target = files.folder(folder) / name
    with _sentences(address, "read"), system.open(path, "rb") as source, files.write_whole(target) as file:
        shutil.copyfileobj(source, file, PIECE)
    return target


def put_folder(folder: Path, address: str) -> None:
    """Copy a folder's files to an address; ``report.json`` last, so that where it is the report is whole.

    Raises:
        InputError: there is no file system for the address.
        StorageError: a file could not be written there.
    """
    system, base = filesystem(address)
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    with _sentences(address, "written"):
        for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix() == LAST):
            target = f"{base.rstrip('/')}/{path.relative_to(folder).as_posix()}"
            system.makedirs(target.rpartition("/")[0], exist_ok=True)
            with path.open("rb") as source, system.open(target, "wb") as file:
                shutil.copyfileobj(source, file, PIECE)


def put_text(text: str, address: str) -> None:
    """Write a file of text at an address.

    Raises:
        InputError: there is no file system for the address.
        StorageError: it could not be written.
    """
    system, path = filesystem(address)
    with _sentences(address, "written"):
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        with system.open(path, "wb") as file:
            file.write(text.encode())


def get_text(place: str) -> str | None:
    """Return a file of text, from a path or an address; None where there is none.

    Raises:
        InputError: there is no file system for the address, or it holds no text.
        StorageError: it could not be read.
    """
    try:
        if not is_address(place):
            return Path(place).read_text("utf-8") if Path(place).is_file() else None
        system, path = filesystem(place)
        with _sentences(place, "read"):
            return system.cat_file(path).decode() if system.exists(path) else None
    except UnicodeDecodeError as error:
        raise InputError(f"{place!r} is no text in UTF-8") from error


def is_whole(out: str) -> bool:
    """Tell whether a whole report lies in a folder, or at an address.

    Raises:
        InputError: there is no file system for the address.
        StorageError: it could not be asked.
    """
    if not is_address(out):
        return (Path(out) / LAST).is_file()
    system, base = filesystem(out)
    with _sentences(out, "read"):
        return bool(system.exists(f"{base.rstrip('/')}/{LAST}"))


def listed(address: str, endings: tuple[str, ...]) -> list[str]:
    """Return the addresses of the files with these endings at and below an address, in order of their names.

    Raises:
        InputError: there is no file system for the address, nothing there, or no such file.
        StorageError: it could not be read.
    """
    system, base = filesystem(address)
    with _sentences(address, "read"):
        paths = [base] if system.info(base)["type"] == "file" else system.find(base)
    scheme = address.partition(SCHEME)[0]
    found = [f"{scheme}{SCHEME}{path.lstrip('/') if scheme in S3 else path}" for path in sorted(paths)
            if path.rpartition(".")[2].lower() in endings]  # fmt: skip
    if not found:
        raise InputError(f"there is no video file at {address!r}; known endings: {', '.join(endings)}")
    return found


def check(address: str) -> None:
    """See that something can be written at an address, by writing a small file there and removing it.

    Raises:
        InputError: there is no file system for it.
        StorageError: nothing can be written there.
    """
    probe = f"{address.rstrip('/')}/.whycam"
    put_text("", probe)
    system, path = filesystem(probe)
    with _sentences(address, "written"):
        system.rm_file(path)
