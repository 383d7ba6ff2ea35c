"""The events of all runs with all that is said of them; which are chosen, and in which order."""

import calendar
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from people.actor import OWNER, acting
from pipeline.reviewing import cases, exported, index, reviews
from pipeline.reviewing.reviews import Opinion
from pipeline.reviewing.rows import FAULT, EventRow, run_of
from pipeline.reviewing.severity import ALL, Rule, severity

NO_VERDICT = "none"
NOTHING_SAID = Opinion()
UNREVIEWED, REVIEWED, FAULTS = "Unreviewed", "Reviewed", "Camera faults"
TABS = (UNREVIEWED, REVIEWED, FAULTS)


@dataclass(frozen=True)
class Listed:
    """An event as it is listed.

    Attributes:
        row: the event.
        severity: one of :data:`pipeline.reviewing.severity.ALL`.
        opinion: what reviewers say of it.
        cases: names of the open cases that it is in.
        exported: when it was exported last, in seconds since the epoch; None if never.
    """

    row: EventRow
    severity: str
    opinion: Opinion = NOTHING_SAID
    cases: tuple[str, ...] = ()
    exported: float | None = None

    @property
    def tab(self) -> str:
        """Which of :data:`TABS` it is listed under."""
        return FAULTS if self.row.kind == FAULT else REVIEWED if self.opinion.reviewed else UNREVIEWED


@dataclass(frozen=True)
class Filters:
    """What is looked for; an empty entry takes everything.

    Attributes:
        labels, cameras, severities: names, one of which must be the event's.
        verdicts: likewise; :data:`NO_VERDICT` for an event without one.
        day: ``YYYY-MM-DD``.
        run: id of one run.
    """

    labels: Collection[str] = ()
    cameras: Collection[str] = ()
    severities: Collection[str] = ()
    verdicts: Collection[str] = ()
    day: str = ""
    run: str = ""

    def take(self, one: Listed) -> bool:
        """Tell whether an event is looked for."""
        row = one.row
        return (
            (not self.labels or row.label in self.labels)
            and (not self.cameras or row.camera in self.cameras)
            and (not self.severities or one.severity in self.severities)
            and (not self.verdicts or (one.opinion.verdict or NO_VERDICT) in self.verdicts)
            and self.day in ("", row.day)
            and self.run in ("", row.run)
        )


def _rank(one: Listed) -> tuple[int, float]:
    return ALL.index(one.severity), _rate(one)


def _rate(one: Listed) -> float:
    return float("inf") if one.row.per_hour is None else one.row.per_hour


ORDERS: dict[str, Callable[[Listed], tuple[object, ...]]] = {
    "newest first": lambda one: (),
    "most severe first": _rank,
    "longest first": lambda one: (-one.row.seconds,),
    "camera": lambda one: (one.row.camera,),
    "label": lambda one: (one.row.label,),
}
"""Name of an order to its key; what is equal stays newest first."""


def listed(rules: Sequence[Rule]) -> list[Listed]:
    """Return all events, newest first, with all that is said of them.

    Args:
        rules: of severity.

    Raises:
        StorageError: the index or the records cannot be read.
    """
    said, when, gathered = reviews.opinions(), exported.latest(), defaultdict[str, list[str]](list)
    for case in cases.cases():
        for event in case.events:
            gathered[event].append(case.name)
    rows = sorted(index.rows(), key=lambda row: (row.day, row.recorded or row.run, row.start), reverse=True)
    return [
        Listed(row, severity(row, rules), said.get(row.key, NOTHING_SAID), tuple(gathered.get(row.key, ())),
               when.get(row.key))
        for row in rows
    ]  # fmt: skip


def chosen(events: Iterable[Listed], filters: Filters, order: str = "newest first") -> list[Listed]:
    """Return the events that are looked for, in an order of :data:`ORDERS`."""
    return sorted(filter(filters.take, events), key=ORDERS[order])


def month(events: Iterable[Listed], year: int, number: int) -> list[list[tuple[int, int]]]:
    """Return the weeks of a month, Monday first, as (day, number of its events); day 0 lies in another month."""
    counts = defaultdict[str, int](int)
    for one in events:
        counts[one.row.day] += 1
    weeks = calendar.Calendar().monthdayscalendar(year, number)
    return [[(day, counts[date(year, number, day).isoformat()] if day else 0) for day in week] for week in weeks]


def reviewed_runs() -> set[str]:
    """Return the ids of runs of which anything was said: no clean-up may delete them.

    Raises:
        StorageError: the records cannot be read.
    """
    return {run_of(event) for event in reviews.opinions()}


def case_runs() -> set[str]:
    """Return the ids of runs whose events are in open cases; see :func:`reviewed_runs`."""
    with acting(OWNER):  # in any case, whoever asks
        return {run_of(event) for case in cases.cases() for event in case.events}
