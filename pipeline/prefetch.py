"""Work done ahead in a thread, so that decoding and scoring overlap."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_POLL_SECONDS = 0.1


def prefetch(items: Iterable[Item], depth: int = 2) -> Iterator[Item]:
    """Draw ``items`` in a thread, at most ``depth`` of them waiting; errors arrive where they would have.

    >>> list(prefetch(range(4)))
    [0, 1, 2, 3]
    """
    waiting: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(depth)
    stopped = threading.Event()

    def offer(entry: tuple[bool, Item | BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                return waiting.put(entry, timeout=_POLL_SECONDS)
            except queue.Full:
                continue

    def draw() -> None:
        try:
            for item in items:
                offer((True, item))
                if stopped.is_set():
                    return
            offer((False, None))
        except BaseException as error:
            offer((False, error))

    worker = threading.Thread(target=draw, daemon=True, name="ahead")
    worker.start()
    try:
        while True:
            more, item = waiting.get()
            if not more:
                if item is not None:
                    raise item  # type: ignore[misc]
                return
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        worker.join()
