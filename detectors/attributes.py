"""How improbable the attributes of things are at one camera, in nats that add up.

After AI-VAD (``reiss2022attribute``): the score of a frame is that of its strangest object, and an object's score comes
from what it is and how it moves rather than from pixels. Theirs is a density in several attributes at once; here each
attribute has a tail probability of its own, so that a score falls into its terms exactly, and a tail that was seen on
few tracks is heavy: a minute of normal footage makes less of a value beyond it than an hour.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.arrays import Bools, Doubles, Ints
from core.errors import DataError
from core.scored_things import EVERY, Normal, ScoredThings
from core.things import Things
from detectors._attribute_files import load, save
from detectors._attribute_known import LEAST_MOTION, MEASURED, Known
from detectors._attribute_tails import Tail

CLASS = "class"
TERMS = (CLASS, *MEASURED)
USUAL_NATS = 3.0
"""A term counts from here: what one in twenty normal things has, is not unusual."""
MIN_BOXES, MIN_TRACKS = 500, 5
"""A label with fewer in the normal footage is compared with all things of the camera."""
SMALLEST = {"speed": LEAST_MOTION, "limbs": LEAST_MOTION, "appearance": 1.0}
"""Added to an attribute before its logarithm, in its unit: less is noise."""
SAME_CONFIDENCE = 0.1
"""Confidences that differ by less say the same: the surest of many persons is no news."""
MIN_LOOKS = 3
"""A thing that was seen in fewer frames is not believed: most are parts of others, boxed once."""
FOLDS = 5
"""Parts into which normal footage is divided at least, each of which is measured by what the others show."""


@dataclass(frozen=True)
class AttributeModel:
    """What the attributes of things are like on a camera's normal footage.

    Attributes:
        known: what things are measured against.
        tails: label to the tails of its terms but the class; :data:`EVERY` for all labels together.
        seen: label to the ascending greatest confidence of each of its tracks.
        tracks: number of tracks in all.
    """

    known: Known
    tails: Mapping[str, Mapping[str, Tail]]
    seen: Mapping[str, Doubles]
    tracks: int

    @classmethod
    def fit(cls, clips: Sequence[Things]) -> "AttributeModel":
        """Learn from normal footage; what is normal is measured on each part of it against the others.

        Raises:
            DataError: there are fewer than :data:`MIN_BOXES` boxes in it.
        """
        return cls._fit(Things.together(clips), _parts(clips))

    @classmethod
    def _fit(cls, things: Things, part: Ints) -> "AttributeModel":
        if len(things) < MIN_BOXES:
            raise DataError(f"the normal footage shows {len(things)} boxes of objects; attributes need {MIN_BOXES}")
        measured = np.zeros((len(things), len(MEASURED)))
        for own, others in _folds(things, part):
            known = Known.of(things.rows(others) if others.sum() >= MIN_BOXES / 2 else things)
            measured[own] = known.measure(things.rows(own))
        logs, labels = _logs(measured), np.array(things.labels)
        tails = {EVERY: _tails(logs, things.tracks, 1, 1)}
        for label in np.unique(labels):
            rows = labels == label
            tails[str(label)] = _tails(logs[rows], things.tracks[rows], MIN_BOXES, MIN_TRACKS)
        kept = {label: own for label, own in tails.items() if own}
        seen = {str(label): _greatest(things, str(label)) for label in np.unique(labels)}
        return cls(Known.of(things), kept, seen, len(np.unique(things.tracks)))

    def score(self, things: Things) -> ScoredThings:
        """Say by how many nats each attribute of each thing of a clip is more surprising than usual, and what is usual.

        A thing of which the object model is less sure counts less, in proportion; one that was hardly seen does not.
        Speed and limb motion are measured in heights a second, the width in heights, the height as a multiple of what
        is usual where the thing stands, appearance in spreads of the normal features, gliding as the ratio of speed
        and limb motion; a class as the number of normal tracks of it that were seen as surely. What could not be
        measured is NaN, and its term 0. The features of the things are left out of the answer.
        """
        measured, labels = self.known.measure(things), np.array(things.labels)
        logs, surprisal, seen = _logs(measured), np.zeros((len(things), len(TERMS))), np.zeros(len(things))
        for label in np.unique(labels):
            rows = labels == label
            seen[rows] = self._seen(str(label), things.confidence[rows])
            tails = {**self.tails.get(EVERY, {}), **self.tails.get(str(label), {})}
            for name, tail in ((name, tail) for name, tail in tails.items() if name in TERMS):
                surprisal[rows, TERMS.index(name)] = tail.surprisal(logs[rows, MEASURED.index(name)])
        # Laplace's rule of succession.
        surprisal[:, 0] = -np.log((seen + 1) / (self.tracks + 2)) * things.confidence
        nats = np.maximum(surprisal - USUAL_NATS, 0.0)
        nats[:, 1:] *= things.confidence[:, None]
        nats[~_lasting(things)] = 0.0
        every = np.concatenate([seen[:, None], measured], axis=1)
        return ScoredThings(replace(things, features=None), TERMS, nats, every, self.normal)

    @property
    def normal(self) -> Normal:
        """Label to each term's range in the normal footage, in its own unit."""
        return {
            label: {name: tail.range(SMALLEST.get(name, 0.0)) for name, tail in own.items()}
            for label, own in self.tails.items()
        }

    def save(self, path: Path) -> str:
        """Write the model as safetensors, whole or not at all, and return its SHA-256.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        return save(path, self.known, self.tails, self.seen, self.tracks)

    @classmethod
    def load(cls, path: Path, sha256: str) -> "AttributeModel":
        """Read what :meth:`save` wrote; ``sha256`` is its checksum.

        Raises:
            WeightsError: it is missing, has another checksum, is damaged, or holds something else.
        """
        return cls(*load(path, sha256))

    def _seen(self, label: str, confidence: Doubles) -> Ints:
        """Return how many normal tracks of that label were seen as surely, (N,)."""
        seen = self.seen.get(label, np.zeros(0))
        surer: Ints = len(seen) - np.searchsorted(seen, confidence - SAME_CONFIDENCE)
        return surer


def cross_scored(clips: Sequence[Things]) -> list[ScoredThings]:
    """Score normal footage, each part of it by what the other ones show; the ranges are those of all of it.

    Clips are dealt into :data:`FOLDS` parts; one that is longer than a part is cut. A part is not scored by tracks
    that it shares with another, as far as there are enough others.

    Raises:
        DataError: what remains without one part shows too little, or there is no clip.
    """
    whole, footage, part = AttributeModel.fit(clips), Things.together(clips), _parts(clips)
    nats, measured = (np.zeros((len(footage), len(TERMS))) for _ in range(2))
    for own, others in _folds(footage, part):
        one = AttributeModel._fit(footage.rows(others), part[others]).score(footage.rows(own))
        nats[own], measured[own] = one.nats, one.measured
    ends = np.cumsum([len(clip) for clip in clips])[:-1]
    split = zip(clips, np.split(nats, ends), np.split(measured, ends), strict=True)
    return [ScoredThings(replace(clip, features=None), TERMS, own, of, whole.normal) for clip, own, of in split]


def _parts(clips: Sequence[Things]) -> Ints:
    """Number the parts of footage, of each row of all clips together, (N,): no part is longer than a fifth of it."""
    most = sum(len(clip.looked) for clip in clips) / FOLDS
    numbers, first = [np.zeros(0, np.int64)], 0
    for clip in clips:
        count = max(1, math.ceil(len(clip.looked) / most - 1e-9)) if most else 1
        numbers.append(first + np.searchsorted(clip.looked, clip.frames) * count // max(len(clip.looked), 1))
        first += count
    return np.concatenate(numbers)


def _folds(things: Things, part: Ints) -> Iterator[tuple[Bools, Bools]]:
    """Yield the rows of each fold, and the rows of others, (N,) each.

    Others are of other tracks, too, but where there are hardly any: what always stands there is in every part.
    """
    deal = np.unique(part, return_inverse=True)[1] % FOLDS
    for number in range(int(deal.max(initial=-1)) + 1):
        own = deal == number
        others = ~own & ~np.isin(things.tracks, things.tracks[own])
        yield own, others if others.sum() >= MIN_BOXES / 2 else ~own


def _lasting(things: Things) -> Bools:
    """Mark the things that were seen often enough, (N,)."""
    _, which, looks = np.unique(things.tracks, return_inverse=True, return_counts=True)
    lasting: Bools = looks[which] >= MIN_LOOKS
    return lasting


def _logs(measured: Doubles) -> Doubles:
    added = np.array([SMALLEST.get(name, 0.0) for name in MEASURED])
    logs: Doubles = np.log(np.maximum(measured, 1e-6) + added)
    return logs


def _tails(logs: Doubles, tracks: Ints, boxes: int, least_tracks: int) -> dict[str, Tail]:
    """Fit the tails of the terms that have so many values on so many tracks."""
    tails = {}
    for name, values in zip(MEASURED, logs.T, strict=True):
        known = np.isfinite(values)
        if known.sum() >= boxes and len(np.unique(tracks[known])) >= least_tracks:
            tails[name] = Tail.of(values[known], tracks[known])
    return tails


def _greatest(things: Things, label: str) -> Doubles:
    rows = things.labelled(label)
    tracks, confidence = things.tracks[rows], things.confidence[rows]
    greatest = np.sort([confidence[tracks == track].max() for track in np.unique(tracks)])
    return greatest.astype(np.float16).astype(np.float64)
