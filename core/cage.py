"""Clips are decoded in a cage: a process of its own that may read one open file, and nothing else of this machine.

What a decoder does to its process, a stranger's file may have told it to. So the process has limits of memory and of
computing, no network, no other file and no way to start a program, as far as the kernel grants it
(``core/_confine.py``). It tells facts as JSON, which are checked, and hands pixels over through shared memory, from
where they are copied. A crash, a hang or too much memory is one sentence on one clip (decision 0048).

A small server (``core/_cage_server.py``), started at the first clip, makes each process in some milliseconds. A process
serves one file; it stays for a while, for a clip is looked at before it is read.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core._cage_frames import Receiver, answer
from core._cage_pool import POOL, Child
from core._medium import check_file
from core.errors import ClipError, InputError
from core.limits import Limits, shown
from core.records import Clip, Frames, Reading

T = TypeVar("T")


def facts(path: Path, fps: float | None, sha256: str, limits: Limits) -> Clip:
    """Do :func:`core.video.probe`."""
    with _opened(path, limits) as child:
        child.send({"do": "facts", "fps": fps, "sha256": sha256, "limits": dataclasses.asdict(limits)})
        return _typed(Clip, child, answer(child, child.hear()).get("clip"))


def frames(
    path: Path, chunk: int, on_end: Callable[[Reading], None] | None, fps: float | None,
    wanted: Callable[[int], bool] | None, limits: Limits,
) -> Iterator[Frames]:  # fmt: skip
    """Do :func:`core.video.read`."""
    with _opened(path, limits) as child:
        receiver, ended = Receiver(child, chunk, wanted, limits), None
        asked = {"chunk": chunk, "fps": fps, "asks": wanted is not None, "limits": dataclasses.asdict(limits)}
        child.send({"do": "read", **asked})
        try:
            ended = yield from receiver.parts()
        except ClipError:
            raise  # the process has answered, or has ended
        except BaseException:
            child.stop()
            raise
        reading = _typed(Reading, child, ended.get("end"))
    if on_end is not None:
        on_end(reading)


def granted() -> tuple[str, ...]:
    """Return what confines the processes on this machine."""
    with Path(__file__).open("rb") as file, POOL.child(file.fileno(), Path(__file__).name, Limits()) as child:
        return child.granted


def peak() -> int:
    """End the processes that wait, and return how many bytes of memory a process has taken at most."""
    POOL.rest()
    return POOL.server().peak


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[Child]:
    check_file(path, limits)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ClipError(f"{shown(path)!r} cannot be opened: {error.strerror}") from error
    with file, POOL.child(file.fileno(), shown(path), limits) as child:
        yield child


def _typed(kind: type[T], child: Child, told: object) -> T:
    from core import typed_json

    try:
        return typed_json.load(kind, json.dumps(told), "the answer")
    except InputError as error:
        raise child.nonsense() from error
