"""Clips of every container and codec that is read and that can be written here."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from benchmarks.mutation import Kind, Rng
from core import cage, video
from core.records import Reading

SIDES = (64, 48)
LENGTHS = (24, 24, 24, 48, 48, 120, 250)
"""Frames of a clip."""
MAX_LONG = 3
"""Clips of a seed that have more than 48 frames."""


@dataclass(frozen=True)
class Made:
    """How one clip is written: the ending of its name, FFmpeg's names of encoder, pixels and container, its options."""

    ending: str
    codec: str = "libx264"
    pixels: str = "yuv420p"
    form: str | None = None
    sides: tuple[int, int] = SIDES
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)


QUICK = {"preset": "ultrafast", "g": "12"}
CLIPS = (
    Made("mp4", options=QUICK),
    Made("mp4", options=QUICK, container={"movflags": "+frag_keyframe+empty_moov"}),
    Made("mp4", "libx265", options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    Made("mp4", "libsvtav1", options={"preset": "12", "svtav1-params": "lp=1"}),
    Made("mp4", "mpeg4"), Made("mov", "mjpeg", "yuvj420p"), Made("mov", "prores_ks", "yuv422p10le"),
    Made("mov", "png", "rgb24"), Made("mov", "dnxhd", "yuv422p", sides=(256, 128), options={"profile": "dnxhr_lb"}),
    Made("3gp", "h263", sides=(128, 96)), Made("mkv", options=QUICK), Made("mkv", "ffv1"), Made("mkv", "msmpeg4"),
    Made("mkv", "rawvideo"), Made("webm", "libvpx", options={"deadline": "realtime", "cpu-used": "8"}),
    Made("webm", "libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"}), Made("avi", "mpeg4"),
    Made("avi", "mjpeg", "yuvj420p"), Made("avi", "rawvideo", "bgr24"), Made("avi", "msmpeg4"),
    Made("ts", options=QUICK), Made("ts", "mpeg2video"),
    Made("ts", "libx265", options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    Made("mpg", "mpeg2video", form="vob"), Made("mpg", "mpeg1video"), Made("wmv", "wmv2"), Made("asf", "wmv1"),
    Made("flv", "flv"), Made("flv", options=QUICK), Made("mxf", "mpeg2video"),
    Made("ogv", "libvpx", options={"deadline": "realtime", "cpu-used": "8"}),
    Made("dv", "dvvideo", sides=(720, 576)), Made("264", form="h264", options=QUICK),
    Made("265", "libx265", form="hevc", options={"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    Made("m2v", "mpeg2video", form="mpeg2video"), Made("m1v", "mpeg1video", form="mpeg1video"),
    Made("mjpeg", "mjpeg", "yuvj420p", form="mjpeg"), Made("y4m", "rawvideo", form="yuv4mpegpipe"),
    Made("ivf", "libvpx", options={"deadline": "realtime", "cpu-used": "8"}), Made("gif", "gif", "rgb8"),
)  # fmt: skip
"""One clip of each container, and of each codec that has an encoder here; Theora, WMV9 and VC-1 have none, DAV no
muxer."""


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write one of each of :data:`CLIPS`; how long they are, and what is in them, is drawn."""
    os.environ.setdefault("SVT_LOG", "0")  # or it prints its settings
    lengths = sorted(rng.choice(LENGTHS, len(CLIPS)), reverse=True)
    lengths[MAX_LONG:] = [min(length, 48) for length in lengths[MAX_LONG:]]
    paths = []
    for number, (made, length) in enumerate(zip(CLIPS, rng.permutation(lengths), strict=True)):
        paths.append(folder / f"{number:02d}-{made.codec}.{made.ending}")
        _write(paths[-1], made, 5 if made.codec == "dvvideo" else int(length), rng)
    return paths


def _write(path: Path, made: Made, length: int, rng: Rng) -> None:
    width, height = made.sides
    image = rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w", format=made.form, options=made.container) as out:
        stream = cast(VideoStream, out.add_stream(made.codec, 25, options=made.options))
        stream.width, stream.height, stream.pix_fmt = width, height, made.pixels
        for number in range(length):
            frame = VideoFrame.from_ndarray(np.roll(image, 3 * number, 1), format="rgb24").reformat(format=made.pixels)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def read(path: Path) -> bool:
    """Look at a clip and read it to its end; tell whether frames that it announces are missing without a word."""
    ended: list[Reading] = []
    announced = video.probe(path).announced
    count = sum(len(part) for part in video.read(path, on_end=ended.append))
    found = ended[0]
    if found.read != count:
        raise AssertionError(f"{count} frames came, but {found.read} are told")
    return count < max(found.announced or 0, announced or 0) and not found.notes


KINDS = {"clips": Kind("clips of 18 containers and 24 codecs", write, read, peak=cage.peak)}
