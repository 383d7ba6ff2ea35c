"""What stands where nothing stood, and what is gone that stood there: places whose background changed and stays so.

A clip's views, the medians of a few seconds, are held by their structure against the backgrounds of the camera's normal
footage, or without any against how the clip began. The score of a place is the logarithm of the seconds for which it
has stood changed, over the seconds for which anything did around there in the normal footage: a bus stop is worth less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.array_files import open_npz
from core.arrays import Doubles, Floats, Images
from core.checksums import sha256_of
from core.clock import Clock
from core.errors import DataError, expect
from core.files import write_whole
from core.records import Frames
from core.spot import Spot
from detectors._lasting import Ages, Lasting
from detectors._spots import Spots
from detectors._views import SIDE_PIXELS, View, Views

BACKGROUNDS = 6
"""Medians that are kept of normal footage, one for each part of it: by day, at night."""
VIEWS_A_BACKGROUND = 60
FOLDS = 8
PART_SECONDS = 20.0, 120.0
"""Least and most seconds of the parts that normal footage is cut to, each of which is judged by the others."""
LEAST_VIEWS = 10
NEAR_PIXELS = 13
"""Side of the neighbourhood in a view in which the normal footage's longest standing counts."""
MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Pass:
    """The views of one normal clip.

    Attributes:
        views: in order of time.
    """

    views: tuple[View, ...]


@dataclass(frozen=True)
class StandingScores:
    """What stood in a clip.

    Attributes:
        scores: (T,) float64, 0 or more: nats by which something has stood for longer than usual at its place.
        spots: the places, by the frame they began at.
    """

    scores: Doubles
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class StandingModel:
    """What stands in a camera's normal footage.

    Attributes:
        backgrounds: (K, h, w) uint8.
        longest: (h, w) float32, seconds for which something stood changed around each place.
    """

    backgrounds: Images
    longest: Floats

    def __post_init__(self) -> None:
        right = self.backgrounds.ndim == 3 and 1 <= len(self.backgrounds) <= BACKGROUNDS
        right &= self.backgrounds.dtype == np.uint8 and max(self.backgrounds.shape[1:]) <= SIDE_PIXELS
        expect(right, "backgrounds", f"(1 to {BACKGROUNDS}, h, w) uint8", self.backgrounds.shape)
        shape = self.backgrounds.shape[1:]
        expect(self.longest.shape == shape, "longest", str(shape), self.longest.shape)
        expect(bool((self.longest >= 0).all()), "longest", "0 or more", "less or NaN")

    @classmethod
    def fit(cls, passes: Sequence[Pass]) -> "StandingModel":
        """Learn from the normal clips of one camera.

        Raises:
            DataError: they are shorter than :data:`LEAST_VIEWS` views, or of several sizes.
        """
        parts = _parts(passes)
        stood = [_longest(part, others) for part, others in _folds(parts)]
        return cls(_backgrounds(parts), _around(stood))

    @classmethod
    def without_each(cls, passes: Sequence[Pass]) -> "list[StandingModel]":
        """Learn for each clip from the others, so that its scores are those of footage that is not known.

        Raises:
            DataError: there are fewer than two clips, or as for :meth:`fit`.
        """
        if len(passes) < 2:
            raise DataError("normal footage that is judged by itself must have two clips at least")
        return [cls.fit([other for other in passes if other is not one]) for one in passes]

    def save(self, path: Path) -> str:
        """Write it as ``.npz``, whole or not at all, and return its SHA-256.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        with write_whole(path) as file:
            np.savez_compressed(file, backgrounds=self.backgrounds, longest=self.longest)
        return sha256_of(path)

    @classmethod
    def load(cls, path: Path, sha256: str) -> "StandingModel":
        """Read what :meth:`save` wrote; ``sha256`` is its checksum.

        Raises:
            DataError: it is missing or damaged, has another checksum, or its arrays do not fit together.
        """
        if path.is_file() and sha256_of(path) != sha256:
            raise DataError(f"{path.name!r} was changed: its checksum is another one; train the camera again")
        try:
            with open_npz(path, MAX_BYTES) as kept:
                return cls(kept.read("backgrounds", "u"), kept.read("longest", "f"))
        except ValueError as error:
            raise DataError(
                f"what stands, in {path.name!r}, cannot be used ({error}); train the camera again"
            ) from error


class Standing:
    """Watches a clip for what stands and for what is gone.

    Args:
        model: what stands in the camera's normal footage; without any, what stands as the clip begins is usual.
        keep: keep the views, 14 kB each, two a second, for :meth:`passed`.
    """

    def __init__(self, model: StandingModel | None = None, keep: bool = False) -> None:
        self._model, self._keep = model, keep
        self._views, self._kept = Views(), list[View]()
        self._judge = Judge(model)
        self._size = (1, 1)

    def add(self, chunk: Frames) -> None:
        """Take a clip's next frames.

        Raises:
            ValueError: they have another size than those before.
        """
        self._size = (chunk.images.shape[2], chunk.images.shape[1])
        for view in self._views.add(chunk):
            self._judge.add(view)
            if self._keep:
                self._kept.append(view)

    def finish(self, clock: Clock) -> StandingScores:
        """Return what stood, with the clip's clock."""
        return self._judge.finish(clock, self._size)

    def passed(self) -> Pass:
        """Return the views that were kept, to learn from."""
        return Pass(tuple(self._kept))


@dataclass
class Judge:
    """Scores the views of a clip."""

    model: StandingModel | None
    _ages: Ages = field(init=False)
    _scores: list[tuple[int, float]] = field(default_factory=list)
    _spots: Spots = field(default_factory=Spots)

    def __post_init__(self) -> None:
        self._ages = Ages(tuple(self.model.backgrounds) if self.model else ())

    def add(self, view: View) -> Lasting:
        """Take the next view, and return what stands in it."""
        lasting = self._ages.add(view)
        fits = self.model is not None and self.model.longest.shape == view.grey.shape
        usual = self.model.longest if self.model and fits else np.zeros(view.grey.shape, np.float32)
        surplus: Floats = np.maximum(np.log1p(lasting.smooth) - np.log1p(usual), 0.0)
        self._scores.append((view.frame, float(surplus.max())))
        self._spots.add(lasting, surplus, usual)
        return lasting

    def finish(self, clock: Clock, size: tuple[int, int]) -> StandingScores:
        """Return the scores of a clip of (width, height) pixels, with its clock."""
        scores = np.zeros(len(clock))
        if self._scores:
            frames, values = (np.array(column) for column in zip(*self._scores, strict=True))
            scores = np.interp(np.arange(len(clock)), frames, values, left=0.0)
        return StandingScores(scores, self._spots.found(clock, size))


def judged(one: Pass, model: StandingModel | None, clock: Clock, size: tuple[int, int]) -> StandingScores:
    """Score the kept views of a clip of (width, height) pixels, with its clock."""
    judge = Judge(model)
    for view in one.views:
        judge.add(view)
    return judge.finish(clock, size)


def _parts(passes: Sequence[Pass]) -> list[tuple[View, ...]]:
    """Cut clips to parts, none longer than a quarter of all, if that is not too short."""
    views = [view for one in passes for view in one.views]
    if len(views) < LEAST_VIEWS:
        raise DataError(f"the normal footage has {len(views)} views of what stands still; {LEAST_VIEWS} are needed")
    if len({view.grey.shape for view in views}) > 1:
        raise DataError("the normal clips have several sizes; what stands is learnt from one camera's at one size")
    seconds = sum(one.views[-1].seconds - one.views[0].seconds for one in passes if one.views)
    length = float(np.clip(seconds / 4, *PART_SECONDS))
    parts = list[tuple[View, ...]]()
    for one in (one for one in passes if one.views):
        count = max(1, round((one.views[-1].seconds - one.views[0].seconds) / length))
        cuts = np.linspace(0, len(one.views), count + 1).round().astype(int).tolist()
        parts += [one.views[a:b] for a, b in pairwise(cuts)]
    return parts


def _folds(parts: Sequence[tuple[View, ...]]) -> list[tuple[tuple[View, ...], Images]]:
    """Return each part with the backgrounds of those of other folds; of all where there is one alone."""
    known: dict[int, Images] = {}
    for fold in range(min(FOLDS, len(parts))):
        others = [part for number, part in enumerate(parts) if number % FOLDS != fold]
        known[fold] = _backgrounds(others or parts)
    return [(part, known[number % FOLDS]) for number, part in enumerate(parts)]


def _backgrounds(parts: Sequence[tuple[View, ...]]) -> Images:
    views = [view.grey for part in parts for view in part]
    made = list[Any]()
    for rows in np.array_split(np.arange(len(views)), min(BACKGROUNDS, max(1, len(views) // LEAST_VIEWS))):
        chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), VIEWS_A_BACKGROUND)).astype(int)]
        made.append(np.median(np.stack([views[i] for i in chosen]), axis=0).astype(np.uint8))
    return np.stack(made)


def _longest(part: Sequence[View], backgrounds: Images) -> Floats:
    ages = Ages(tuple(backgrounds))
    found: Floats = np.maximum.reduce([ages.add(view).smooth for view in part])
    return found


def _around(stood: Sequence[Floats]) -> Floats:
    most: Floats = np.maximum.reduce(list(stood))
    return np.asarray(cv2.dilate(most, np.ones((NEAR_PIXELS, NEAR_PIXELS), np.uint8)), np.float32)
