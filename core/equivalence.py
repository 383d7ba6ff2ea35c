"""Scores of two kinds on one scale: those that normal footage exceeds equally often are equal."""

import itertools
from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles
from core.errors import expect
from core.normality import AlarmCurve

RAREST_PER_HOUR, KNOTS = 0.01, 40
"""False alarms an hour down to which two curves are compared, and at how many rates."""
FOLD = 1.0
"""By how much a score rises while false alarms fall to 1/e, where normal footage showed too few of them to tell: a
surprisal in nats does so by its definition."""


@dataclass(frozen=True)
class Equivalence:
    """Brings scores of one kind to the scale of another.

    Attributes:
        scores: ascending scores of the one kind, two at least.
        equal: the scores of the other kind that cost as many false alarms an hour, ascending.
    """

    scores: tuple[float, ...]
    equal: tuple[float, ...]

    def __post_init__(self) -> None:
        expect(len(self.scores) >= 2, "scores", "two at least", len(self.scores))
        expect(len(self.equal) == len(self.scores), "equal", f"{len(self.scores)} long", len(self.equal))
        for name, values in (("scores", self.scores), ("equal", self.equal)):
            ascends = all(0 < after - before < np.inf for before, after in itertools.pairwise(values))
            expect(ascends, name, "finite and ascending", values)

    def __call__(self, values: Doubles) -> Doubles:
        """Return the equal scores: -inf below the first, beyond the last in proportion to the last step; NaN stays."""
        found = np.interp(values, self.scores, self.equal, left=-np.inf)
        slope = (self.equal[-1] - self.equal[-2]) / (self.scores[-1] - self.scores[-2])
        beyond = self.equal[-1] + slope * (values - self.scores[-1])
        return np.where(values > self.scores[-1], beyond, np.where(np.isnan(values), np.nan, found))

    def inverse(self, values: Doubles) -> Doubles:
        """Return the scores of the one kind that are equal to those of the other, 0 at least; NaN stays.

        Beyond the first and the last the scores go on in proportion to the first and the last step.
        """
        first, last = (
            (self.scores[end + 1] - self.scores[end]) / (self.equal[end + 1] - self.equal[end]) for end in (0, -2)
        )
        found = np.interp(values, self.equal, self.scores)
        found = np.where(values < self.equal[0], self.scores[0] + first * (values - self.equal[0]), found)
        found = np.where(values > self.equal[-1], self.scores[-1] + last * (values - self.equal[-1]), found)
        return np.where(np.isnan(values), np.nan, np.maximum(found, 0.0))

    @classmethod
    def of(cls, own: AlarmCurve, other: AlarmCurve) -> "Equivalence":
        """Compare the false alarms of two kinds of scores on normal footage.

        The footage need not be the same. Beyond what was counted both curves go on as they end, exponentially.
        """
        most = min(_rates(own)[0], _rates(other)[0])
        rates = np.geomspace(most, min(RAREST_PER_HOUR, most / 10), KNOTS)
        scores, equal = _thresholds(own, rates), _thresholds(other, rates)
        rises = np.append(True, (np.diff(scores) > 1e-5) & (np.diff(equal) > 1e-5))
        kept = [i for i in range(KNOTS) if rises[i]]
        return cls(tuple(scores[kept].round(6).tolist()), tuple(equal[kept].round(6).tolist()))


def _rates(curve: AlarmCurve) -> Doubles:
    """Return false alarms an hour above 0, descending; one in the whole footage where there were none."""
    rates = [rate for rate in curve.per_hour if rate > 0]
    return np.array(rates or [1 / max(curve.hours, 1e-3)])


def _thresholds(curve: AlarmCurve, rates: Doubles) -> Doubles:
    """Return the thresholds that cost so many false alarms an hour."""
    known = _rates(curve)
    thresholds = np.array(curve.thresholds[: len(known)] if any(curve.per_hour) else curve.thresholds[-1:])
    falls = np.log(known[0] / known)
    asked = np.log(known[0] / rates)
    step = falls[-1] - falls[-2] if len(known) > 1 else 0.0
    fold = (thresholds[-1] - thresholds[-2]) / step if step > 0 else 0.0
    beyond = thresholds[-1] + (fold if fold > 0 else FOLD) * np.maximum(asked - falls[-1], 0.0)
    inside: Doubles = np.interp(asked, falls, thresholds)
    return np.where(asked > falls[-1], beyond, inside)


@dataclass(frozen=True)
class Channel:
    """A kind of score that a camera has.

    Attributes:
        equivalence: from this kind to calibrated scores of pixels.
        alarms: what thresholds of this kind alone cost in false alarms.
        sha256: of its file in the camera's folder; empty where it needs none.
        objects: name of the object model that it rests on; empty where it needs none.
    """

    equivalence: Equivalence
    alarms: AlarmCurve
    sha256: str = ""
    objects: str = ""
