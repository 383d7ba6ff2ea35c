"""How large the clips and pictures may be that are read; needs no decoder."""

from dataclasses import dataclass
from typing import Protocol

from core.formats import EXTENSIONS as EXTENSIONS


@dataclass(frozen=True)
class Limits:
    """The largest clip that is read; of a picture, ``max_pixels`` and ``max_width`` hold as well.

    Attributes:
        max_width, max_height: pixels of the coded picture, either way up.
        max_pixels: of the coded picture.
        max_ratio: of the coded picture's longer side to its shorter one.
        kept_pixels: of the frames that are handed over; larger pictures are reduced to about as many.
        max_hours: length.
        max_bytes: size of the file.
        max_frames: number of frames.
        max_streams: streams of pictures, sound and data in one file.
        max_expansion: bytes of decoded pictures for each byte of the file, beyond ``free_bytes``: a still scene at the
            lowest rate of bits has 25,000, a file that is made to cost time has a million.
        free_bytes: of decoded pictures, whatever the file's size; some 40,000 frames of 1920x1080.
        max_decoder_bytes: memory of the pictures that a decoder keeps.
        chunk_bytes: memory of the frames that are handed over at once.
        max_process_bytes: address space of the process that decodes.
        max_frame_seconds: of its processor time, all threads together, from one frame to the next.
    """

    max_width: int = 16384
    max_height: int = 16384
    max_pixels: int = 36_000_000
    max_ratio: int = 32
    kept_pixels: int = 2_500_000
    max_hours: float = 8.0
    max_bytes: int = 16 * 1024**3
    max_frames: int = 2_000_000
    max_streams: int = 64
    max_expansion: int = 100_000
    free_bytes: int = 128 * 1024**3
    max_decoder_bytes: int = 640 * 1024**2
    chunk_bytes: int = 256 * 1024**2
    max_process_bytes: int = 2 * 1024**3
    max_frame_seconds: float = 10.0


LIMITS = Limits()


class Named(Protocol):
    """What has a name, such as a :class:`pathlib.Path`."""

    @property
    def name(self) -> str:
        """Of the file, without folders."""


def shown(path: Named) -> str:
    """Return the file's name as it may be printed: no folders, no control or broken characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path.name)
