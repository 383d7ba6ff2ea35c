"""Events as they were explained before a run's pictures and heat were blurred: they are not explained anew from those.

``explained.json`` is also the mark that blurring has begun: what the run keeps may be blurred in part from then on.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core import files, typed_json
from core.analysis import MOVING, ExplainedEvent
from core.records import Event

EXPLAINED = "explained.json"


@dataclass(frozen=True)
class ExplainedBefore:
    """What is kept of a run's explanations.

    Attributes:
        blur: one of :data:`pipeline.blurs.BLURS`, by which pictures are blurred.
        threshold: calibrated, that cut the events.
        events: of what moves; what stands is explained without heat.
    """

    blur: str = "none"
    threshold: float = 0.0
    events: tuple[ExplainedEvent, ...] = ()

    def find(self, event: Event, threshold: float) -> ExplainedEvent | None:
        """Return an event as it was explained; None where it is another one, or was cut at another threshold."""
        if threshold != self.threshold:
            return None
        return next((one for one in self.events if one.event == event), None)


NOTHING_BEFORE = ExplainedBefore()


def keep(folder: Path, blur: str, threshold: float, events: Iterable[ExplainedEvent]) -> None:
    """Keep the events of a run as they are explained now.

    Raises:
        StorageError: the disk is full or cannot be written to.
    """
    told = [dataclasses.asdict(one) for one in events if one.kind == MOVING]
    files.write_json(folder / EXPLAINED, {"blur": blur, "threshold": threshold, "events": _plain(told)})


def read(folder: Path) -> ExplainedBefore:
    """Read what a run keeps of it; nothing where its blurring has not begun.

    Raises:
        InputError: the file cannot be read.
    """
    path = folder / EXPLAINED
    return _read(path, path.stat().st_mtime_ns) if path.exists() else NOTHING_BEFORE


@lru_cache(8)
def _read(path: Path, changed: int) -> ExplainedBefore:
    return typed_json.read(ExplainedBefore, path, remedy="analyse the clip again")


def blurred_by(folder: Path) -> str:
    """Return by which of :data:`pipeline.blurs.BLURS` a run's pictures are blurred, or some of them.

    Raises:
        InputError: the file cannot be read.
    """
    return read(folder).blur


def _plain(value: Any) -> Any:
    """Turn a value into plain JSON; a field that is NaN, which JSON does not have, is left out: that is its default."""
    if isinstance(value, Mapping):
        told = {key: _plain(entry) for key, entry in value.items()}
        return {key: entry for key, entry in told.items() if not (isinstance(entry, float) and math.isnan(entry))}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value
