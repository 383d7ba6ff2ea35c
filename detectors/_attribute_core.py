"""What normal things look like: features without their common spread, and few of them that lie near all of many.

A core set in the manner of PatchCore (``roth2022towards``), after features were whitened: a direction in which normal
things hardly differ counts as much as one in which they differ a lot.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles, Floats

PROTOTYPES = 1000
MOST_DRAWN = 6000
"""Of more things, this many are drawn evenly before the core set is chosen: it costs their number times its own."""
LEAST_SPREAD = 0.03
"""Added to the variance along each axis, as a share of the mean one: less is noise."""
CHUNK = 4096


@dataclass(frozen=True)
class Looks:
    """What normal things look like.

    Attributes:
        mean: (D,) float32, of their features.
        axes: (D, D) float32: (features − mean) @ axes have about the same spread everywhere, 1.
        core: (M, D) float32 whitened features; M is 0 where there are none.
    """

    mean: Floats
    axes: Floats
    core: Floats

    @classmethod
    def of(cls, features: Floats | None) -> "Looks":
        """Learn from (N, D) features; without any, nothing is known of looks."""
        if features is None or not len(features):
            return cls(*(np.zeros(shape, np.float32) for shape in ((0,), (0, 0), (0, 0))))
        mean = _half(features.mean(axis=0))
        variance, directions = np.linalg.eigh(np.cov((features - mean).astype(np.float64).T).reshape(2 * mean.shape))
        spread = np.sqrt(np.maximum(variance + LEAST_SPREAD * variance.mean(), 1e-8))
        axes = _half(directions / spread)
        drawn = np.unique(np.linspace(0, len(features) - 1, min(len(features), MOST_DRAWN)).astype(int))
        return cls(mean, axes, _half(core_set((features[drawn] - mean) @ axes, PROTOTYPES)))

    def apart(self, features: Floats | None, count: int) -> Doubles:
        """Return the distance of ``count`` things to the nearest of the core set, (N,) in spreads; NaN if unknown."""
        if features is None or features.shape[1] != len(self.mean) or not len(self.core):
            return np.full(count, np.nan)
        white, own = (features - self.mean) @ self.axes, (self.core**2).sum(axis=1)
        parts = [white[at : at + CHUNK] for at in range(0, count, CHUNK)]
        square = [(part**2).sum(axis=1) + (own - 2.0 * part @ self.core.T).min(axis=1) for part in parts]
        nearest: Doubles = np.maximum(np.concatenate([np.zeros(0), *square]), 0.0)
        return np.sqrt(nearest)


def core_set(points: Floats, size: int) -> Floats:
    """Choose up to ``size`` of (N, D) points, N at least 1, each the farthest from those before: (M, D)."""
    chosen, apart, square = [0], np.full(len(points), np.inf, np.float32), (points**2).sum(axis=1)
    while len(chosen) < min(size, len(points)):
        last = points[chosen[-1]]
        apart = np.minimum(apart, square + square[chosen[-1]] - 2.0 * points @ last)
        chosen.append(int(apart.argmax()))
        if apart[chosen[-1]] <= 0.0:
            break
    return points[chosen]


def _half(values: Floats | Doubles) -> Floats:
    """Round to what float16 holds, as files do."""
    rounded: Floats = np.clip(values, -60000.0, 60000.0).astype(np.float16).astype(np.float32)
    return rounded
