"""A file that is read as a clip: a path, or an open file that another process handed over."""

import errno
import io
import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, Protocol

from core.errors import ClipError
from core.limits import Limits, shown

if TYPE_CHECKING:
    from typing_extensions import Buffer

BUFFER_BYTES = 1 << 16


class Medium(Protocol):
    """What the readers need of a file; a :class:`pathlib.Path` has it, too."""

    @property
    def name(self) -> str:
        """The file's name, without folders."""

    def __hash__(self) -> int:
        """Tell files apart."""

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open the file, from its start and apart from others who read it."""

    def stat(self) -> os.stat_result:
        """Return its size, and what tells that it has not changed."""


class Handed:
    """An open file whose folder need not be within reach.

    Attributes:
        name: the file's.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self.name = descriptor, name

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open the file once more; all share the descriptor, and none its position."""
        return io.BufferedReader(_At(self._descriptor), BUFFER_BYTES)

    def stat(self) -> os.stat_result:
        """Return the open file's facts."""
        return os.fstat(self._descriptor)


class _At(io.RawIOBase):
    """Bytes of a descriptor, read from a position that is not the descriptor's own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._position = descriptor, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        count = os.preadv(self._descriptor, [buffer], self._position)
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        place = (os.fstat(self._descriptor).st_size if base is None else base) + offset
        if place < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = place
        return place

    def tell(self) -> int:
        return self._position


def check_file(medium: Path | Medium, limits: Limits) -> None:
    """Refuse what is not a file of a size that is read.

    Raises:
        ClipError: it is missing, no regular file, empty or larger than the limit.
    """
    try:
        facts = medium.stat()
    except (OSError, ValueError) as error:
        raise ClipError(f"there is no clip {str(medium)!r}; give the path of a video file") from error
    if not stat.S_ISREG(facts.st_mode):
        raise ClipError(f"{shown(medium)!r} is not a file; give the path of a video file")
    if facts.st_size == 0:
        raise ClipError(f"{shown(medium)!r} is empty; give a video file with pictures in it")
    if facts.st_size > limits.max_bytes:
        size, most = facts.st_size / 1024**3, limits.max_bytes / 1024**3
        raise ClipError(f"{shown(medium)!r} has {size:.1f} GiB; clips of up to {most:g} GiB are read")
