"""How decoded frames are to be shown: upright, with square pixels, in ordinary light, and not larger than is of use."""

import math
from dataclasses import dataclass
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorTrc, Interpolation, VideoReformatter

from core import _container
from core._medium import Medium
from core.arrays import Images
from core.errors import ClipError
from core.limits import shown

HDR = {int(ColorTrc.SMPTE2084): "PQ", int(ColorTrc.ARIB_STD_B67): "HLG"}
MATRICES = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
"""FFmpeg's numbers of the colour matrices that it converts from."""
UNKNOWN_MATRIX, CONSTANT_LUMINANCE, BT2020 = 2, 10, 9
SQUARE_TOLERANCE = 0.01
"""Pixels whose sides differ by less than this share are square."""
MAX_PIXEL_ASPECT = 8.0
"""Pixels that are longer than this many times their width are a damaged header's."""


@dataclass(frozen=True)
class View:
    """How the frames of one clip are brought to the size and the colours in which they are handed over.

    Attributes:
        coded: (width, height) of the decoded frames.
        scaled: (width, height) to which they are scaled before they are turned.
        matrix: the first four of the display matrix's entries that turn: a, b, c, d.
        light: how brightness is coded where that is beyond BT.709: ``PQ`` or ``HLG``; else empty.
        reduced: whether the frames are smaller than they could be.
    """

    coded: tuple[int, int]
    scaled: tuple[int, int]
    matrix: tuple[int, int, int, int]
    light: str
    reduced: bool

    @classmethod
    def of(cls, frame: VideoFrame, shape: float, tall: int = 1) -> "View":
        """Look at a clip's first frame, whose pixels have a ``shape``, their width over their height.

        ``tall`` frames of its height make a whole one: 2 for fields.
        """
        coded = (frame.width, frame.height * tall)
        width, height = _square(coded, shape)
        part = math.sqrt(_container.LIMITS.kept_pixels / (width * height))
        if part < 1:
            width, height = (max(2, 2 * math.floor(part * side / 2)) for side in (width, height))
        light = HDR.get(frame.color_trc, "")
        return cls(coded, (width, height), _turning(frame), light, part < 1)

    @property
    def sideways(self) -> bool:
        """Whether width and height change places."""
        return abs(self.matrix[1]) > abs(self.matrix[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames that are handed over."""
        return self.scaled[::-1] if self.sideways else self.scaled

    def upright(self, image: Images) -> Images:
        """Apply the display matrix, to the nearest quarter turn (ISO 14496-12, section 6.2.2)."""
        a, _, c, d = self.matrix
        if self.sideways:
            image, a, d = image.swapaxes(0, 1), c, self.matrix[1]
        return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


class Painter:
    """Turns decoded frames into RGB as a :class:`View` wants them.

    Attributes:
        other: (width, height) of a frame that had another size than the first.
        guessed: whether a frame's colour matrix was none that is known.
    """

    def __init__(self, view: View, path: Medium) -> None:
        self.view, self.path = view, path
        self.other: tuple[int, int] | None = None
        self.guessed = False
        self._converter = VideoReformatter()

    def paint(self, frame: VideoFrame, out: Images) -> None:
        """Convert ``frame`` into ``out``, (height, width, 3).

        Raises:
            ClipError: its pixel format cannot be converted.
        """
        size, (width, height) = (frame.width, frame.height), self.view.scaled
        if size != self.view.coded:
            self.other = size
        if frame.colorspace not in MATRICES:
            self.guessed = self.guessed or frame.colorspace != CONSTANT_LUMINANCE
            frame.colorspace = BT2020 if frame.colorspace == CONSTANT_LUMINANCE else UNKNOWN_MATRIX
        how: dict[str, Any] = {"format": "rgb24"}
        if size != self.view.scaled:
            how["interpolation"] = Interpolation.AREA if self.view.reduced else Interpolation.BICUBIC
        if self.view.light:
            how |= {"dst_color_trc": ColorTrc.BT709, "dst_color_primaries": ColorPrimaries.BT709}
        try:
            plane = self._converter.reformat(frame, width, height, **how).planes[0]
        except av.FFmpegError as error:
            kind, name = frame.format.name, repr(shown(self.path))
            raise ClipError(f"{name} has pictures in the pixel format {kind}, which is not read") from error
        lines: Images = np.frombuffer(memoryview(cast(Any, plane)), np.uint8).reshape(-1, plane.line_size)
        out[:] = self.view.upright(lines[:height, : width * 3].reshape(height, width, 3))


def _square(coded: tuple[int, int], shape: float) -> tuple[int, int]:
    """Return the size at which pixels of a shape become square: no line and no column is lost."""
    width, height = coded
    if abs(shape - 1) < SQUARE_TOLERANCE or not 1 / MAX_PIXEL_ASPECT <= shape <= MAX_PIXEL_ASPECT:
        return coded
    return (round(width * shape), height) if shape > 1 else (width, round(height / shape))


def _turning(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Return the entries of the frame's display matrix that turn it, or of the identity."""
    matrix = cast(Any, frame.side_data).get("DISPLAYMATRIX")
    flat: npt.NDArray[np.int32] = np.eye(3, dtype=np.int32).ravel()
    if matrix is not None:
        flat = np.frombuffer(bytes(matrix), np.int32)
    return int(flat[0]), int(flat[1]), int(flat[3]), int(flat[4])
