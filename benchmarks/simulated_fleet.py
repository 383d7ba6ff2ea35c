"""A fleet simulated with SimPy: clips arrive, wait in one line, and are analysed by workers that may fail.

Workers share the processors of one machine alike, or have one each. A worker that fails comes back after a
while and begins the clip that it had again, as :mod:`pipeline.fleet.on_ray` has it.
"""

import math
from array import array
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from benchmarks._simulated_processors import Enough, Processors, Shared
from core.arrays import Doubles
from core.errors import InputError
from pipeline.fleet.on_ray import TRIES_AGAIN

Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Fleet:
    """Workers, and what they run on.

    Attributes:
        workers: how many there are, at least 1.
        cores: processors that they share; infinite where each worker has what it needs.
        demand: processors that a worker with a clip keeps busy while there are enough.
        start_seconds, start_demand: seconds that a worker takes to start while it has the processors that
            it keeps busy then.
        up_seconds: mean time between a worker's start and its failure, exponential; infinite for none.
        repair_seconds: mean time until a failed worker starts again, exponential.
    """

    workers: int
    cores: float = math.inf
    demand: float = 1.0
    start_seconds: float = 0.0
    start_demand: float = 1.0
    up_seconds: float = math.inf
    repair_seconds: float = 0.0

    def __post_init__(self) -> None:
        least = min(self.cores, self.demand, self.start_demand, self.up_seconds)
        if self.workers < 1 or not least > 0 or not min(self.start_seconds, self.repair_seconds) >= 0:
            raise InputError(f"a fleet has at least one worker, and times and processors above 0, got {self}")


@dataclass(frozen=True)
class Found:
    """What became of the clips.

    Attributes:
        arrived, answered, lost, waiting, in_hand: clips; lost are those whose worker failed too often.
        repeated: times that a clip was begun again.
        backlog: most clips that waited for a worker at a time.
        utilisation: share of the workers' time in which they had a clip, 0 to 1.
        end: second of the last answer, or of the end.
        arrivals, responses: (answered,) float64, when each clip arrived, and seconds from there to its answer.
    """

    arrived: int
    answered: int
    lost: int
    waiting: int
    in_hand: int
    repeated: int
    backlog: int
    utilisation: float
    end: float
    arrivals: Doubles
    responses: Doubles

    def in_time(self, seconds: float) -> float:
        """Return the share of the clips that arrived which were answered within some seconds; 1 without clips."""
        return float(np.count_nonzero(self.responses <= seconds)) / self.arrived if self.arrived else 1.0


def simulate(fleet: Fleet, arrivals: Doubles, seconds: Doubles, seed: int = 0, until: float = math.inf) -> Found:
    """Let clips arrive at a fleet until all of them are answered or lost, or until a moment.

    Args:
        fleet: that analyses them; all its workers start at second 0.
        arrivals: (N,) float64 seconds, ascending, from 0 on.
        seconds: (N,) float64, above 0, that a worker needs for each while it has the processors that it needs.
        seed: of the failures.
        until: second at which the simulation ends at the latest.

    Raises:
        InputError: the arrays are not of this kind.
    """
    if arrivals.shape != seconds.shape or arrivals.ndim != 1 or np.any(np.diff(arrivals, prepend=0.0) < 0):
        raise InputError(f"arrivals must be (N,) ascending from 0, got {arrivals.shape} beside seconds {seconds.shape}")
    if np.any(seconds <= 0):
        raise InputError(f"each clip must need more than 0 seconds, got {seconds.min()}")
    run = _Run(fleet, len(arrivals), np.random.default_rng(seed))
    run.go(arrivals, seconds, until)
    return run.found()


@dataclass(slots=True)
class _Clip:
    arrived: float
    seconds: float
    deaths: int = 0


@dataclass(eq=False)
class _Hand:
    """What a worker has: a clip from the moment it is given one to its answer, and since when it is at it."""

    clip: _Clip | None = None
    since: float | None = None


@dataclass
class _Line:
    """Clips that wait for a worker, and workers that wait for a clip; never both."""

    env: simpy.Environment
    clips: deque[_Clip] = field(default_factory=deque)
    idle: dict[_Hand, simpy.Event] = field(default_factory=dict)
    most: int = 0

    def put(self, clip: _Clip) -> None:
        """Give a clip to the worker that has waited longest, or let it wait."""
        if self.idle:
            hand = next(iter(self.idle))
            hand.clip = clip
            self.idle.pop(hand).succeed(clip)
            return
        self.clips.append(clip)
        self.most = max(self.most, len(self.clips))

    def take(self, hand: _Hand) -> simpy.Event:
        """Give a worker the clip that has waited longest; the event brings it as soon as there is one."""
        given = self.env.event()
        if self.clips:
            hand.clip = self.clips.popleft()
            return given.succeed(hand.clip)
        self.idle[hand] = given
        return given


class _Run:
    """One simulation."""

    def __init__(self, fleet: Fleet, expected: int, chance: np.random.Generator) -> None:
        self._fleet, self._expected, self._chance = fleet, expected, chance
        self._env = simpy.Environment()
        shared = math.isfinite(fleet.cores)
        self._processors: Processors = Shared(self._env, fleet.cores) if shared else Enough(self._env)
        self._line, self._over = _Line(self._env), self._env.event()
        self._hands = [_Hand() for _ in range(fleet.workers)]
        self._arrived = self._lost = self._repeated = 0
        self._busy = 0.0
        self._arrivals, self._responses = array("d"), array("d")

    def go(self, arrivals: Doubles, seconds: Doubles, until: float) -> None:
        """Run until all clips are answered or lost, or until a moment."""
        for hand in self._hands:
            self._env.process(self._live(hand))
        self._env.process(self._arrive(arrivals, seconds))
        if not self._expected:
            self._over.succeed()
        if math.isfinite(until):
            self._env.process(self._stop(until))
        self._env.run(self._over)

    def found(self) -> Found:
        """Count what became of the clips."""
        end, answered = self._env.now, len(self._responses)
        busy = self._busy + sum(end - hand.since for hand in self._hands if hand.since is not None)
        in_hand = sum(hand.clip is not None for hand in self._hands)
        return Found(
            self._arrived, answered, self._lost, len(self._line.clips), in_hand, self._repeated, self._line.most,
            busy / (end * self._fleet.workers) if end else 0.0, end,
            np.array(self._arrivals), np.array(self._responses),
        )  # fmt: skip

    def _stop(self, until: float) -> Steps:
        yield self._env.timeout(until)
        if not self._over.triggered:
            self._over.succeed()

    def _arrive(self, arrivals: Doubles, seconds: Doubles) -> Steps:
        for moment, needed in zip(map(float, arrivals), map(float, seconds), strict=True):
            if moment > self._env.now:
                yield self._env.timeout(moment - self._env.now)
            self._arrived += 1
            self._line.put(_Clip(moment, needed))

    def _live(self, hand: _Hand) -> Steps:
        """Let a worker work, fail and come back, for ever."""
        while True:
            work = self._env.process(self._work(hand))
            if not math.isfinite(self._fleet.up_seconds):
                return
            yield self._env.timeout(self._chance.exponential(self._fleet.up_seconds))
            work.interrupt()
            yield self._env.timeout(self._chance.exponential(self._fleet.repair_seconds))

    def _work(self, hand: _Hand) -> Steps:
        """Start, and analyse one clip after the other until it fails; the clip in hand stays there."""
        fleet = self._fleet
        doing = self._processors.begin(fleet.start_seconds, fleet.start_demand)
        try:
            yield doing
            while True:
                clip = hand.clip or (yield self._line.take(hand))
                hand.since = self._env.now
                doing = self._processors.begin(clip.seconds, fleet.demand)
                yield doing
                self._answer(hand, clip)
        except simpy.Interrupt:
            self._processors.leave(doing)
            self._line.idle.pop(hand, None)
            self._fail(hand)

    def _answer(self, hand: _Hand, clip: _Clip) -> None:
        self._arrivals.append(clip.arrived)
        self._responses.append(self._env.now - clip.arrived)
        self._put_down(hand)

    def _fail(self, hand: _Hand) -> None:
        if hand.clip is None or hand.since is None:
            return
        hand.clip.deaths += 1
        if hand.clip.deaths <= TRIES_AGAIN:
            self._busy, hand.since = self._busy + self._env.now - hand.since, None
            self._repeated += 1
            return
        self._lost += 1
        self._put_down(hand)

    def _put_down(self, hand: _Hand) -> None:
        if hand.since is not None:
            self._busy += self._env.now - hand.since
        hand.clip = hand.since = None
        if len(self._responses) + self._lost == self._expected and not self._over.triggered:
            self._over.succeed()
