"""The machine's one place to compute, for jobs that the queue does not know yet."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from filelock import FileLock, Timeout

from core.errors import Cancelled
from core.files import home

TURN_SECONDS = 0.5


class Waits(Protocol):
    """Who waits for a turn."""

    def cancelled(self) -> bool:
        """Tell whether the user asked it to stop."""
        ...


@contextmanager
def turn(link: Waits) -> Iterator[None]:
    """Hold the place.

    Raises:
        Cancelled: its user asked it to stop.
    """
    place = FileLock(home() / "compute.lock", preserve_lock_file=True)
    while True:
        if link.cancelled():
            raise Cancelled("cancelled while it waited for its turn")
        try:
            place.acquire(blocking=False)
            break
        except Timeout:
            time.sleep(TURN_SECONDS)
    with place:
        yield
