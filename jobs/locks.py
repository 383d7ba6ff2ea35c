"""One writer of a folder at a time, from pages and command line alike."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from core import files
from core.errors import InputError

LOCK = ".whycam.lock"
_HELD: set[tuple[int, Path]] = set()
"""Threads of this process, each with a folder that it holds."""


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder while something is written into it.

    It is made where it is missing, those above it as well, and goes again if it stays empty. The thread that holds a
    folder may take it again. A process that dies lets it go.

    Raises:
        InputError: another process or thread holds it.
        StorageError: the folder cannot be made or written to.
    """
    place = folder.resolve()
    mine = (threading.get_ident(), place)
    if mine in _HELD:
        yield
        return
    fresh = [one for one in (place, *place.parents) if not one.exists()]
    path = files.folder(place) / LOCK
    try:
        lock = _acquired(path)
    except Timeout as error:
        said = f"another process of Whycam is writing into {folder}; wait until it has ended, or choose another place"
        raise InputError(said) from error
    except OSError as error:
        raise files.storage_error(path, error) from error
    _HELD.add(mine)
    try:
        yield
    finally:
        _HELD.discard(mine)
        path.unlink(missing_ok=True)
        lock.release()
        with contextlib.suppress(OSError):
            for one in fresh:
                one.rmdir()


def _acquired(path: Path) -> FileLock:
    """Lock the file of that name; a file that its last holder removed meanwhile has no effect, so it is made again."""
    while True:
        locked: list[int] = []
        lock = FileLock(path, blocking=False, on_acquired=lambda handle, to=locked: to.append(os.fstat(handle).st_ino))  # type: ignore[misc]
        lock.acquire()
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino in locked:
                return lock
        lock.release()
