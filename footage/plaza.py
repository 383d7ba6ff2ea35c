"""The plaza as a data set: clips by seed, each rendered into a file when it is first needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core import files, video
from core.datasets import Footage, Truth
from core.errors import DataError
from core.records import Frames
from plaza import STAGED, film, truth_of

TRAINING, TEST = range(1000, 1008), range(500, 504)  # seeds; the demo has another
LENGTH, TEST_LENGTH = 750, 1475  # a test clip has room for six anomalies one after the other


@dataclass(frozen=True)
class PlazaClip:
    """One rendered clip.

    Attributes:
        name: shown to the user.
        path: where its file is, or will be.
        seed: which clip.
        anomalies: names of what happens in it.
    """

    name: str
    path: Path
    seed: int
    anomalies: tuple[str, ...]

    def ready(self) -> Path:
        """Render the file unless it is there.

        Raises:
            StorageError: it cannot be written.
        """
        complete = self.path.with_suffix(".json")  # written after the pictures
        if not (self.path.is_file() and complete.is_file()):
            files.folder(self.path.parent)
            length = TEST_LENGTH if self.anomalies else LENGTH
            film(self.path, self.seed, length, self.anomalies)
        return self.path

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip, rendering it first if need be."""
        return video.read(self.ready(), chunk)


class Plaza:
    """Normal clips to train on and clips with all anomalies to test on, at the demo's camera."""

    name = "plaza"

    def __init__(self, root: Path = Path()) -> None:
        """Keep rendered clips under ``root``, or among the user's own data where no root is named."""
        self.root = files.home() / "plaza" if root == Path() else Path(root)

    def training(self) -> Sequence[PlazaClip]:
        """List the training clips: 8 of 30 s, all normal."""
        return [PlazaClip(f"Train{s}", self.root / "Train" / f"{s}.mp4", s, ()) for s in TRAINING]

    def test(self) -> Sequence[PlazaClip]:
        """List the test clips: 4 of 59 s, each with all that is staged in another order."""
        names = tuple(STAGED)
        turned = [names[i:] + names[:i] for i in range(len(TEST))]
        return [PlazaClip(f"Test{s}", self.root / "Test" / f"{s}.mp4", s, t) for s, t in zip(TEST, turned, strict=True)]

    def truth(self, clip: Footage) -> Truth:
        """Read a test clip's truth, rendering the clip first if need be.

        Raises:
            DataError: it is no test clip of the plaza, or its truth is damaged.
        """
        known = {c.name: c for c in self.test()}
        if clip.name not in known:
            raise DataError(f"{clip.name!r} is no test clip of the plaza; known: {', '.join(known)}")
        return truth_of(known[clip.name].ready())


DATASETS = {"plaza": Plaza}
