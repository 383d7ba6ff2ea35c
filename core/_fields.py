"""Interlaced frames made whole: one frame out for each that comes in, at its own time."""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

UNFLAGGED = frozenset({"mjpeg", "png"})
"""Decoders that do not mark interlaced frames: the container's word is taken."""
PARITY = {2: "tff", 3: "bff", 4: "bff", 5: "tff"}
"""FFmpeg's orders of fields, as which of them is shown first."""
PLANAR = {
    **dict.fromkeys(("nv12", "nv21"), "yuv420p"), "nv16": "yuv422p", "nv24": "yuv444p", "p010le": "yuv420p10le",
    **dict.fromkeys(("yuyv422", "uyvy422", "yvyu422"), "yuv422p"), "uyyvyy411": "yuv411p", "y210le": "yuv422p10le",
}  # fmt: skip
"""What packed pixel formats are unpacked to here, for FFmpeg's filters would change their range on the way."""
SEPARATE_FIELD_DECODERS = frozenset({"hevc"})
"""Decoders that give each field as a frame of half the height."""


class Fields:
    """Deinterlaces by FFmpeg's bwdif what a clip's decoder or its container calls interlaced.

    Frames that are not interlaced pass unchanged, and without delay until the first interlaced one has come.
    """

    def __init__(self, codec: str, order: int) -> None:
        self.apart = codec in SEPARATE_FIELD_DECODERS
        self.parity = PARITY.get(order) if codec in UNFLAGGED else None
        self._planar = VideoReformatter()
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._refused: tuple[int, int, str] | None = None
        self._waiting: deque[int | None] = deque()

    def feed(self, frame: VideoFrame, row: int | None) -> Iterator[tuple[VideoFrame, int | None]]:
        """Take a frame and its packet's row; yield those that are ready, with theirs."""
        interlaced = frame.interlaced_frame or self.parity is not None
        if interlaced and frame.format.name in PLANAR:
            frame = self._planar.reformat(frame, format=PLANAR[frame.format.name])
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            yield from self.flush()
        if self._graph is None and interlaced and shape != self._refused:
            try:
                self._graph, self._shape = self._made(frame), shape
            except av.FFmpegError:
                self._refused = shape
        if self._graph is None:
            yield frame, row
            return
        self._waiting.append(row)
        frame.pts = len(self._waiting)
        self._graph.vpush(frame)
        yield from self._ready()

    def flush(self) -> Iterator[tuple[VideoFrame, int | None]]:
        """Yield what is left, after the last frame or before frames of another kind."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready()
            self._graph = None
            self._waiting.clear()

    def _ready(self) -> Iterator[tuple[VideoFrame, int | None]]:
        while self._graph is not None and self._waiting:
            try:
                frame = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            row = self._waiting.popleft()
            if self.apart and self._waiting:
                self._waiting.popleft()
            yield frame, row

    def _made(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        nodes = [
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
        ]
        if self.apart:
            nodes.append(graph.add("weave", f"first_field={'top' if _top_first(frame) else 'bottom'}"))
        which = f"parity={self.parity}:deint=all" if self.parity else "parity=auto:deint=interlaced"
        nodes += [graph.add("bwdif", f"mode=send_frame:{which}"), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        return graph


def _top_first(frame: VideoFrame) -> bool:
    """Tell whether a field is a top one, or a frame's top field is shown first."""
    graph = Graph()
    made = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000))
    graph.link_nodes(made, graph.add("select", r"eq(interlace_type\,TOPFIRST)"), graph.add("buffersink")).configure()
    graph.vpush(frame)
    try:
        graph.vpull()
    except (av.BlockingIOError, av.EOFError):
        return False
    return True
