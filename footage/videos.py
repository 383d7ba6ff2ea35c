"""Clips that lie on disk as one video file each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core import video
from core.records import Frames, Reading

SUFFIXES = frozenset(f".{ending}" for ending in video.EXTENSIONS)


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
        return video.read(self.path, chunk, self._note)

    def _note(self, reading: Reading) -> None:
        """Keep what reading was stopped or troubled by, under the clip's own name."""
        self.complaints.extend(note.replace(repr(self.path.name), repr(self.name)) for note in reading.notes)
