"""The upper tail of an attribute of normal things: how improbable it is that one has at least so much of it."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles, Ints
from core.scored_things import QUANTILES, NormalRange

TAIL = 0.02
"""Share of the normal values that the tail is fitted to."""
LEVELS = 1001
"""Of the quantiles that are kept: 0 %, 0.1 %, … 100 %."""


@dataclass(frozen=True)
class Tail:
    """The upper tail of one attribute's logarithm on normal footage.

    Attributes:
        values: (1001,) ascending quantiles (0 %, 0.1 %, … 100 %), as exact as float16.
        start: value at which the tail begins.
        excess: sum over the tracks that reach the tail of their mean excess over ``start``, and one that is added.
        reached: how many tracks these are, with the added one.
        boxes: how many values there were.
        tracks: on how many tracks.
    """

    values: Doubles
    start: float
    excess: float
    reached: int
    boxes: int
    tracks: int

    def surprisal(self, values: Doubles) -> Doubles:
        """Return −ln of the probability that a normal value is at least so large, (N,) in nats.

        Within the footage it is the share of larger values. Beyond the start of the tail it is the predictive
        probability of exponential excesses of unknown mean under Jeffreys' prior: (S / (S + x))^k for k excesses with
        the sum S, which nears the exponential as k grows. What is NaN has 0.
        """
        larger = 1.0 - np.searchsorted(self.values, values) / len(self.values)
        inside = -np.log(np.maximum(larger, TAIL))
        beyond = -np.log(TAIL) + self.reached * np.log1p(np.maximum(values - self.start, 0.0) / self.excess)
        return np.where(np.isnan(values), 0.0, np.where(values > self.start, beyond, inside))

    def range(self, smallest: float) -> NormalRange:
        """Return the normal range in the attribute's unit, of which the logarithm has ``smallest`` added."""
        chosen = self.values[:: (LEVELS - 1) // (QUANTILES - 1)]
        plain = np.maximum(np.exp(chosen) - smallest, 0.0)
        return NormalRange(tuple(plain.tolist()), self.boxes, self.tracks)

    @classmethod
    def of(cls, values: Doubles, tracks: Ints) -> "Tail":
        """Fit it to (N,) values of things on (N,) tracks; N is 1 at least."""
        start = float(np.quantile(values, 1.0 - TAIL))
        high = values > start
        numbers = np.unique(tracks[high])
        means = [float((values[high & (tracks == number)] - start).mean()) for number in numbers]
        spread = max(float(np.std(values)), 1e-3)
        kept = np.quantile(values, np.linspace(0, 1, LEVELS)).astype(np.float16).astype(np.float64)
        # One more excess as wide as the whole distribution: without any, nothing is known of the tail.
        excess, reached = sum(means) + spread, len(means) + 1
        return cls(kept, start, excess, reached, len(values), len(np.unique(tracks)))
