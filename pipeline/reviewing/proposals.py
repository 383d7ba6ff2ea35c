"""A threshold for a camera, proposed from the verdicts on its events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.analysis import MOVING
from pipeline.camera import Camera
from pipeline.channels import unit
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.reviews import FALSE, TRUE

MIN_JUDGED = 5
"""Events with a verdict from which a threshold is proposed."""


@dataclass(frozen=True)
class Outcome:
    """What a threshold would have meant on the events that were judged.

    Attributes:
        threshold: a calibrated score.
        false_alarms: events judged false that it would have raised.
        misses: events judged true that it would not have raised.
    """

    threshold: float
    false_alarms: int
    misses: int

    @property
    def errors(self) -> int:
        """False alarms and misses."""
        return self.false_alarms + self.misses


@dataclass(frozen=True)
class Proposal:
    """A threshold beside the one that a camera has.

    Attributes:
        now: what the camera's threshold means on the judged events.
        proposed: likewise; the same as ``now`` where no other threshold is better.
        true, false: events that were judged so.
        outcomes: of every threshold that tells the judged events apart, ascending.
    """

    now: Outcome
    proposed: Outcome
    true: int
    false: int
    outcomes: tuple[Outcome, ...]


def propose(judged: Sequence[tuple[float, bool]], threshold: float) -> Proposal | None:
    """Propose the threshold with the fewest false alarms and misses on judged events; None for fewer than needed.

    An event is raised by every threshold below its level. Of thresholds with as few errors, the one with the fewest
    misses is proposed, then the one nearest to the present one; it lies half-way between two levels.

    Args:
        judged: level of each event, and whether it was judged true.
        threshold: of the camera.

    >>> found = propose([(3.0, False), (4.0, False), (5.0, True), (8.0, True), (9.0, True)], 2.0)
    >>> found.now, found.proposed
    (Outcome(threshold=2.0, false_alarms=2, misses=0), Outcome(threshold=4.5, false_alarms=0, misses=0))
    """
    if len(judged) < MIN_JUDGED:
        return None
    levels = sorted({level for level, _ in judged})
    between = [(low + high) / 2 for low, high in pairwise(levels)]
    edges = [levels[0] - _step(levels), *between, levels[-1] + _step(levels)]
    outcomes = tuple(_outcome(judged, edge) for edge in edges)
    now = _outcome(judged, threshold)
    best = min(outcomes, key=lambda one: (one.errors, one.misses, abs(one.threshold - threshold)))
    same = (best.errors, best.misses) == (now.errors, now.misses)
    judged_true = sum(true for _, true in judged)
    return Proposal(now, now if same else best, judged_true, len(judged) - judged_true, outcomes)


def judged(events: Iterable[Listed], camera: Camera) -> list[tuple[float, bool]]:
    """Return level and verdict of a camera's events of what moves, as far as their scores are of its present weights.

    Events of verdict ``unsure`` are left out.
    """
    return [
        (one.row.level, one.opinion.verdict == TRUE)
        for one in events
        if one.row.camera == camera.name and one.row.kind == MOVING and one.row.weights == camera.sha256
        and one.row.unit == unit(camera.channels) and one.row.level is not None
        and one.opinion.verdict in (TRUE, FALSE)
    ]  # fmt: skip


def _outcome(judged: Sequence[tuple[float, bool]], threshold: float) -> Outcome:
    raised = [true for level, true in judged if level > threshold]
    true = sum(true for _, true in judged)
    return Outcome(threshold, raised.count(False), true - sum(raised))


def _step(levels: Sequence[float]) -> float:
    """Return how far beyond the outermost levels a threshold lies that raises all, or none."""
    return 0.05 * max(abs(level) for level in levels) + 1e-6
