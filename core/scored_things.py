"""Things with how surprising each of their attributes is at one camera: what explanations by attributes rest on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from core.array_files import NUMBERS, TEXT, ArrayFile, open_npz
from core.arrays import Doubles, Ints
from core.errors import DataError, expect
from core.files import write_whole
from core.things import OPTIONAL, Things

EVERY = "every label"
"""Stands for all labels together, where a label was seen too seldom to have a range of its own."""
QUANTILES = 21
"""Of a normal range: 0 %, 5 %, … 100 %."""
MAX_BYTES = 1 << 30


@dataclass(frozen=True)
class NormalRange:
    """What one attribute was like in the things of a camera's normal footage.

    Attributes:
        quantiles: (21,) ascending: 0 %, 5 %, … 100 % of the values, in the attribute's unit.
        boxes: how many values there were.
        tracks: of how many things.
    """

    quantiles: tuple[float, ...]
    boxes: int
    tracks: int

    def __post_init__(self) -> None:
        expect(len(self.quantiles) == QUANTILES, "quantiles", f"{QUANTILES} long", len(self.quantiles))


Normal = Mapping[str, Mapping[str, NormalRange]]


@dataclass(frozen=True)
class ScoredThings:
    """The things of a clip, with the terms of their scores.

    Attributes:
        things: N rows.
        names: of the K terms, such as ``speed``.
        nats: (N, K) float64, 0 or more: by how much each attribute is more surprising than usual. A thing's score is
            the sum of its row.
        measured: (N, K) float64: the attributes, each in its own unit; NaN where one could not be measured.
        normal: label (or :data:`EVERY`) to name of a term to its range; a term without one, such as a class, has none.
    """

    things: Things
    names: tuple[str, ...]
    nats: Doubles
    measured: Doubles
    normal: Normal

    def __post_init__(self) -> None:
        for name in ("nats", "measured"):
            expect(getattr(self, name).shape == self._shape, name, str(self._shape), getattr(self, name).shape)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.things), len(self.names)

    @property
    def total(self) -> Doubles:
        """Each thing's score, (N,) in nats."""
        scores: Doubles = self.nats.sum(axis=1)
        return scores

    def range_of(self, label: str, name: str) -> NormalRange | None:
        """Return the normal range of a label's attribute, else that of all labels together; None without either."""
        own, every = self.normal.get(label, {}), self.normal.get(EVERY, {})
        return own.get(name) or every.get(name)

    def frame_scores(self, frames: int) -> Doubles:
        """Return the score of each of a clip's frames, (frames,) in nats: that of its strangest thing, 0 without any.

        A thing is followed from each of its looks to the next one.
        """
        at, (when, _, nats) = np.zeros(frames), self.followed()
        np.maximum.at(at, when, nats)
        return at

    def followed(self) -> tuple[Ints, Doubles, Doubles]:
        """Return frames (M,), boxes (M, 4) and scores (M,) of things in all frames from their first look to their last.

        Between two looks, boxes and scores are interpolated.
        """
        order = np.lexsort((self.things.frames, self.things.tracks))
        frames, tracks = self.things.frames[order], self.things.tracks[order]
        values = np.concatenate([self.things.boxes[order], self.total[order, None]], axis=1, dtype=np.float64)
        after = np.minimum(np.arange(len(order)) + 1, max(len(order) - 1, 0))
        steps = np.where((tracks[after] == tracks) & (frames[after] > frames), frames[after] - frames, 1)
        row = np.repeat(np.arange(len(order)), steps)
        within = np.arange(len(row)) - np.repeat(np.cumsum(steps) - steps, steps)
        part = (within / steps[row])[:, None]
        between = (1 - part) * values[row] + part * values[after[row]]
        return frames[row] + within, between[:, :4], between[:, 4]

    def save(self, path: Path) -> None:
        """Write it as ``.npz``, whole or not at all.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        rows = [(label, name, one) for label, own in self.normal.items() for name, one in own.items()]
        own = {one.name: getattr(self.things, one.name) for one in fields(Things)}
        arrays: dict[str, Any] = {name: np.asarray(value) for name, value in own.items() if value is not None}
        arrays |= {"names": np.array(self.names, np.str_), "nats": self.nats, "measured": self.measured}
        arrays["range_label"] = np.array([label for label, _, _ in rows], np.str_)
        arrays["range_name"] = np.array([name for _, name, _ in rows], np.str_)
        arrays["range"] = np.array([one.quantiles for *_, one in rows]).reshape(-1, QUANTILES)
        arrays["range_count"] = np.array([(one.boxes, one.tracks) for *_, one in rows], np.int64).reshape(-1, 2)
        with write_whole(path) as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "ScoredThings":
        """Read what :meth:`save` wrote.

        Raises:
            DataError: it is missing or damaged, or its arrays do not fit together.
        """
        try:
            with open_npz(path, MAX_BYTES) as kept:
                return cls._read(kept)
        except (ValueError, TypeError) as error:
            raise DataError(f"the things in {path.name!r} cannot be used ({error}); analyse the clip again") from error

    @classmethod
    def _read(cls, kept: ArrayFile) -> "ScoredThings":
        names = [one.name for one in fields(Things) if one.name not in OPTIONAL or one.name in kept]
        read: dict[str, Any] = {name: kept.read(name, TEXT + NUMBERS) for name in names}
        read["labels"] = tuple(map(str, read["labels"].tolist()))
        terms = tuple(map(str, kept.read("names", TEXT + NUMBERS).tolist()))
        normal: dict[str, dict[str, NormalRange]] = {}
        columns = (kept.read(name, TEXT + NUMBERS).tolist() for name in _RANGES)
        for label, name, quantiles, (boxes, tracks) in zip(*columns, strict=True):
            normal.setdefault(str(label), {})[str(name)] = NormalRange(tuple(quantiles), boxes, tracks)
        return cls(Things(**read), terms, kept.read("nats"), kept.read("measured"), normal)


_RANGES = ("range_label", "range_name", "range", "range_count")
