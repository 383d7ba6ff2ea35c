"""Clips of the odd kinds that recorders, players and accidents make, made by hand for the tests."""

import struct
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame

from tests.clips import pictures


def coded(images, codec="libx264", pix_fmt="yuv420p", rate=25, colours=None, flag=None, **options):
    """Encode ``images`` or ready frames at a constant rate: the packets in the order of the file, and their encoder."""
    encoder = av.CodecContext.create(codec, "w")
    first = images[0]
    width, height = (first.width, first.height) if isinstance(first, VideoFrame) else first.shape[1::-1]
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pix_fmt
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate)
    encoder.options = {key: str(value) for key, value in options.items()}
    for name, value in (colours or {}).items():
        setattr(encoder, name, value)
    packets = []
    for i, frame in enumerate(flagged(map(_frame(pix_fmt), images), flag) if flag else map(_frame(pix_fmt), images)):
        frame.pts, frame.time_base = i, Fraction(1, rate)
        packets += encoder.encode(frame)
    return packets + encoder.encode(None), encoder


def _frame(pix_fmt):
    def made(image):
        if isinstance(image, VideoFrame):
            return image
        return VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)

    return made


def flagged(frames, order):
    """Mark frames as interlaced, ``tff`` or ``bff``."""
    graph = None
    for frame in frames:
        if graph is None:
            graph = Graph()
            source = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
            )
            graph.link_nodes(source, graph.add("setfield", order), graph.add("buffersink")).configure()
        graph.vpush(frame)
        yield graph.vpull()


def stamped(path, ticks, base=Fraction(1, 90000), images=None, rate=25, form=None, container=None, **how):
    """Write a clip whose frames have the given time stamps in order of presentation, whatever they are."""
    images = pictures(len(ticks)) if images is None else images
    packets, encoder = coded(images, rate=rate, **how)
    step = int(ticks[1] - ticks[0]) if len(ticks) > 1 else 1
    late = 0 if all(packet.pts == packet.dts for packet in packets) else 3
    decoding = [int(ticks[0]) - step * back for back in range(late, 0, -1)] + [int(tick) for tick in ticks]
    with av.open(str(path), "w", format=form, options=container or {}) as out:
        stream = _stream_of(out, encoder, rate, how.get("codec", "libx264"))
        for number, packet in enumerate(packets):
            packet.pts = int(ticks[round(packet.pts * packet.time_base * rate)])
            packet.dts = min(decoding[number], packet.pts)
            packet.time_base, packet.stream = base, stream
            out.mux(packet)
    return Path(path)


def _stream_of(out, encoder, rate, codec):
    stream = out.add_stream(codec, rate)
    stream.width, stream.height, stream.pix_fmt = encoder.width, encoder.height, encoder.pix_fmt
    if encoder.extradata:
        stream.codec_context.extradata = encoder.extradata
    return stream


def without_first(source, path, count):
    """Copy a clip without its first packets, as when a recording is cut out of a stream."""
    with av.open(str(source)) as clip, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(clip.streams.video[0])
        kept = [packet for packet in clip.demux(clip.streams.video[0]) if packet.size][count:]
        for packet in kept:
            packet.stream = stream
            out.mux(packet)
    return Path(path)


def unfinished(path, images, codec="libx264", pix_fmt="yuv420p", rate=24, **options):
    """Write a clip as a recorder leaves it that lost its power: nothing was written at its end."""
    with av.open(str(path), "w", options={"flush_packets": "1"}) as out:
        stream = out.add_stream(codec, rate, options={key: str(value) for key, value in options.items()})
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = pix_fmt
        for i, image in enumerate(images):
            frame = VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = i, Fraction(1, rate)
            out.mux(stream.encode(frame))
        content = Path(path).read_bytes()
        out.mux(stream.encode(None))
    Path(path).write_bytes(content)
    return Path(path)


def several(path, sizes, marked=(), frames=20, codec="libx264"):
    """Write a clip with a stream of each size; ``marked`` ones have the default mark."""
    with av.open(str(path), "w") as out:
        streams = []
        for number, (width, height) in enumerate(sizes):
            stream = out.add_stream(codec, 25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = av.stream.Disposition.default if number in marked else av.stream.Disposition(0)
            streams.append(stream)
        for i in range(frames):
            for stream in streams:
                image = pictures(1, stream.width, stream.height, seed=stream.index)[0]
                frame = VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = i, Fraction(1, 25)
                out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    return Path(path)


def patched(path, kind, at, value, size=4):
    """Overwrite a number in the first box of a kind, ``at`` bytes behind its name."""
    content = bytearray(Path(path).read_bytes())
    place = content.index(kind) + at
    content[place : place + size] = value.to_bytes(size, "big")
    Path(path).write_bytes(content)
    return Path(path)


def number(path, kind, at, size=4):
    """Read a number in the first box of a kind."""
    content = Path(path).read_bytes()
    place = content.index(kind) + at
    return int.from_bytes(content[place : place + size], "big")


def dhav(path, images, start, rate=10, millisecond=0):
    """Write Dahua's DAV: each frame has a head with the recorder's own date, and milliseconds that run freely."""
    packets, encoder = coded(images, rate=rate, bf=0, g=rate)
    out, begun = b"", int((start - datetime(1970, 1, 1)).total_seconds())
    for i, packet in enumerate(packets):
        passed = millisecond + i * 1000 // rate
        now = datetime(1970, 1, 1) + timedelta(seconds=begun + passed // 1000)
        date = now.second | now.minute << 6 | now.hour << 12 | now.day << 17 | now.month << 22 | now.year - 2000 << 26
        width, height = encoder.width, encoder.height
        extra = struct.pack("<BBBB", 0x81, 0, 2, rate) + struct.pack("<BBBBHH", 0x82, 0, 0, 0, width, height)
        length = 24 + len(extra) + packet.size + 8
        head = struct.pack("<4sBBBB", b"DHAV", 0xFD if packet.is_keyframe else 0xFC, 0, 0, 0)
        head += struct.pack("<IIIHBB", i, length, date, passed % 65536, len(extra), 0)
        out += head + extra + bytes(packet) + b"dhav" + struct.pack("<I", length)
    Path(path).write_bytes(out)
    return Path(path)


class Bits:
    """Bits to be written, most significant first."""

    def __init__(self):
        self.bits = []

    def put(self, count, value):
        self.bits += [(value >> i) & 1 for i in range(count - 1, -1, -1)]

    def golomb(self, *values):
        for value in values:
            length = (value + 1).bit_length()
            self.put(2 * length - 1, value + 1)

    def samples(self, values):
        self.bits += [0] * (-len(self.bits) % 8)
        self.bits += np.unpackbits(np.asarray(values, np.uint8)).tolist()

    def unit(self, kind):
        """Return the bits as a NAL unit of Annex B."""
        self.bits.append(1)
        self.bits += [0] * (-len(self.bits) % 8)
        body, zeros = bytearray(), 0
        for byte in np.packbits(self.bits).tolist():
            if zeros >= 2 and byte <= 3:
                body.append(3)
                zeros = 0
            body.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([kind]) + bytes(body)


def field_units(lumas, rate=25, bottom_first=False):
    """Code grey frames as H.264 fields of uncompressed macroblocks: bytes of the first and the second field of each."""
    height, width = lumas[0].shape
    sequence, picture = Bits(), Bits()
    sequence.put(24, 77 << 16 | 30)
    sequence.golomb(0, 0, 2, 1)
    sequence.put(1, 0)
    sequence.golomb(width // 16 - 1, height // 32 - 1)
    sequence.put(5, 0b00100 | bool(rate))  # fields; no MBAFF; direct inference; no cropping; with or without a rate
    if rate:
        sequence.put(5, 0b00001)
        sequence.put(32, 1)
        sequence.put(32, 2 * rate)
        sequence.put(5, 0b10000)
    picture.golomb(0, 0)
    picture.put(2, 0)
    picture.golomb(0, 0, 0)
    picture.put(3, 0)
    picture.golomb(0, 0, 0)
    picture.put(3, 0)
    sets = sequence.unit(0x67) + picture.unit(0x68)
    parities = (1, 0) if bottom_first else (0, 1)
    found = []
    for i, luma in enumerate(lumas):
        first, second = (_field(luma[parity::2], i % 10, parity, i % 10 == 0 and parity == parities[0])
                         for parity in parities)  # fmt: skip
        found.append((b"\0\0\0\1\x09\x10" + (sets if i % 10 == 0 else b"") + first, b"\0\0\0\1\x09\x10" + second))
    return found


def _field(luma, number, parity, instant):
    bits = Bits()
    bits.golomb(0, 7, 0)
    bits.put(4, number)
    bits.put(2, 2 | parity)
    if instant:
        bits.golomb(0)
    bits.put(2 if instant else 1, 0)
    bits.golomb(0)
    for y in range(0, luma.shape[0], 16):
        for x in range(0, luma.shape[1], 16):
            bits.golomb(25)
            bits.samples(luma[y : y + 16, x : x + 16].ravel())
            bits.bits += np.unpackbits(np.full(128, 128, np.uint8)).tolist()
    return bits.unit(0x65 if instant else 0x61)


def fields_in(path, units, apart, rate=25):
    """Put coded fields into a container, one packet for each field or for both of a frame."""
    raw = Path(path).with_suffix(".paff")
    raw.write_bytes(b"".join(a + b for a, b in units))
    with av.open(str(raw), format="h264") as source, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for i, (first, second) in enumerate(units):
            at, half = (0 if Path(path).suffix == ".avi" else 9000) + i * 90000 // rate, 45000 // rate
            for data, pts in ((first, at), (second, at + half)) if apart else ((first + second, at),):
                packet = Packet(data)
                packet.stream, packet.pts, packet.dts, packet.time_base = stream, pts, pts, Fraction(1, 90000)
                packet.is_keyframe, packet.duration = i % 10 == 0 and pts == at, half if apart else 2 * half
                out.mux(packet)
    return Path(path)


def zeroed(path, share, length):
    """Overwrite a share of a file with zeros, from another share on."""
    content = bytearray(Path(path).read_bytes())
    first, count = int(len(content) * share), int(len(content) * length)
    content[first : first + count] = bytes(count)
    Path(path).write_bytes(content)
    return Path(path)
