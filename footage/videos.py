"""Clips that lie on disk as one video file each, the clips of a folder, and parts of clips."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core import video
from core.datasets import Footage
from core.records import Frames, Reading
from footage import _images

SUFFIXES = frozenset(f".{ending}" for ending in video.EXTENSIONS)
IMAGES_PER_SECOND = 25.0
"""Frame rate of a folder of images, which names none."""


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


@dataclass(frozen=True)
class ClipPart:
    """A part of a clip as a clip of its own.

    Attributes:
        name: shown to the user.
        clip: the whole.
        first: its first frame.
        end: the frame behind its last, None for the clip's own end.
    """

    name: str
    clip: Footage
    first: int
    end: int | None

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the part; frames and times count from its start."""
        begun: float | None = None
        for whole in self.clip.frames(chunk):
            low = max(self.first - whole.first, 0)
            high = len(whole) if self.end is None else min(self.end - whole.first, len(whole))
            if low < high:
                begun = float(whole.times[low]) if begun is None else begun
                yield Frames(whole.images[low:high], whole.first + low - self.first, whole.times[low:high] - begun)
            if self.end is not None and whole.first + len(whole) >= self.end:
                return


def clips_of(root: Path) -> Iterator[Footage]:
    """Find the clips of a folder, each video file and each folder of images, in order of their names.

    A name is the path below ``root``, without hidden files and folders.
    """
    if root.is_file():
        if root.suffix.lower() in SUFFIXES:
            yield VideoClip(root.name, root)
        return
    below = (p for p in root.rglob("*") if not any(part.startswith(".") for part in p.relative_to(root).parts))
    for path in sorted([root, *below]):
        name = root.name if path == root else path.relative_to(root).as_posix()
        if path.is_dir():
            files = _images.listed(path)
            if files:
                yield _images.ImageClip(name, tuple(files), IMAGES_PER_SECOND)
        elif path.suffix.lower() in SUFFIXES:
            yield VideoClip(name, path)
