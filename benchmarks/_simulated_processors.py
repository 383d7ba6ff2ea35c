"""Processors of a simulated machine: enough for all work, or shared by it."""

from typing import Protocol

import simpy


class Processors(Protocol):
    """What work is done on."""

    def begin(self, seconds: float, demand: float) -> simpy.Event:
        """Begin work that takes some seconds while it has the processors that it demands; the event is its end."""

    def leave(self, work: simpy.Event) -> None:
        """Give work up; nothing happens where it has ended."""


class Enough:
    """Processors of which there are enough: all work takes its own time."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env

    def begin(self, seconds: float, demand: float) -> simpy.Event:
        """Begin work; the event comes when it is done."""
        return self._env.timeout(seconds)

    def leave(self, work: simpy.Event) -> None:
        """Give work up."""


class Shared:
    """Processors that are shared: where more are asked for than there are, all work is slowed down alike."""

    def __init__(self, env: simpy.Environment, cores: float) -> None:
        self._env, self._cores = env, cores
        self._left: dict[simpy.Event, list[float]] = {}
        """Seconds that are left of each work, and processors that it asks for."""
        self._pace, self._since, self._next = 1.0, 0.0, env.event()

    def begin(self, seconds: float, demand: float) -> simpy.Event:
        """Begin work; the event comes when it is done."""
        work = self._env.event()
        self._advance()
        self._left[work] = [seconds, demand]
        self._plan()
        return work

    def leave(self, work: simpy.Event) -> None:
        """Give work up, unless it is done."""
        self._advance()
        if self._left.pop(work, None) is not None:
            self._plan()

    def _advance(self) -> None:
        passed = (self._env.now - self._since) * self._pace
        self._since = self._env.now
        for one in self._left.values():
            one[0] -= passed

    def _plan(self) -> None:
        """Wake up when the next work is done; what was planned before is void."""
        asked = sum(demand for _, demand in self._left.values())
        self._pace = min(1.0, self._cores / asked) if asked else 1.0
        if self._left:
            soonest = min(self._left, key=lambda work: self._left[work][0])
            self._next = self._env.timeout(max(self._left[soonest][0], 0.0) / self._pace, soonest)
            self._next.callbacks.append(self._done)

    def _done(self, event: simpy.Event) -> None:
        if event is self._next and event.value in self._left:
            self._advance()
            del self._left[event.value]
            event.value.succeed()
            self._plan()
