"""Which clips are read: how their names end, and how large they may be; needs no decoder."""

from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = (
    *("mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "ts", "mts", "wmv", "flv", "3gp", "mxf", "asf"),
    *("m2ts", "m2t", "mp2t", "trp", "vob", "mpe", "m2v", "m1v", "3g2", "f4v", "qt", "ogv", "ogg", "dv", "nut"),
    *("dav", "264", "h264", "avc", "265", "h265", "hevc", "mjpeg", "mjpg", "y4m", "ivf", "obu", "gif", "apng"),
)
"""Endings of files that are read as clips, in small letters; capital ones are read as well."""


@dataclass(frozen=True)
class Limits:
    """The largest clip that is read.

    Attributes:
        max_width, max_height: pixels of the coded picture, either way up.
        max_pixels: of the coded picture.
        max_ratio: of the coded picture's longer side to its shorter one.
        kept_pixels: of the frames that are handed over; larger pictures are reduced to about as many.
        max_hours: length.
        max_bytes: size of the file.
        max_frames: number of frames.
        max_decoder_bytes: memory of the pictures that a decoder keeps.
        chunk_bytes: memory of the frames that are handed over at once.
    """

    max_width: int = 16384
    max_height: int = 16384
    max_pixels: int = 36_000_000
    max_ratio: int = 32
    kept_pixels: int = 2_500_000
    max_hours: float = 8.0
    max_bytes: int = 16 * 1024**3
    max_frames: int = 2_000_000
    max_decoder_bytes: int = 640 * 1024**2
    chunk_bytes: int = 256 * 1024**2


LIMITS = Limits()


def shown(path: Path) -> str:
    """Return the file's name as it may be printed: no folders, no control or broken characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path.name)
