"""Clips: looked at before they are decoded, read as a stream of frames, and written.

Nothing of a clip is trusted: FFmpeg gets an open file and no name, may open no other file and no address, and every
limit is checked against what the container claims and again against what it holds. It is read in a process of its own
(:mod:`core.cage`). What is read, and what is said of it, is listed in ``docs/reading.md``.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from core import cage
from core._medium import check_file
from core.arrays import Images
from core.errors import ClipError
from core.limits import EXTENSIONS, LIMITS, Limits, shown
from core.records import Clip, Frames, Reading

if TYPE_CHECKING:
    from core._clip_writer import ClipWriter

__all__ = ["EXTENSIONS", "LIMITS", "Limits", "encode", "probe", "read", "sha256_of", "writing"]


def probe(path: Path | str, fps: float | None = None) -> Clip:
    """Look at a clip without decoding more than its first frame.

    Args:
        path: a local file in any container and codec that FFmpeg reads.
        fps: frames in a second of a clip that does not tell; 25 where neither does.

    Returns:
        Its facts. Width and height are those of the frames that :func:`read` gives. ``frames`` is None where anything
        speaks against all announced frames being read; ``notes`` say what.

    Raises:
        ClipError: the file is missing, no video, without pictures, or beyond :data:`LIMITS`.
    """
    return cage.facts(Path(path), fps, sha256_of(path), LIMITS)


def read(
    path: Path | str, chunk: int = 32, on_end: Callable[[Reading], None] | None = None, *, fps: float | None = None,
    wanted: Callable[[int], bool] | None = None,
) -> Iterator[Frames]:  # fmt: skip
    """Decode a clip from its start.

    Each decoded frame is given once, in order of presentation, whatever the frame rate does: upright, with square
    pixels, deinterlaced, in the brightness of ordinary video. Damaged places are skipped; where a clip is cut, what
    lies before the cut is given.

    Args:
        path: a local file in any container and codec that FFmpeg reads.
        chunk: most frames handed over at once; fewer where they would take more than ``LIMITS.chunk_bytes``.
        on_end: called after the last frame with what was announced, read and lost; its notes stand for those of
            :func:`probe`, too.
        fps: frames in a second of a clip that does not tell; 25 where neither does.
        wanted: asked for each frame, by its index, whether to hand it over; the others cost their decoding alone.

    Yields:
        Consecutive frames; times count from the first frame of the clip and always grow.

    Raises:
        ClipError: the clip cannot be read or lies beyond :data:`LIMITS`, be it only in its middle.
    """
    yield from cage.frames(Path(path), chunk, on_end, fps, wanted, LIMITS)


def encode(path: Path | str, images: Iterable[Images], fps: float | Fraction, *, seekable: bool = False) -> None:
    """Write frames as H.264 in an MP4 that browsers play from its start, whole or not at all.

    Args:
        path: the file to make or to replace.
        images: (H, W, 3) uint8 RGB each, all of one size; an odd width or height grows by one repeated line.
        fps: frames in a second.
        seekable: whether every frame is to be reached fast and exactly: frame n begins at ``n / fps``, no frame is
            reordered, and every twelfth is a key frame. The file is larger.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
        ValueError: there is no frame, or one has another size than the first.
    """
    from core import _encoding

    _encoding.encode(Path(path), images, fps, seekable)


def writing(path: Path | str, fps: float) -> "AbstractContextManager[ClipWriter]":
    """Open a clip for writing frames with times of their own, as :func:`encode` does, whole or not at all.

    The same pictures and times give the same bytes, with one version of FFmpeg on one kind of machine.

    Args:
        path: the file to make or to replace.
        fps: usual number of frames in a second: the last frame is shown for one of them.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
        ValueError: no frame was written when the block ends.
    """
    from core import _clip_writer

    return _clip_writer.writing(Path(path), fps)


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; the file is never in memory as a whole.

    Raises:
        ClipError: it is missing, empty, no regular file, or cannot be read.
    """
    path = Path(path)
    check_file(path, LIMITS)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ClipError(f"{shown(path)!r} cannot be read: {error.strerror}") from error
