"""How improbable the attributes of things are at one camera: class, speed, limb motion, width and height, in nats.

After AI-VAD (``reiss2022attribute``): the score of a frame is that of its strangest object, and an object's score comes
from what it is and how it moves rather than from pixels. Theirs is a density in several attributes at once; here each
attribute has a tail probability of its own, so that a score falls into its terms exactly, and a tail that was seen on
few tracks is heavy: a minute of normal footage makes less of a value beyond it than an hour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import Bools, Doubles, Ints
from core.errors import DataError
from core.scored_things import EVERY, Normal, ScoredThings
from core.things import ATTRIBUTES, Things
from detectors._attribute_files import load, save
from detectors._attribute_tails import Tail

CLASS = "class"
TERMS = (CLASS, *ATTRIBUTES)
SHAPE = ("width", "height")
"""Terms that a box tells nothing of where the picture's edge cuts it off."""
USUAL_NATS = 3.0
"""A term counts from here: what one in twenty normal things has, is not unusual."""
MIN_BOXES, MIN_TRACKS = 500, 5
"""A label with fewer in the normal footage is compared with all things of the camera."""
SMALLEST = {"speed": 0.02, "limbs": 0.02, "width": 0.0, "height": 0.0}
"""Added to an attribute before its logarithm: in heights a second, less is noise of the flow."""
SAME_CONFIDENCE = 0.1
"""Confidences that differ by less say the same: the surest of many persons is no news."""
PARTS = 5
"""So many parts of normal footage at least are scored by what the others show."""


@dataclass(frozen=True)
class AttributeModel:
    """What the attributes of things are like on a camera's normal footage.

    Attributes:
        slope, intercept: usual height of the commonest label in pixels, as a line over the y of a box's lower edge.
        tails: label to the tails of its terms but the class; :data:`EVERY` for all labels together.
        seen: label to the ascending greatest confidence of each of its tracks.
        tracks: number of tracks in all.
    """

    slope: float
    intercept: float
    tails: Mapping[str, Mapping[str, Tail]]
    seen: Mapping[str, Doubles]
    tracks: int

    @classmethod
    def fit(cls, clips: Sequence[Things]) -> "AttributeModel":
        """Learn from normal footage.

        Raises:
            DataError: there are fewer than :data:`MIN_BOXES` boxes in it.
        """
        things = Things.together(clips)
        if len(things) < MIN_BOXES:
            raise DataError(f"the normal footage shows {len(things)} boxes of objects; attributes need {MIN_BOXES}")
        names, counts = np.unique(np.array(things.labels), return_counts=True)
        common = things.labelled(str(names[counts.argmax()]))
        common &= ~things.cut if (common & ~things.cut).any() else common
        bottom, heights = things.boxes[common, 3].astype(np.float64), things.values[common, -1]
        slope, intercept = np.polyfit(bottom, heights, 1) if np.ptp(bottom) > 1 else (0.0, float(heights.mean()))
        bare = cls(float(slope), float(intercept), {}, {}, len(np.unique(things.tracks)))
        logs = _logs(bare._measured(things))
        tails = {EVERY: _tails(logs, things.tracks, 1, 1)}
        for label in names.tolist():
            rows = things.labelled(label)
            tails[label] = _tails(logs[rows], things.tracks[rows], MIN_BOXES, MIN_TRACKS)
        kept = {label: own for label, own in tails.items() if own}
        seen = {label: _greatest(things, label) for label in names.tolist()}
        return cls(bare.slope, bare.intercept, kept, seen, bare.tracks)

    def score(self, things: Things) -> ScoredThings:
        """Say by how many nats each attribute of each thing is more surprising than usual, and what is usual.

        Speed and limb motion are measured in heights a second, the width in heights, the height as a multiple of what
        is usual where the thing stands; a class has no measure, nor the shape of a box that is cut off.
        """
        measured, labels = self._measured(things), np.array(things.labels)
        logs, surprisal = _logs(measured), np.zeros((len(things), len(TERMS)))
        for label in np.unique(labels):
            rows = labels == label
            surprisal[rows, 0] = self._novelty(str(label), things.confidence[rows]) * things.confidence[rows]
            for name, tail in {**self.tails.get(EVERY, {}), **self.tails.get(str(label), {})}.items():
                surprisal[rows, TERMS.index(name)] = tail.surprisal(logs[rows, TERMS.index(name)])
        return ScoredThings(things, TERMS, np.maximum(surprisal - USUAL_NATS, 0.0), measured, self.normal)

    @property
    def normal(self) -> Normal:
        """Label to each term's range in the normal footage, in its own unit."""
        return {
            label: {name: tail.range(SMALLEST[name]) for name, tail in own.items()} for label, own in self.tails.items()
        }

    def save(self, path: Path) -> str:
        """Write the model as safetensors, whole or not at all, and return its SHA-256.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        return save(path, (self.slope, self.intercept, self.tracks), self.tails, self.seen)

    @classmethod
    def load(cls, path: Path, sha256: str | None = None) -> "AttributeModel":
        """Read what :meth:`save` wrote; ``sha256`` is its checksum, or the beginning of it.

        Raises:
            WeightsError: it is missing, has another checksum, is damaged, or holds something else.
        """
        (slope, intercept, tracks), tails, seen = load(path, sha256, 3, TERMS[1:])
        return cls(float(slope), float(intercept), tails, seen, int(tracks))

    def _novelty(self, label: str, confidence: Doubles) -> Doubles:
        """Return the surprisal of a track of that label and confidence, by Laplace's rule of succession."""
        seen = self.seen.get(label, np.zeros(0))
        surer = len(seen) - np.searchsorted(seen, confidence - SAME_CONFIDENCE)
        novelty: Doubles = -np.log((surer + 1) / (self.tracks + 2))
        return novelty

    def _measured(self, things: Things) -> Doubles:
        """Return the (N, K) terms in their units; NaN where one is not measured."""
        bottom = things.boxes[:, 3].astype(np.float64)
        usual = np.maximum(self.slope * bottom + self.intercept, 4.0)
        values = things.values / np.stack([np.ones_like(usual)] * 3 + [usual], axis=1)
        measured = np.concatenate([np.full((len(things), 1), np.nan), values], axis=1)
        for name in SHAPE:
            measured[things.cut, TERMS.index(name)] = np.nan
        return measured


def cross_scored(clips: Sequence[Things]) -> list[ScoredThings]:
    """Score normal footage, each clip by what the others show; the ranges are those of all of it.

    A clip that is longer than a fifth of the footage is cut into parts, so that there are :data:`PARTS` at least. A
    part is not scored by tracks that it shares.

    Raises:
        DataError: what remains without one part shows too little, or there is no clip.
    """
    whole, footage = AttributeModel.fit(clips), Things.together(clips)
    part = _parts(clips)
    scored = [_without(footage, part == number) for number in range(int(part.max(initial=-1)) + 1)]
    nats, measured = (np.zeros((len(footage), len(TERMS))) for _ in range(2))
    for number, one in enumerate(scored):
        nats[part == number], measured[part == number] = one.nats, one.measured
    ends = np.cumsum([len(clip) for clip in clips])[:-1]
    parts = zip(clips, np.split(nats, ends), np.split(measured, ends), strict=True)
    return [ScoredThings(clip, TERMS, own, values, whole.normal) for clip, own, values in parts]


def _parts(clips: Sequence[Things]) -> Ints:
    """Number the parts of footage: of each row of all clips together, (N,)."""
    most = sum(len(clip.looked) for clip in clips) / PARTS
    numbers, first = list[Ints](), 0
    for clip in clips:
        count = max(1, math.ceil(len(clip.looked) / most))
        place = np.searchsorted(clip.looked, clip.frames) * count // max(len(clip.looked), 1)
        numbers.append(first + place)
        first += count
    return np.concatenate(numbers)


def _without(footage: Things, part: Bools) -> ScoredThings:
    others = ~np.isin(footage.tracks, np.unique(footage.tracks[part]))
    return AttributeModel.fit([footage.rows(others)]).score(footage.rows(part))


def _logs(measured: Doubles) -> Doubles:
    added = np.array([SMALLEST.get(name, 0.0) for name in TERMS])
    logs: Doubles = np.log(np.maximum(measured, 1e-6) + added)
    return logs


def _tails(logs: Doubles, tracks: Ints, boxes: int, least_tracks: int) -> dict[str, Tail]:
    """Fit the tails of the terms that have so many values on so many tracks."""
    tails = {}
    for name, values in zip(TERMS, logs.T, strict=True):
        known = np.isfinite(values)
        if known.sum() >= boxes and len(np.unique(tracks[known])) >= least_tracks:
            tails[name] = Tail.of(values[known], tracks[known])
    return tails


def _greatest(things: Things, label: str) -> Doubles:
    rows = things.labelled(label)
    tracks, confidence = things.tracks[rows], things.confidence[rows]
    greatest = np.sort([confidence[tracks == track].max() for track in np.unique(tracks)])
    return greatest.astype(np.float16).astype(np.float64)
