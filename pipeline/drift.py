"""Whether the clips of a camera still look like what it learnt: their scores outside events, and their picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles, Floats
from pipeline.finished_run import FinishedRun
from pipeline.scene import MIN_SAME_SHARE

HIGH, LOW = 0.9, 0.1
"""Shares of normal scores that lie below the middle score of a clip, from which and up to which the clip has drifted:
a clip is short, and its frames are alike, so that its middle is seldom that of hours."""
MIN_FRAMES = 50
"""Scored frames outside events from which a clip tells of scores."""
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class RunDrift:
    """How one run compares with what its camera had learnt.

    Attributes:
        alike: share of the background that the clip shows, 0 to 1; None where that was not kept.
        ranks: shares of the normal scores that lie below the lower quartile, the middle and the upper quartile of the
            clip's scores outside events, 0 to 1 each; None where too few frames are outside events.
    """

    alike: float | None
    ranks: tuple[float, float, float] | None

    @property
    def moved(self) -> bool:
        """Whether the picture is no longer that of the camera."""
        return self.alike is not None and self.alike < MIN_SAME_SHARE

    @property
    def higher(self) -> bool:
        """Whether ordinary frames score higher than nearly all normal frames did."""
        return self.ranks is not None and self.ranks[1] >= HIGH

    @property
    def lower(self) -> bool:
        """Whether ordinary frames score lower than nearly all normal frames did."""
        return self.ranks is not None and self.ranks[1] <= LOW

    @property
    def drifted(self) -> bool:
        """Whether the clip no longer looks like what was learnt."""
        return self.moved or self.higher or self.lower


def of_run(run: FinishedRun) -> RunDrift:
    """Compare a run with the normal footage that its camera knew then."""
    inside: Bools = np.zeros(len(run.scores), np.bool_)
    for event in run.events(run.facts.threshold):
        inside[event.first : event.last + 1] = True
    return RunDrift(run.facts.alike, ranks(run.scores[~inside], run.facts.normality.quantiles))


def ranks(scores: Floats, quantiles: Sequence[float]) -> tuple[float, float, float] | None:
    """Return the shares of normal scores below the quartiles of (N,) scores; None of too few finite ones.

    >>> ranks(np.linspace(0, 10, 101, dtype=np.float32), [float(i) for i in range(11)])
    (0.25, 0.5, 0.75)
    """
    known = scores[np.isfinite(scores)]
    if len(known) < MIN_FRAMES:
        return None
    levels: Doubles = np.asarray(quantiles, np.float64)
    below = np.interp(np.quantile(known, QUARTERS), levels, np.linspace(0.0, 1.0, len(levels)))
    low, middle, high = below.round(4).tolist()
    return low, middle, high


def sentence(runs: Sequence[RunDrift]) -> str:
    """Say whether the newest of a camera's runs, which come last, still look like what it learnt; empty of none.

    >>> sentence([RunDrift(0.9, (0.2, 0.5, 0.8)), RunDrift(0.4, None)])
    'The newest clip no longer looks like what was learnt: only 40 % of the background is alike.'
    """
    if not runs:
        return ""
    last, others = runs[-1], sum(one.drifted for one in runs[:-1])
    if not last.drifted:
        again = f" {others} of {len(runs) - 1} earlier clips did not." if others else ""
        return f"The newest clip looks like what was learnt.{again}"
    reasons = []
    if last.moved and last.alike is not None:
        reasons.append(f"only {100 * last.alike:.0f} % of the background is alike")
    if last.ranks is not None and (last.higher or last.lower):
        way = f"{100 * last.ranks[1]:.0f} %" if last.higher else f"only {100 * last.ranks[1]:.0f} %"
        reasons.append(f"the middle score outside events is above {way} of the normal scores")
    earlier = f" The same is true of {others} of {len(runs) - 1} earlier clips." if others else ""
    return f"The newest clip no longer looks like what was learnt: {' and '.join(reasons)}.{earlier}"
