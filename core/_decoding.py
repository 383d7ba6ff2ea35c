"""Frames out of packets: each with the packet that it came in, so that none is lost in silence.

They come in the order of their seconds, also where a decoder gives some too early behind a damaged place.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, groupby
from typing import cast

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core import _container
from core._container import Trouble
from core._fields import Fields
from core._index import Index
from core._outcome import Seconds
from core._streams import MAX_PICTURES, bits_of, kept

MAX_THREADS, MAX_BORDER_PIXELS = 16, 128
"""Threads at most; pixels by which a coded picture may be wider and higher than what is shown of it."""
MAX_WAITING_FRAMES = 6
"""Frames at most that wait for earlier ones; fewer where they would take more memory than a chunk."""
MAX_AHEAD_STEPS = 1.5
"""Steps, besides those that a decoder reorders, by which a frame may lie ahead of the one before and need not wait."""


def frames(container: InputContainer, index: Index, trouble: Trouble) -> Iterator[tuple[VideoFrame, int | None]]:
    """Decode what can be decoded, in order of presentation, deinterlaced.

    ``container`` was opened with the index' options; ``trouble`` is noted while packets are read.

    Yields:
        Frames with the row of the packet that each came in; None where the decoder does not tell.
    """
    streams = {number: _ready(cast(VideoStream, container.streams[number])) for number in index.scan.streams}
    for other in container.streams:
        if other.index not in streams:
            other.discard = Discard.all
    own = (packet for packet in _container.packets(container, trouble) if packet.stream_index in streams)
    rows = count()
    for number, turn in groupby(own, key=lambda packet: packet.stream_index):
        stream = streams[number]
        fields = Fields(stream.codec_context.name, stream.codec_context.field_order)
        for packet in chain(turn, [None]):
            if packet is not None:
                packet.pts = packet.dts = row = next(rows)
                if row < index.begin:
                    continue
            try:
                decoded = stream.decode(packet)
            except (av.FFmpegError, ValueError):
                continue
            for frame in decoded:
                yield from fields.feed(frame, frame.pts)
        yield from fields.flush()


def _ready(stream: VideoStream) -> VideoStream:
    """Let a stream's decoder use as many threads as its pictures leave memory for, and no pictures that are larger."""
    memory, bits, keeps = _container.LIMITS.max_decoder_bytes * 8, bits_of(stream), kept(stream)
    fitting = memory // max(stream.width * stream.height * bits, 1) - keeps
    usual = max(min((os.cpu_count() or 1) + 1, MAX_THREADS), 2)
    threads = max(1, min(usual, fitting))
    coded = (stream.width + MAX_BORDER_PIXELS) * (stream.height + MAX_BORDER_PIXELS)
    pixels = min(max(coded, memory // (bits * (MAX_PICTURES + threads))), _container.LIMITS.max_pixels)
    stream.thread_type = ThreadType.AUTO
    stream.codec_context.thread_count = threads
    stream.codec_context.options = {"max_pixels": str(pixels), **_container.CODEC_OPTIONS}
    return stream


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
