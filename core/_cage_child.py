"""What runs inside the cage: one clip, looked at and decoded for a parent that trusts none of it."""

import dataclasses
import math
import mmap
import os
import select

import numpy as np

from core import _alive, _confine, _container, _reading
from core._medium import Handed
from core._wire import Link, Message
from core.arrays import Images
from core.errors import ClipError
from core.limits import Limits
from core.records import Reading

BATCH_BYTES, SLOTS = 32 << 20, 3
"""Of frames that are handed over at once, at least one; places for so many batches are shared with the parent."""
ASKED_FRAMES = 256
"""Frames of which the parent is asked at once whether it wants them."""


class Stopped(Exception):
    """The parent wants no more frames."""


def serve(link: Link, file: Handed, bounds: Message, alone: bool) -> None:
    """Confine this process, then answer what the parent asks of a file, until the parent is gone.

    Once the parent has said that it took all answers, a process that is asked nothing for a while ends.

    Args:
        link: to the parent.
        file: the open file.
        bounds: ``memory``, bytes; ``seconds`` of computing between two signs of life; ``idle``, seconds.
        alone: whether the process has left the network already.
    """
    granted = _confine.confine(bounds["memory"]) + [_confine.MEASURES[3]] * alone
    _alive.heard_by(_confine.Beat(bounds["seconds"]))
    link.send({"granted": granted})
    rests = False
    while select.select([link], [], [], bounds["idle"] if rests else None)[0]:
        try:
            asked = link.receive()
        except EOFError:
            return
        rests = "rest" in asked
        if "stop" in asked:
            link.send({"stopped": True})
            continue
        if "do" in asked:
            _alive.beat()
            link.send(_answered(link, file, asked))


def _answered(link: Link, file: Handed, asked: Message) -> Message:
    _container.LIMITS = Limits(**asked["limits"])
    try:
        if asked["do"] == "facts":
            return {"clip": dataclasses.asdict(_reading.facts(file, asked["fps"], asked["sha256"]))}
        return {"end": dataclasses.asdict(_Reader(link, asked["asks"]).read(file, asked["chunk"], asked["fps"]))}
    except Stopped:
        return {"stopped": True}
    except ClipError as error:
        return {"error": str(error)}
    except (EOFError, BrokenPipeError):
        os._exit(0)
    except Exception as error:  # the parent says it in a sentence
        return {"fault": f"{type(error).__name__}: {error}"[:500]}


class _Reader:
    """Hands frames over through memory that the parent gave."""

    def __init__(self, link: Link, asks: bool) -> None:
        self._link, self._asks = link, asks
        self._ring: mmap.mmap | None = None
        self._free: list[int] = []
        self._slot, self._batch = 0, 1
        self._wanted, self._known = "", 0

    def read(self, file: Handed, chunk: int, fps: float | None) -> Reading:
        """Decode a clip to its end."""
        ended: list[Reading] = []
        wanted = self._wants if self._asks else None
        for part in _reading.frames(file, chunk, ended.append, fps, wanted, self._room, self._look):
            times = part.times.tolist()
            self._link.send({"frames": self._slot, "first": part.first, "times": times})
        return ended[0]

    def _look(self) -> None:
        """See whether the parent said something between two frames."""
        while select.select([self._link], [], [], 0)[0]:
            self._heard(self._link.receive())

    def _heard(self, said: Message) -> None:
        if "stop" in said:
            raise Stopped
        if "free" in said:
            self._free.append(said["free"])
        elif "wanted" in said:
            self._wanted, self._known = said["wanted"], said["first"]

    def _wants(self, number: int) -> bool:
        """Return whether the parent wants a frame; it is asked of many at once."""
        while not self._known <= number < self._known + len(self._wanted):
            self._link.send({"ask": number, "count": ASKED_FRAMES})
            asked = self._known + len(self._wanted)
            while self._known + len(self._wanted) == asked:
                self._heard(self._link.receive())
        return self._wanted[number - self._known] == "1"

    def _room(self, frames: int, height: int, width: int) -> Images:
        """Return a place for the next frames, at most as many as asked for, once the parent has emptied one."""
        each = height * width * 3
        if self._ring is None:
            self._batch = max(1, min(frames, BATCH_BYTES // each))
            self._ring = self._shared(frames, height, width, self._batch * each * SLOTS)
            self._free = list(range(SLOTS))
        while not self._free:
            self._heard(self._link.receive())
        self._slot = self._free.pop(0)
        shape = (self._batch, height, width, 3)
        return np.ndarray(shape, np.uint8, self._ring, self._slot * math.prod(shape))

    def _shared(self, frames: int, height: int, width: int, size: int) -> mmap.mmap:
        self._link.send({"open": frames, "height": height, "width": width, "batch": self._batch, "slots": SLOTS})
        while not self._link.files:
            self._heard(self._link.receive())
        place = self._link.files.pop()
        try:
            return mmap.mmap(place, size)
        finally:
            os.close(place)
