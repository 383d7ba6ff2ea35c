"""Frames out of packets: each with the packet that it came in, so that none is lost in silence."""

import os
from collections.abc import Iterator
from itertools import chain
from typing import cast

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core import _container
from core._container import Trouble
from core._fields import Fields
from core._index import Index
from core._kept import MAX_PICTURES, bits_of, kept

MAX_THREADS, MAX_BORDER_PIXELS = 16, 128
"""Threads at most; pixels by which a coded picture may be wider and higher than what is shown of it."""


def frames(container: InputContainer, index: Index, trouble: Trouble) -> Iterator[tuple[VideoFrame, int | None]]:
    """Decode what can be decoded, in order of presentation, deinterlaced.

    Args:
        container: opened with the index' options.
        index: of the same clip.
        trouble: noted here while packets are read.

    Yields:
        Frames with the row of the packet that each came in; None where the decoder does not tell.
    """
    streams = {number: _ready(cast(VideoStream, container.streams[number])) for number in index.scan.streams}
    for other in container.streams:
        if other.index not in streams:
            other.discard = Discard.all
    row, present = -1, None
    fields: Fields | None = None
    for packet in chain(_container.packets(container, trouble), [None]):
        stream = None if packet is None else streams.get(packet.stream_index)
        if packet is not None and stream is None:
            continue
        if stream is not present:
            if present is not None and fields is not None:
                yield from _finished(present, fields)
            present = stream
            fields = Fields(stream.codec_context.name, stream.codec_context.field_order) if stream else None
        if packet is None or stream is None or fields is None:
            return
        row += 1
        if row < index.begin:
            continue
        packet.pts = packet.dts = row
        try:
            decoded = stream.decode(packet)
        except (av.FFmpegError, ValueError):
            continue
        for frame in decoded:
            yield from fields.feed(frame, frame.pts)


def _finished(stream: VideoStream, fields: Fields) -> Iterator[tuple[VideoFrame, int | None]]:
    """Yield the frames that a decoder and a deinterlacer held back."""
    try:
        decoded = stream.decode(None)
    except (av.FFmpegError, ValueError):
        decoded = []
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
    stream.codec_context.options = {"max_pixels": str(pixels)}
    return stream
