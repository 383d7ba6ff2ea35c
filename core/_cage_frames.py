"""Frames out of memory that is shared with a process that is not trusted: checked, copied, and put together."""

import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator

import numpy as np

from core._cage_pool import Child
from core._wire import Message
from core.arrays import Images
from core.errors import ClipError, DecoderError
from core.limits import Limits
from core.records import Frames

MAX_SLOTS, MAX_ASKED_FRAMES, MAX_LETTERS = 8, 4096, 2000


def answer(child: Child, said: Message) -> Message:
    """Return what a process answered.

    Raises:
        ClipError: it refuses the file.
        DecoderError: it failed.
    """
    if "error" in said:
        raise ClipError(_plain(said["error"]))
    if fault := said.get("fault"):
        child.close()
        why = "it takes more memory than a clip may" if "MemoryError" in str(fault) else f"its decoder failed ({fault})"
        raise DecoderError(f"{child.name!r} cannot be read: {_plain(why)}; convert it to H.264 in an MP4")
    return said


def _plain(text: object) -> str:
    """Return a sentence as it may be printed: a stranger may have written it."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[:MAX_LETTERS])


def whole(child: Child, said: Message, key: str, low: int, high: int) -> int:
    """Return a whole number of a message; raises a :class:`DecoderError` where it is none of a range."""
    value = said.get(key)
    if type(value) is not int or not low <= value <= high:
        raise child.nonsense()
    return value


class Receiver:
    """Puts the frames of one reading together.

    Args:
        child: was asked for the frames.
        chunk: most frames of a chunk.
        wanted: asked for each frame, by its index, whether to hand it over; None for all.
        limits: what a chunk may take.
    """

    def __init__(self, child: Child, chunk: int, wanted: Callable[[int], bool] | None, limits: Limits) -> None:
        self._child, self._chunk, self._wanted, self._limits = child, chunk, wanted, limits
        self._answers, self._answered = "", 0
        self._ring, self._fitting, self._batch, self._slots = -1, 0, 0, 0
        self._shape = (0, 0, 3)
        self._images: Images = np.empty((0, 0, 0, 3), np.uint8)
        self._first, self._times = 0, list[float]()

    def parts(self) -> Generator[Frames, None, Message]:
        """Yield chunks of consecutive frames as they come; return what is said at the end."""
        try:
            while True:
                said = self._child.hear()
                if "frames" in said:
                    yield from self._taken(said)
                elif "ask" in said:
                    self._answer(said)
                elif "open" in said:
                    self._open(said)
                else:
                    yield from self._rest()
                    return answer(self._child, said)
                if self._times and not self._may_go_on():
                    yield from self._rest()
        finally:
            if self._ring >= 0:
                os.close(self._ring)

    def _open(self, said: Message) -> None:
        """Give the process a place for its frames, whose size it knows now."""
        child, side = self._child, max(self._limits.max_width, self._limits.max_height) * 8
        height, width = whole(child, said, "height", 1, side), whole(child, said, "width", 1, side)
        self._fitting = whole(child, said, "open", 1, self._chunk)
        self._batch = whole(child, said, "batch", 1, self._fitting)
        self._slots = whole(child, said, "slots", 1, MAX_SLOTS)
        self._shape = (height, width, 3)
        if self._ring >= 0 or (self._fitting > 1 and self._fitting * height * width * 3 > self._limits.chunk_bytes):
            raise child.nonsense()
        self._ring = _shared(self._slots * self._batch * height * width * 3)
        child.send({"ring": True}, [self._ring])

    def _answer(self, said: Message) -> None:
        """Tell the process which of the next frames are wanted."""
        first = whole(self._child, said, "ask", 0, 1 << 40)
        count = whole(self._child, said, "count", 1, MAX_ASKED_FRAMES)
        assert self._wanted is not None
        self._answers = "".join("01"[bool(self._wanted(number))] for number in range(first, first + count))
        self._answered = first
        self._child.send({"wanted": self._answers, "first": first})

    def _may_go_on(self) -> bool:
        """Tell whether the frame behind those that are here may be wanted, too."""
        following = self._first + len(self._times) - self._answered
        return self._wanted is None or not 0 <= following < len(self._answers) or self._answers[following] == "1"

    def _taken(self, said: Message) -> Iterator[Frames]:
        """Copy a batch of frames, and yield the chunk as often as it is full."""
        slot = whole(self._child, said, "frames", 0, self._slots - 1)
        first, times = whole(self._child, said, "first", 0, 1 << 40), said.get("times")
        if not isinstance(times, list) or not all(isinstance(time, float) for time in times):
            raise self._child.nonsense()
        if not 1 <= len(times) <= self._batch:
            raise self._child.nonsense()
        if self._times and first != self._first + len(self._times):
            yield from self._rest()
        each, done = int(np.prod(self._shape)), 0
        while done < len(times):
            if not self._times:
                self._images, self._first = np.empty((self._fitting, *self._shape), np.uint8), first + done
            here = len(self._times)
            count = min(self._fitting - here, len(times) - done)
            self._copy(self._images[here : here + count], (slot * self._batch + done) * each)
            self._times += times[done : done + count]
            done += count
            if done == len(times):
                self._child.send({"free": slot})
            if len(self._times) == self._fitting:
                yield from self._rest()

    def _copy(self, images: Images, offset: int) -> None:
        """Read frames out of the shared memory; what the process does to it meanwhile does no harm."""
        place, done = images.reshape(-1).data, 0
        while done < len(place):
            count = os.preadv(self._ring, [place[done:]], offset + done)
            if not count:
                raise self._child.nonsense()
            done += count

    def _rest(self) -> Iterator[Frames]:
        if self._times:
            times, self._times = np.array(self._times, np.float64), []
            yield Frames(self._images[: len(times)], self._first, times)


def _shared(size: int) -> int:
    """Return a descriptor of memory that two processes can share."""
    if sys.platform == "linux":
        place = os.memfd_create("frames", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            place = os.dup(file.fileno())
    os.ftruncate(place, size)
    return place
