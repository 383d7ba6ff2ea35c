"""What a data set promises: clips in order, and the truth of those that are for testing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.arrays import Bools
from core.records import Frames


@dataclass(frozen=True)
class Truth:
    """Ground truth of one clip; ``masks`` is None where a data set has none.

    Attributes:
        abnormal: (frames,) bool.
        masks: function of the frame's index giving (H, W) bool, or None where the data set has no pixel labels.
        label_set: id of the label set, such as ``ucsd-ped2/v1p2``.
        classes: what each frame shows, where a data set says so of every one; None elsewhere.
    """

    abnormal: Bools
    masks: Callable[[int], Bools] | None
    label_set: str
    classes: tuple[str, ...] | None = None


class Footage(Protocol):
    """One clip of a data set: a name, and frames in order."""

    @property
    def name(self) -> str:
        """Name of the clip in its data set."""
        ...

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip from its start in chunks of at most ``chunk`` frames."""
        ...


class Dataset(Protocol):
    """A data set in its official layout under ``root``."""

    name: str

    def training(self) -> Sequence[Footage]:
        """Clips of normal footage, in order."""
        ...

    def test(self) -> Sequence[Footage]:
        """Test clips, in order."""
        ...

    def truth(self, clip: Footage) -> Truth:
        """Ground truth of one test clip."""
        ...


DatasetFactory = Callable[[Path], Dataset]
