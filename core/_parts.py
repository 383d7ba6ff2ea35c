"""What is still written, under names of its own: held by whoever writes it, and removed by the next one if that died.

A file is ``.TOKEN.part``; a folder ``.TOKEN.parts``, beside an empty file of the same token. A process that ends in any
way lets go of its files. The first one in a folder that a process begins removes what nobody holds there.
"""

import contextlib
import os
import re
import secrets
import shutil
import sys
from pathlib import Path

PART, PARTS = ".part", ".parts"
_NAME = re.compile(r"\.[0-9a-f]{16}\.parts?")
_LOOKED_AT: set[Path] = set()
"""Folders in which this process has removed what was left."""


def begin(folder: Path) -> tuple[Path, int]:
    """Make a file with a new name in a folder; return it, and the handle by which it is held until :func:`end`.

    Raises:
        OSError: it cannot be made.
    """
    if (place := folder.absolute()) not in _LOOKED_AT:
        remove_left(place)
        _LOOKED_AT.add(place)
    while True:
        part = folder / f".{secrets.token_hex(8)}{PART}"
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        _hold(handle, wait=True)
        if part.exists():  # else it was taken for left before it was held
            return part, handle
        os.close(handle)


def end(part: Path, handle: int) -> None:
    """Remove what was begun, where it was not renamed, and let it go."""
    shutil.rmtree(part.with_suffix(PARTS), ignore_errors=True)
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
    os.close(handle)


def remove_left(folder: Path) -> None:
    """Remove what processes that died have left in a folder."""
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]:
            part = path.with_suffix(PART)
            if not part.exists():
                shutil.rmtree(path, ignore_errors=True)
                continue
            with contextlib.suppress(OSError):
                handle = os.open(part, os.O_RDWR)
                if _hold(handle, wait=False):
                    end(part, handle)
                else:
                    os.close(handle)


def _hold(handle: int, *, wait: bool) -> bool:
    """Hold a file, and tell whether it is; False also where the disk knows no locks."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
