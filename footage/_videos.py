"""Clips that lie on disk as one video file each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core import video
from core.records import Frames

SUFFIXES = frozenset({".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".flv"})


@dataclass(frozen=True)
class VideoClip:
    """A clip that is one video file.

    Attributes:
        name: shown to the user.
        path: the file.
        complaints: what the last reading to its end was troubled by, a sentence each.
    """

    name: str
    path: Path
    complaints: list[str] = field(default_factory=list, compare=False, repr=False)

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the file in chunks of at most ``chunk`` frames.

        Raises:
            ClipError: it is no video, or lies beyond the limits.
        """
        self.complaints.clear()
        return video.read(self.path, chunk, lambda said: self.complaints.append(self._named(said)))

    def _named(self, sentence: str) -> str:
        """Put the clip's own name where a sentence gives that of its file."""
        return sentence.replace(repr(self.path.name), repr(self.name))
