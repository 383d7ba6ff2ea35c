"""Still pictures from untrusted files: refused by their header where they are larger than a clip may be.

A PNG of a hundred kilobytes may unpack to gigabytes, so the size is read before the pixels are.
"""

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from core.arrays import Images
from core.errors import InputError
from core.limits import LIMITS, shown

MAX_BYTES = 256 * 1024**2
"""Of a picture's file; one that is larger holds no picture of a size that is read."""
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "PPM")
"""Pillow's names of the formats that are read."""
PNG, CHUNK_BYTES = b"\x89PNG\r\n\x1a\n", 12
"""How a PNG begins, and the bytes of a chunk beside its content: length, name and checksum."""
MAX_DARK_BRIGHTNESS = 45.0
"""Median brightness of a picture, 0 to 255, under which it is dark."""


def read(path: Path, *, grey: bool = False, most_pixels: int = LIMITS.max_pixels) -> Images:
    """Read a picture.

    Args:
        path: a file in one of :data:`FORMATS`.
        grey: without its colours.
        most_pixels: that it may have.

    Returns:
        (H, W, 3) uint8 RGB, or (H, W) uint8.

    Raises:
        InputError: the file is missing, no picture, or one beyond ``LIMITS`` or ``most_pixels``.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            most = MAX_BYTES >> 20
            raise InputError(f"{shown(path)!r} is larger than {most} MiB; a picture has less")
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InputError(f"there is no picture {shown(path)!r} that can be opened: {error.strerror}") from error
    return decode(data, shown(path), grey=grey, most_pixels=most_pixels)


def decode(data: Images, name: str, *, grey: bool = False, most_pixels: int = LIMITS.max_pixels) -> Images:
    """Unpack a picture.

    Args:
        data: (N,) what its file holds.
        name: of the picture, for the error.
        grey: without its colours.
        most_pixels: that it may have.

    Returns:
        (H, W, 3) uint8 RGB, or (H, W) uint8.

    Raises:
        InputError: it is no picture, or one beyond ``LIMITS`` or ``most_pixels``.
    """
    _check_size(data, name, most_pixels)
    if not _holds_its_chunks(data):
        raise _no_picture(name)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise _no_picture(name) from error
    if picture is None:
        raise _no_picture(name)
    return np.asarray(picture, np.uint8)


def _holds_its_chunks(data: Images) -> bool:
    """Tell whether a PNG has the bytes that its chunks tell of, for OpenCV takes memory for them first; others do."""
    content = data.tobytes()
    if not content.startswith(PNG):
        return True
    place, length = len(PNG), 0
    while place + CHUNK_BYTES <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        if length > len(content) - place - CHUNK_BYTES:
            return False
        place += CHUNK_BYTES + length
    return True


def _check_size(data: Images, name: str, most: int) -> None:
    """Refuse what the header says is too large; Pillow reads no more than that."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data.tobytes()), formats=FORMATS) as picture:
                width, height = picture.size
    except Image.DecompressionBombError as error:
        raise InputError(f"{name!r} has far too many pixels; {_most(most)} are read") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError) as error:
        raise _no_picture(name) from error
    if width * height > most or max(width, height) > LIMITS.max_width:
        raise InputError(f"{name!r} has {width}x{height} pixels; {_most(most)} are read")


def _most(pixels: int) -> str:
    return f"up to {pixels / 1e6:.3g} megapixels and {LIMITS.max_width} on a side"


def _no_picture(name: str) -> InputError:
    return InputError(f"{name!r} cannot be read as a picture; save it again as PNG or JPEG")
