"""How improbable the attributes of things are at one camera: class, speed, limb motion, width and height, in nats.

After AI-VAD (``reiss2022attribute``): the score of a frame is that of its strangest object, and an object's score comes
from what it is and how it moves rather than from pixels. Theirs is a density in several attributes at once; here each
attribute has a tail probability of its own, so that a score falls into its terms exactly, and a tail that was seen on
few tracks is heavy: a minute of normal footage makes less of a value beyond it than an hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles, Ints
from core.errors import DataError
from core.things import ATTRIBUTES, Things

CLASS = "class"
TERMS = (CLASS, *ATTRIBUTES)
SHAPE = (TERMS.index("width"), TERMS.index("height"))
"""Terms that a box tells nothing of where the picture's edge cuts it off."""
TAIL = 0.02
"""Share of the normal values that the tail is fitted to."""
USUAL_NATS = 3.0
"""A term counts from here: what one in twenty normal things has, is not unusual."""
MIN_BOXES, MIN_TRACKS = 500, 5
"""A label with fewer in the normal footage is compared with all things of the camera."""
SMALLEST = 0.02
"""Added to speeds and limb motion before their logarithm: in heights a second, less is noise of the flow."""
SAME_CONFIDENCE = 0.1
"""Confidences that differ by less say the same: the surest of many persons is no news."""
EVERY = "every label"


@dataclass(frozen=True)
class Tail:
    """The upper tail of one attribute's logarithm on normal footage.

    Attributes:
        values: ascending quantiles (0 %, 0.1 %, … 100 %).
        start: value at which the tail begins.
        excess: sum over the tracks that reach the tail of their mean excess over ``start``.
        tracks: how many tracks these are.
    """

    values: Doubles
    start: float
    excess: float
    tracks: int

    def surprisal(self, values: Doubles) -> Doubles:
        """Return −ln of the probability that a normal value is at least so large, (N,) in nats.

        Within the footage it is the share of larger values. Beyond the start of the tail it is the predictive
        probability of exponential excesses of unknown mean under Jeffreys' prior: (S / (S + x))^k for k excesses with
        the sum S, which nears the exponential as k grows.
        """
        larger = 1.0 - np.searchsorted(self.values, values) / len(self.values)
        inside = -np.log(np.maximum(larger, TAIL))
        beyond = -np.log(TAIL) + self.tracks * np.log1p(np.maximum(values - self.start, 0.0) / self.excess)
        return np.where(values > self.start, beyond, inside)

    @classmethod
    def of(cls, values: Doubles, tracks: Ints) -> "Tail":
        """Fit it to (N,) values of things on (N,) tracks."""
        start = float(np.quantile(values, 1.0 - TAIL))
        high = values > start
        numbers = np.unique(tracks[high])
        means = [float((values[high & (tracks == number)] - start).mean()) for number in numbers]
        spread = max(float(np.std(values)), 1e-3)
        # One more excess as wide as the whole distribution: without any, nothing is known of the tail.
        return cls(np.quantile(values, np.linspace(0, 1, 1001)), start, sum(means) + spread, len(means) + 1)


@dataclass(frozen=True)
class AttributeModel:
    """What the attributes of things are like on a camera's normal footage.

    Attributes:
        slope, intercept: usual height of the commonest label in pixels, as a line over the y of a box's lower edge.
        tails: label to the tails of its :data:`ATTRIBUTES`; :data:`EVERY` for all labels together.
        seen: label to the ascending greatest confidence of each of its tracks.
        tracks: number of tracks in all.
    """

    slope: float
    intercept: float
    tails: Mapping[str, tuple[Tail, ...]]
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
        logs, tails = bare._logs(things), {}
        for label in (EVERY, *names.tolist()):
            rows = things.labelled(label) if label != EVERY else np.ones(len(things), np.bool_)
            if label == EVERY or (rows.sum() >= MIN_BOXES and len(np.unique(things.tracks[rows])) >= MIN_TRACKS):
                tails[label] = _tails(logs, things, rows)
        seen = {label: _greatest(things, label) for label in names.tolist()}
        return cls(bare.slope, bare.intercept, tails, seen, bare.tracks)

    def terms(self, things: Things) -> dict[str, Doubles]:
        """Return by how many nats each attribute of each thing is more surprising than usual: (N,), 0 or more."""
        logs, labels = self._logs(things), np.array(things.labels)
        surprisal = np.zeros((len(things), len(TERMS)))
        for label in np.unique(labels):
            rows = labels == label
            tails = self.tails.get(str(label), self.tails[EVERY])
            surprisal[rows, 0] = self._novelty(str(label), things.confidence[rows]) * things.confidence[rows]
            surprisal[rows, 1:] = np.stack([t.surprisal(logs[rows, i]) for i, t in enumerate(tails)], axis=1)
        for shape in SHAPE:
            surprisal[things.cut, shape] = 0.0
        return dict(zip(TERMS, np.maximum(surprisal - USUAL_NATS, 0.0).T, strict=True))

    def _novelty(self, label: str, confidence: Doubles) -> Doubles:
        """Return the surprisal of a track of that label and confidence, by Laplace's rule of succession."""
        seen = self.seen.get(label, np.zeros(0))
        surer = len(seen) - np.searchsorted(seen, confidence - SAME_CONFIDENCE)
        novelty: Doubles = -np.log((surer + 1) / (self.tracks + 2))
        return novelty

    def _logs(self, things: Things) -> Doubles:
        """Return the logarithms of the attributes, the height as a multiple of what is usual where the thing stands."""
        usual = np.maximum(self.slope * things.boxes[:, 3] + self.intercept, 4.0)
        speed, limbs, width, height = np.maximum(things.values, 1e-6).T
        logs: Doubles = np.log(np.stack([speed + SMALLEST, limbs + SMALLEST, width, height / usual], axis=1))
        return logs


def _tails(logs: Doubles, things: Things, rows: Bools) -> tuple[Tail, ...]:
    """Fit the tails of some rows; those of the shape to whole boxes, where there are any."""
    whole = rows & ~things.cut if (rows & ~things.cut).any() else rows
    chosen = [whole if TERMS.index(name) in SHAPE else rows for name in ATTRIBUTES]
    return tuple(Tail.of(logs[of, i], things.tracks[of]) for i, of in enumerate(chosen))


def _greatest(things: Things, label: str) -> Doubles:
    rows = things.labelled(label)
    tracks, confidence = things.tracks[rows], things.confidence[rows]
    return np.sort([confidence[tracks == track].max() for track in np.unique(tracks)])


def scores(things: Things, terms: Mapping[str, Doubles], frames: int) -> Doubles:
    """Return the score of each of a clip's frames, (frames,) in nats: the sum of the terms of its strangest thing.

    Between two frames that were looked at it is interpolated; a frame without things has 0.
    """
    at = np.zeros(frames)
    np.maximum.at(at, things.frames, sum(terms.values(), np.zeros(len(things))))
    if not len(things.looked):
        return at
    return np.interp(np.arange(frames), things.looked, at[things.looked])
