"""Files that are written whole or not at all, and the folder where Whycam keeps what belongs to its user."""

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from core import _parts
from core.errors import StorageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when no more can be written."""
DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_NUMPY_FULL = re.compile(r"\d requested and \d+ written")
"""What NumPy says when no more can be written."""
_NUMBERS = re.compile(r"\[\n[-\d.,eE+\s]*\]")
"""A list of numbers over several lines; a line never breaks inside a JSON string."""


def home() -> Path:
    """Return the folder of cameras, downloaded weights and runs: ``WHYCAM_HOME``, or ``~/.whycam``.

    Raises:
        StorageError: it begins with the ``~`` of a user that this machine does not know.
    """
    named = os.environ.get("WHYCAM_HOME") or "~/.whycam"
    try:
        return Path(named).expanduser()
    except RuntimeError as error:
        said = f"WHYCAM_HOME={named} names the folder of a user that this machine does not know"
        raise StorageError(f"{said}; set it to a folder that you may write to") from error


def storage_error(path: Path, error: OSError) -> StorageError:
    """Say in one sentence why ``path`` could not be written.

    >>> str(storage_error(Path("out/report.html"), OSError(errno.ENOSPC, "No space left on device")))
    "'report.html' could not be written to out: the disk is full; free some space and try again"
    """
    if error.errno in FULL or (error.errno is None and _NUMPY_FULL.search(str(error))):
        why = "the disk is full; free some space and try again"
    elif error.errno in DENIED:
        why = "permission denied; choose a folder that you may write to"
    else:
        why = f"{error.strerror or type(error).__name__}; choose a folder that can be written to"
    return StorageError(f"{path.name!r} could not be written to {path.parent}: {why}")


def folder(path: Path) -> Path:
    """Make a folder and those above it, and return it.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    return path


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path`` to write to, that takes its place when the block ends without an error.

    Readers see the old file or the new one, never a part, even when the machine loses power.

    Args:
        path: the file to make or to replace; its folder is made where it is missing.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    part = folder(path.parent)
    try:
        part, handle = _parts.begin(part)
        try:
            yield part
            _flush(part)
            part.replace(path)
            _flush(path.parent)
        finally:
            _parts.end(part, handle)
    except OSError as error:
        if _is_ours(error, part, path):
            raise storage_error(path, error) from error
        raise


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """Give a new folder in ``place`` for files that are gone when the block ends.

    If the process is killed before, the next one that writes in ``place`` removes it.

    Raises:
        StorageError: the disk is full, or the folder cannot be made.
    """
    try:
        part, handle = _parts.begin(folder(place))
        inside = part.with_suffix(_parts.PARTS)
        try:
            inside.mkdir()
        except OSError:
            _parts.end(part, handle)
            raise
    except OSError as error:
        raise storage_error(place, error) from error
    try:
        yield inside
    finally:
        _parts.end(part, handle)


@contextmanager
def write_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open ``path`` for writing bytes, whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with write_whole(Path(place) / "scores.f32") as file:
    ...         _ = file.write(b"abcd")
    ...     [path.name for path in Path(place).iterdir()]
    ['scores.f32']
    """
    with staged(path) as part, part.open("wb") as file:
        yield file


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """Open a scratch file for writing bytes; what was written of it is gone when the block fails.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    try:
        with path.open("wb") as file:
            yield file
    except BaseException as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError) and _is_ours(error, path, path):
            raise storage_error(path, error) from error
        raise


def append(path: Path, data: bytes) -> int:
    """Add bytes to a file, on the disk when this returns; return where they end.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    try:
        fresh = not path.exists()
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            end = file.tell()
        if fresh:
            _flush(path.parent)
        return end
    except OSError as error:
        raise storage_error(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    with write_whole(path) as file:
        file.write(text.encode("utf-8", "replace"))


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as JSON that every reader takes (UTF-8, no NaN), whole or not at all.

    A list of numbers stands on one line.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
        ValueError: ``content`` holds NaN or an infinity, which JSON does not have.
    """
    write_text(path, json_text(content))


def json_text(content: Any) -> str:
    """Return ``content`` as :func:`write_json` writes it.

    Raises:
        ValueError: ``content`` holds NaN or an infinity, which JSON does not have.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[0][1:-1].split())}]", text) + "\n"


def remove_left(place: Path) -> None:
    """Remove what :func:`staged` and :func:`scratch` left in a folder when their process was killed."""
    _parts.remove_left(place)


def sync_folder(path: Path) -> None:
    """Have the disk itself hold a folder's list of names, after one was removed or renamed."""
    _flush(path)


def _is_ours(error: OSError, part: Path, path: Path) -> bool:
    """Tell an error of our writing from one that the caller's block met elsewhere, such as a missing input."""
    names = {str(part), str(path), str(path.parent)}
    return error.errno in FULL or error.filename is None or str(error.filename) in names


def _flush(path: Path) -> None:
    """Have the disk itself hold a file, or a folder's list of names."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
