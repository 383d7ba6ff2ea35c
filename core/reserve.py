"""Room on the disk that is kept for the day it is full: deleting needs some, and so does saying what an event was.

Each reserve is a file in the user's folder. It goes when the disk is full, and is made again when there is room.
"""

import os
from contextlib import suppress
from pathlib import Path

from core.errors import StorageError
from core.files import home, write_whole

INDEX, REVIEWS = "index", "reviews"
"""For what there is a reserve."""
SIZE_BYTES = 1 << 19


def path_of(purpose: str) -> Path:
    """Return the file of a reserve."""
    return home() / f"reserve-{purpose}.bin"


def keep() -> None:
    """Make the reserves that are missing, where the disk has room for them."""
    for path in (path_of(INDEX), path_of(REVIEWS)):
        if not path.exists():
            with suppress(StorageError), write_whole(path) as file:
                file.write(os.urandom(SIZE_BYTES))  # what cannot be compressed takes its whole size


def release(purpose: str) -> bool:
    """Give a reserve's room to whoever needs it now; False where it is gone."""
    try:
        path_of(purpose).unlink()
    except OSError:
        return False
    return True
