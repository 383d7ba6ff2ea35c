"""How far a job is and how long it will take: the stage at work, and all that come behind it.

A job is a row of :class:`Stage`. What a unit of a stage takes is at first what this machine took before
(:mod:`core.speeds`), or a guess of the stage's; the job itself then corrects it by its last seconds.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core._pace import Pace, Stage
from core._progress import Progress, Told, counted, counted_down, kept, roughly, time_left
from core.errors import expect
from core.speeds import Speeds

__all__ = [
    "JobProgress",
    "Progress",
    "Stage",
    "StageOutlook",
    "Told",
    "counted",
    "counted_down",
    "footage_length",
    "foreseen",
    "kept",
    "roughly",
    "time_left",
]

SMOOTHING_FRACTION = 0.04
"""Share of the job's length over which a foretold time follows what is newly known: it does not flicker."""

PRIOR_SECONDS, MAX_SLOWDOWN = 2.0, 8.0
"""Seconds of work before a machine that is slower than foretold is believed to be, and how much slower at most."""


@dataclass(frozen=True)
class StageOutlook:
    """One stage of a job, as it is foreseen.

    Attributes:
        name, unit: of the stage; ``unit`` is empty where it has no parts.
        done: units that are done.
        total: how many there will be; None while unknown.
        left: seconds that it still takes; None while unknown.
        state: ``done``, ``now`` or ``to come``.
    """

    name: str
    unit: str
    done: int
    total: int | None
    left: float | None
    state: str


def foreseen(
    job: str, subjects: Sequence[str], stage: Stage, units: float, speeds: Speeds | None = None
) -> float | None:
    """Return how many seconds a stage of so many units will take; None where nothing is known of it."""
    return Pace(stage, (speeds or Speeds()).of(job, subjects, stage.name)).seconds(units)


class JobProgress:
    """Keeps account of a job's stages, and tells how far it is whenever it is told something.

    Args:
        job: kind of job; names what is remembered of it.
        stages: in the order in which they come; one that others follow comes before them.
        tell: told after each stage's beginning and each of its reports.
        subjects: what this job works on, the most special first: speeds are remembered for each.
        speeds: what is remembered; the user's when None.
        clock: seconds, growing.

    Raises:
        ValueError: a stage follows one that is not before it.
    """

    def __init__(
        self, job: str, stages: Sequence[Stage], tell: Callable[[Progress], None] | None = None, *,
        subjects: Sequence[str] = ("",), speeds: Speeds | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.job, self.subjects, self._tell, self._clock = job, tuple(subjects), tell, clock
        self._speeds, self._paces = speeds or Speeds(), dict[str, Pace]()
        for stage in stages:
            expect(stage.follows in {"", *self._paces}, "follows", "a stage before it", stage.follows)
            self._paces[stage.name] = Pace(stage, self._speeds.of(job, self.subjects, stage.name))
        self._present: Pace | None = None
        self._began = self._mark = self._told = clock()
        self._left: float | None = None
        self._share = 0.0

    def about(self, *subjects: str) -> None:
        """Say what the job works on, once that is known; speeds that are remembered of it are taken up."""
        self.subjects = subjects
        for name, pace in self._paces.items():
            pace.known = self._speeds.of(self.job, subjects, name) or pace.known

    def begin(self, stage: str, total: float | None = None, done: float = 0.0) -> None:
        """Begin a stage; those before it are over.

        Args:
            stage: its name.
            total: how many units it has, infinity for unknown; left out, what was expected of it.
            done: units that were done before, by an earlier process.
        """
        self._leave()
        self._present = pace = self._paces[stage]
        names = list(self._paces)
        for number, other in enumerate(self._paces.values()):
            other.ended = number < names.index(stage)
        if not pace.begun:
            pace.begun, pace.done, pace.before = True, float(done), float(done)
        if total is not None:
            pace.total, pace.guessed = float(total), False
        pace.reach(self._mark)
        self._left = None  # what is newly known when a stage begins is told at once
        self._say()

    def advance(self, done: float, total: float | None = None) -> None:
        """Say how many units of the present stage are done."""
        if self._present is not None:
            self._bill(self._present, done, total)
            self._present.reach(self._mark)
            self._say()

    def count(self, stage: str, done: float, total: float | None = None) -> None:
        """Say how many units are done of a stage that is worked on in pieces, within the present one.

        The time since the last report was spent on it. Call it also while it has none: that it has none is known then.
        """
        pace = self._paces[stage]
        self._bill(pace, done, total)
        pace.begun, pace.so_far = True, pace.done

    def expect(self, stage: str, total: float, *, roughly: bool = False) -> None:
        """Say how many units a stage will have; ``roughly``: that is a guess, good for the time left, and not shown."""
        pace = self._paces[stage]
        pace.guessed, pace.total, pace.planned = roughly, float(total), float(total)

    def suppose(self, stage: str, each: float) -> None:
        """Say how many seconds a unit of a stage takes, where that was measured beforehand."""
        self._paces[stage].supposed = each

    def finish(self) -> None:
        """End the job; what its stages took is remembered."""
        self._leave()
        self._present = None
        took = {name: p.measured(self._paces.get(p.stage.follows)) for name, p in self._paces.items() if p.begun}
        self._speeds.learn(self.job, self.subjects, took)

    def left(self) -> float | None:
        """Return the seconds that the job still takes, as they are foretold now; None while unknown."""
        total, slower = 0.0, self._slower()
        for pace in self._paces.values():
            pace.slower = slower
            rest = self._rest(pace)
            seconds = None if rest is None else pace.seconds(rest)
            if seconds is None or math.isinf(seconds):
                return None
            total += seconds
        return total

    def outlook(self) -> tuple[StageOutlook, ...]:
        """Return every stage with its total and the time that it still takes; without those that have nothing to do."""
        slower = self._slower()
        return tuple(self._outlook(pace, slower) for pace in self._paces.values() if pace.begun or pace.total != 0)

    def _outlook(self, pace: Pace, slower: float) -> StageOutlook:
        pace.slower = slower
        rest = self._rest(pace)
        left = None if rest is None else pace.seconds(rest)
        state = "done" if pace.ended else "now" if pace is self._present else "to come"
        known = pace.total is not None and pace.total < math.inf
        total = None if not known else int(pace.total or 0)
        return StageOutlook(pace.stage.name, pace.stage.unit, int(pace.done), total, left, state)

    def _slower(self) -> float:
        """Return how much slower the machine is than foretold, by the stages that tell."""
        gauges = [pace.work() for pace in self._paces.values() if pace.stage.gauge]
        took, foretold = (sum(column) for column in zip((0.0, 0.0), *gauges, strict=True))
        return float(min(max((took + PRIOR_SECONDS) / (foretold + PRIOR_SECONDS), 1.0 / MAX_SLOWDOWN), MAX_SLOWDOWN))

    def _leave(self) -> None:
        """Leave the present stage; what it took without a single report is known then."""
        now = self._clock()
        if self._present is not None:
            self._present.spent += now - self._mark
            if self._present.first is None:
                self._present.first = self._present.spent
        self._mark = now

    def _bill(self, pace: Pace, done: float, total: float | None) -> None:
        now = self._clock()
        pace.bill(float(done), now - self._mark)
        pace.total = pace.total if total is None else float(total)
        self._mark = now

    def _rest(self, pace: Pace) -> float | None:
        """Return how many units are left of a stage; None while unknown."""
        if pace.ended:
            return 0.0
        if pace.total is not None:
            return max(pace.total - pace.done, 0.0)
        lead = self._paces.get(pace.stage.follows)
        rest = None if lead is None else self._rest(lead)
        if lead is None or rest is None:
            return None
        ratio = pace.ratio(lead, lead.done + rest)
        if ratio is None:
            return None
        known = ratio * lead.done if pace.so_far is None else pace.so_far
        return max(known - pace.done, 0.0) + ratio * rest

    def _say(self) -> None:
        pace, now = self._present, self._mark
        if self._tell is None or pace is None:
            return
        left, behind = self._calm(self.left(), now), now - self._began + pace.before * (pace.each or 0.0)
        if left is not None:
            self._share = max(self._share, behind / max(behind + left, 1e-9))
        known = pace.total is not None and pace.done <= pace.total < math.inf and pace.stage.unit and not pace.guessed
        total = int(pace.total or 0) if known else None
        share = None if left is None else self._share
        self._tell(Progress(int(pace.done), total, pace.rate(), pace.stage.name, pace.stage.unit, left, share))

    def _calm(self, left: float | None, now: float) -> float | None:
        """Let the time left follow what is newly known within a while, so that it neither jumps nor flickers."""
        passed, self._told = now - self._told, now
        if left is None or self._left is None:
            self._left = left
        else:
            within = max(1.0, SMOOTHING_FRACTION * (now - self._began + left))
            fallen = max(self._left - passed, 0.0)
            self._left = fallen + (left - fallen) * (1.0 - math.exp(-passed / within))
        return self._left


def footage_length(seconds: float) -> str:
    """Say how much footage there is.

    >>> footage_length(95.2), footage_length(706), footage_length(9000), footage_length(0.4)
    ('95 s', '12 min', '2.5 h', '0.4 s')
    """
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1g} s"
    value, unit = (seconds / 60, "min") if seconds < 6000 else (seconds / 3600, "h")
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f}".removesuffix(".0") + f" {unit}"
