"""The reading of a clip, from its index to frames as they are shown."""

from collections.abc import Callable, Iterator

import numpy as np
from av.video.frame import VideoFrame

from core import _alive, _container, _decoding
from core._container import Trouble, check_size
from core._index import index
from core._medium import Medium
from core._outcome import Outcome, Seconds
from core._view import Painter
from core.arrays import Images
from core.errors import ClipError
from core.limits import shown
from core.records import Clip, Frames, Reading

CHECKED_FRAMES = 256
"""Frames after which their bytes are held against the file's once more."""


def _room(frames: int, height: int, width: int) -> Images:
    return np.empty((frames, height, width, 3), np.uint8)


def facts(path: Medium, fps: float | None, sha256: str) -> Clip:
    """Do :func:`core.video.probe`."""
    found = index(path, fps)
    width, height = found.scan.view.size
    return Clip(
        shown(path), sha256, found.timing.fps, width, height, found.rows if found.whole else None,
        found.announced, found.recorded, (*found.damage, *found.notes),
    )  # fmt: skip


def frames(
    path: Medium, chunk: int, on_end: Callable[[Reading], None] | None, fps: float | None,
    wanted: Callable[[int], bool] | None, room: Callable[[int, int, int], Images] = _room,
    look: Callable[[], None] = lambda: None,
) -> Iterator[Frames]:  # fmt: skip
    """Do :func:`core.video.read` in this process.

    ``room`` gives a place for at most so many frames of a height and a width; ``look`` is called before each frame.
    """
    found, trouble = index(path, fps), Trouble()
    outcome, seconds, painter = Outcome(found, path), Seconds(found), Painter(found.scan.view, path)
    (width, height), times, size = found.scan.view.size, list[float](), (0, 0)
    fitting = max(1, min(chunk, _container.LIMITS.chunk_bytes // (width * height * 3)))
    images: Images = np.empty((0, height, width, 3), np.uint8)
    with _container.opened(path, found.options) as container:
        decoded = _decoding.in_order(_decoding.frames(container, found, trouble), seconds, found)
        for number, (frame, row, time) in enumerate(decoded):
            look()
            outcome.note(row, time, frame.is_corrupt)
            _container.check_reach(path, number + 1, time)
            size = _checked(frame, number, size, path)
            if taken := wanted is None or wanted(number):
                images = images if times else room(fitting, height, width)
                painter.paint(frame, images[len(times)])
                times.append(time)
            if times and (not taken or len(times) == len(images)):
                yield Frames(images[: len(times)], number + taken - len(times), np.array(times))
                times = []
    if times:
        yield Frames(images[: len(times)], outcome.read - len(times), np.array(times))
    if not outcome.read:
        raise ClipError(f"{shown(path)!r} holds no frame that can be decoded; it may be damaged or empty")
    if on_end is not None:
        on_end(outcome.reading(trouble.failures, painter))


def _checked(frame: VideoFrame, number: int, size: tuple[int, int], path: Medium) -> tuple[int, int]:
    """Return a frame's size; a new one is held against the limits, and now and then all frames against the file's."""
    _alive.beat()
    bits = frame.format.padded_bits_per_pixel
    if (frame.width, frame.height) != size:
        check_size(frame.width, frame.height, path, bits)
    if number % CHECKED_FRAMES == 0:
        _container.check_expansion(number, frame.width, frame.height, bits, path)
    return frame.width, frame.height
