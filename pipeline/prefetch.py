"""Items drawn ahead in a thread, so that decoding and scoring overlap."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, cast

Item = TypeVar("Item")
_END: Final = object()


def prefetch(items: Iterable[Item], depth: int = 2) -> Iterator[Item]:
    """Draw ``items`` in a thread, at most ``depth`` ahead; an error is raised where the iterable would raise it.

    >>> list(prefetch(range(4)))
    [0, 1, 2, 3]
    """
    source = iter(items)
    with ThreadPoolExecutor(1, "prefetch") as pool:
        ahead = deque(pool.submit(next, source, _END) for _ in range(depth))
        try:
            while (item := ahead.popleft().result()) is not _END:
                ahead.append(pool.submit(next, source, _END))
                yield cast(Item, item)
        finally:
            pool.shutdown(cancel_futures=True)
