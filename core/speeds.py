"""What the stages of jobs took on this machine before: ``speeds.json`` in the user's folder.

The file only makes a time left better foretold. It is written whole; where it is missing, damaged or cannot be written,
nothing else changes.
"""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core import files, typed_json
from core.errors import InputError, StorageError

FILE = "speeds.json"
NEWEST_WEIGHT = 0.5
"""Share of the newest measurement in what is remembered: machines and clips change."""
MAX_ENTRIES = 400


@dataclass(frozen=True)
class Speed:
    """What a stage took; None where it was never measured.

    Attributes:
        each: seconds for each unit behind the first report.
        start: seconds until the first report.
        ratio: units for each unit of the stage that it follows.
    """

    each: float | None = None
    start: float | None = None
    ratio: float | None = None

    def mixed(self, newer: "Speed") -> "Speed":
        """Bring in a newer measurement.

        >>> Speed(each=2.0, start=1.0).mixed(Speed(each=4.0))
        Speed(each=3.0, start=1.0, ratio=None)
        """
        return Speed(*(_mixed(getattr(self, f.name), getattr(newer, f.name)) for f in dataclasses.fields(self)))


class Speeds:
    """Speeds by job, subject and stage.

    Args:
        path: the file; that in :func:`core.files.home` when None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or files.home() / FILE

    def of(self, job: str, subjects: Sequence[str], stage: str) -> Speed | None:
        """Return what is remembered of a stage for the first of the subjects that it is remembered for."""
        known = self._read()
        return next((speed for subject in subjects if (speed := known.get(_key(job, subject, stage)))), None)

    def learn(self, job: str, subjects: Sequence[str], measured: Mapping[str, Speed]) -> None:
        """Remember what stages took, for each of the subjects."""
        known = self._read()
        for key, speed in ((_key(job, subject, stage), s) for subject in subjects for stage, s in measured.items()):
            # Taken out and put at the end: what was not met for longest comes first, and goes first.
            known[key] = known.pop(key, Speed()).mixed(speed)
        kept = dict(list(known.items())[-MAX_ENTRIES:])
        with contextlib.suppress(StorageError):
            files.write_json(self.path, {key: dataclasses.asdict(speed) for key, speed in kept.items()})

    def _read(self) -> dict[str, Speed]:
        try:
            return typed_json.read(dict[str, Speed], self.path, unknown="ignore")
        except InputError:
            return {}


def _key(job: str, subject: str, stage: str) -> str:
    return f"{job} / {subject} / {stage}"


def _mixed(old: float | None, new: float | None) -> float | None:
    if old is None or new is None:
        return old if new is None else new
    return old + NEWEST_WEIGHT * (new - old)
