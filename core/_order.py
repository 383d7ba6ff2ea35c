"""Frames in the order of their seconds, where a decoder gives some too early behind a damaged place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame

from core import _container
from core._index import Index
from core._outcome import Seconds

MAX_WAITING_FRAMES = 6
"""Frames at most that wait for earlier ones; fewer where they would take more memory than a chunk."""
MAX_AHEAD_STEPS = 1.5
"""Steps, besides those that a decoder reorders, by which a frame may lie ahead of the one before and need not wait."""


@dataclass
class _Held:
    frame: VideoFrame
    row: int | None
    time: float
    overtaken: int = 0


def in_order(
    frames: Iterable[tuple[VideoFrame, int | None]], seconds: Seconds, index: Index
) -> Iterator[tuple[VideoFrame, int | None, float]]:
    """Let frames that leap ahead wait for the few behind them, which may be earlier.

    A frame that stays ahead of more than :data:`MAX_WAITING_FRAMES` others has a wrong time stamp, and is left out.

    Args:
        frames: as decoded, each with its row.
        seconds: of the clip.
        index: likewise.

    Yields:
        Frames with their rows and their seconds, which always grow.
    """
    width, height = index.scan.view.coded
    most = max(1, min(MAX_WAITING_FRAMES, _container.LIMITS.chunk_bytes // max(width * height * 3, 1)))
    leap = (index.scan.depth + MAX_AHEAD_STEPS) * index.timing.step
    held: list[_Held] = []
    for frame, row in frames:
        time = seconds.told(row)
        if np.isnan(time) or time <= seconds.last + leap:
            yield frame, row, seconds.grown(time)
            for other in held:
                other.overtaken += 1
            held = [other for other in held if other.overtaken <= MAX_WAITING_FRAMES]
        else:
            held = sorted([*held, _Held(frame, row, time)], key=lambda other: other.time)
        while held and (len(held) > most or held[0].time <= seconds.last + leap):
            first = held.pop(0)
            yield first.frame, first.row, seconds.grown(first.time)
    for other in held:
        yield other.frame, other.row, seconds.grown(other.time)
