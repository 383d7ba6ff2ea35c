"""Signs of life of a reader: given now and then while packets are read, and for each frame that is decoded."""

from collections.abc import Callable

EVERY_PACKETS = 256
_hearers: list[Callable[[], None]] = []


def heard_by(hearer: Callable[[], None]) -> None:
    """Have a function called at each sign of life of this process."""
    _hearers.append(hearer)


def packet(number: int) -> None:
    """Give a sign of life at some of the packets that are read."""
    if number % EVERY_PACKETS == 0:
        beat()


def beat() -> None:
    """Give a sign of life."""
    for hearer in _hearers:
        hearer()
