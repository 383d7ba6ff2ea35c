"""Normal footage without the frames that a recorder doubled: what repeats teaches a detector to repeat."""

from collections.abc import Iterator

from core.contracts import Footage
from core.records import Frames
from pipeline.repeats import Repeats


class UniqueFrames:
    """A clip, each of its pictures once; frames are numbered anew."""

    def __init__(self, clip: Footage) -> None:
        self.clip = clip

    @property
    def name(self) -> str:
        """Name of the clip in its data set."""
        return self.clip.name

    @property
    def complaints(self) -> tuple[str, ...]:
        """What reading the clip was stopped or troubled by, once it was read."""
        return tuple(getattr(self.clip, "complaints", ()))

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip from its start, and leave out what repeats at a steady beat."""
        repeats, count = Repeats.of(self.clip.frames(16)), 0
        for seen in self.clip.frames(chunk):
            rows = [row for row, image in enumerate(seen.images) if not repeats.add_frame(image)]
            if len(rows) == len(seen):
                yield Frames(seen.images, count, seen.times)
            elif rows:
                yield Frames(seen.images[rows], count, seen.times[rows])
            count += len(rows)
