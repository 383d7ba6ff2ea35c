"""What one stage of a job has taken, and will take; see :mod:`core.progress`."""

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

from core.speeds import Speed

WINDOW_SECONDS = 20.0
"""Seconds of work that the speed of a stage is measured on: long enough for a chunk's chance, short for a change."""
TRUST, GUESS = 4.0, 0.2
"""Seconds of work that a remembered speed, and a guessed one, count for beside the measured one."""
STARTUP_PACE_RATIO = 2.0
"""Times the median pace from which first reports are taken for a start."""
RATIO_TRUST, RATIO_GUESS, RATIO_RECENT = 0.4, 0.03, 0.25
"""Share of the leading stage that a remembered ratio and a guessed one count for beside the measured one, and over
which that is measured: what comes is more like what was last than like what was at the beginning."""


@dataclass(frozen=True)
class Stage:
    """A part of a job.

    Attributes:
        name: shown while it is at work.
        unit: what its progress counts; empty where it has no parts to count.
        start: seconds until its first report where nothing is remembered; None for unknown.
        each: seconds of a unit behind that, likewise.
        follows: the stage whose length its own grows with as long as it is not known.
        ratio: units for each unit of that stage where nothing is remembered.
        total: how many units it has, where that is known from the beginning; 0 for one that is seldom needed.
        gauge: whether its pace depends on the machine alone: as much slower as it is than foretold, what comes is, too.
    """

    name: str
    unit: str = ""
    start: float | None = None
    each: float | None = None
    follows: str = ""
    ratio: float | None = None
    total: float | None = None
    gauge: bool = False


class Pace:
    """One stage at work, as it was planned, and what is remembered of it.

    Attributes:
        total: how many units it has; None while unknown.
        planned: how many it was said to have beforehand; None where that was not said.
        guessed: whether its total is a guess.
        so_far: how many of them the finished part of the stage that it follows asks for; None where unknown.
        done, before: units done, and how many of them by an earlier process.
        begun, ended: whether it was.
        supposed: seconds of a unit as they were measured beforehand, for this very job; None where they were not.
        first: seconds until its first report; None before.
        spent: seconds in it without a report.
        slower: times that the machine is slower at present than it was when speeds were measured or guessed.
    """

    def __init__(self, stage: Stage, known: Speed | None) -> None:
        self.stage, self.known = stage, known or Speed()
        self.total = stage.total if stage.total is not None or stage.unit else 1.0
        self.planned: float | None = None
        self.guessed = False
        self.so_far: float | None = None
        self.done = self.before = 0.0
        self.begun = self.ended = False
        self.first: float | None = None
        self.supposed: float | None = None
        self.spent, self.slower = 0.0, 1.0
        self._units = self._took = self._idle = 0.0
        self._recent: deque[tuple[float, float]] = deque()
        self._reached: deque[tuple[float, float]] = deque()
        self._asked: deque[tuple[float, float]] = deque()

    def bill(self, done: float, seconds: float) -> None:
        """Take in the seconds in which the stage came to ``done`` units."""
        units, self.done = max(done - self.done, 0.0), done
        self._idle += seconds
        if not units:
            return
        seconds, self._idle = self._idle, 0.0
        if self.first is None:
            self.first = seconds
            return
        self._units, self._took = self._units + units, self._took + seconds
        self._recent.append((units, seconds))
        while len(self._recent) > 1 and math.fsum(s for _, s in self._recent) - self._recent[0][1] > WINDOW_SECONDS:
            self._recent.popleft()

    def reach(self, now: float) -> None:
        """Note when the stage came to the units that are done, with all that was done in between."""
        self._reached.append((now, self.done))
        while len(self._reached) > 2 and now - self._reached[1][0] > WINDOW_SECONDS:
            self._reached.popleft()

    @property
    def each(self) -> float | None:
        """Seconds of a unit, of late and as remembered or guessed; None where there is neither."""
        known, trust = self._foretold()
        units, seconds = (math.fsum(column) for column in zip((0.0, 0.0), *self._settled(), strict=True))
        if not known:
            return seconds / units if units else known
        return (seconds + trust) / (units + trust / known)

    def _foretold(self) -> tuple[float | None, float]:
        """Return the seconds of a unit as remembered or guessed, and for how many seconds of work that counts."""
        remembered = self.known.each if self.supposed is None else self.supposed
        each, trust = (self.stage.each, GUESS) if remembered is None else (remembered, TRUST)
        return each and each * self.slower, trust

    def work(self) -> tuple[float, float]:
        """Return the seconds that its units took, and those that they were foretold to take."""
        each, _ = self._foretold()
        return self._took, 0.0 if each is None else each / self.slower * self._units

    def _settled(self) -> list[tuple[float, float]]:
        """Return the recent reports without the first ones, where those are slow: what starts up is no pace."""
        reports = list(self._recent)
        usual = STARTUP_PACE_RATIO * median(seconds / units for units, seconds in reports) if reports else 0.0
        slow = next((i for i, (units, seconds) in enumerate(reports) if seconds <= usual * units), 0)
        return reports[slow:]

    def seconds(self, rest: float) -> float | None:
        """Return what ``rest`` units take; None while unknown."""
        start = self.stage.start if self.known.start is None else self.known.start
        start = start and start * self.slower
        if not rest:
            return 0.0
        if not self.stage.unit:
            return start
        if self.first is None and start is not None:
            rest -= 1.0
        else:
            start = 0.0
        if rest <= 0:
            return start
        return None if self.each is None else start + rest * self.each

    def ratio(self, lead: "Pace", length: float) -> float | None:
        """Return the units for each unit of the stage that leads, which is ``length`` units long."""
        known, share = (self.stage.ratio, RATIO_GUESS) if self.known.ratio is None else (self.known.ratio, RATIO_TRUST)
        if self.so_far is None:
            return known
        self._asked.append((lead.done, self.so_far))
        while len(self._asked) > 2 and lead.done - self._asked[1][0] > RATIO_RECENT * length:
            self._asked.popleft()
        through, asked = lead.done - self._asked[0][0], self.so_far - self._asked[0][1]
        if known is None:
            return asked / through if through > 0 else None
        return (known * share * length + asked) / (share * length + through)

    def rate(self) -> float:
        """Return the units done per second of late; 0 while nothing was."""
        (began, before), (now, done) = self._reached[0], self._reached[-1]
        return (done - before) / (now - began) if now > began and done > before else 0.0

    def measured(self, lead: "Pace | None") -> Speed:
        """Return what the stage took, and to how many units it came for each of its lead's, or for each planned."""
        done, each = self.done - self.before, self._took / self._units if self._units else None
        of = (lead.done - lead.before if lead else self.planned) or 0.0
        already = 1.0 if lead or self.known.ratio is None else self.known.ratio
        # A stage that had nothing to do tells nothing of what it takes.
        start = self.first if done > 0 or not self.stage.unit else None
        return Speed(each, start, already * done / of if of > 0 else None)
