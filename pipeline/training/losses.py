"""The loss of a training, epoch by epoch: kept beside its checkpoint while it trains, and beside its camera after."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core import files, typed_json

FILE, WORK = "losses.json", "training"
HELD_OUT = "held out"
"""Entry of an epoch's terms that is no term: the loss on windows that were held out."""


@dataclass(frozen=True)
class EpochLoss:
    """The loss of one epoch.

    Attributes:
        stage: of the training; empty where it is not known.
        terms: of the loss, averaged over windows; and :data:`HELD_OUT` where windows were held out.
    """

    stage: str
    terms: Mapping[str, float]

    @property
    def total(self) -> float:
        """The sum of the terms, which the training makes smaller."""
        return sum(value for name, value in self.terms.items() if name != HELD_OUT)

    @property
    def held_out(self) -> float | None:
        """The loss on held-out windows; None where there are none."""
        return self.terms.get(HELD_OUT)


def write(folder: Path, stages: Sequence[str], losses: Sequence[Mapping[str, float]]) -> None:
    """Write the loss of each epoch so far.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    epochs = [asdict(EpochLoss(stage, dict(terms))) for stage, terms in zip(stages, losses, strict=True)]
    files.write_json(folder / FILE, epochs)


def read(camera: Path) -> tuple[EpochLoss, ...]:
    """Read the loss of a camera's training: of the one at work where there is one, else of the last.

    Args:
        camera: its folder.

    Returns:
        Epochs in order; none where they were not kept.

    Raises:
        InputError: the file cannot be read.
    """
    found = next((path for path in (camera / WORK / FILE, camera / FILE) if path.exists()), None)
    return typed_json.read(tuple[EpochLoss, ...], found, remedy="train the camera again") if found else ()
