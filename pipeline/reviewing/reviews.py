"""Reviews: records of who said what of an event, and when. They are only ever added; the latest word counts."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import InputError, UnknownNameError
from people import audit, policy
from pipeline import access
from pipeline.reviewing import database

TRUE, FALSE, UNSURE = "true", "false", "unsure"
VERDICTS = (TRUE, FALSE, UNSURE)
MAX_NAME, MAX_NOTE = 60, 2000


@dataclass(frozen=True)
class Review:
    """What one person said of one event, once.

    Attributes:
        event: its key.
        at: when, in seconds since the epoch.
        reviewer: who.
        reviewed: whether the event was marked as reviewed, or as not; None where that was left as it was.
        verdict: one of :data:`VERDICTS`, or empty: taken back; None where it was left as it was.
        note: likewise.
    """

    event: str
    at: float
    reviewer: str
    reviewed: bool | None
    verdict: str | None
    note: str | None


@dataclass(frozen=True)
class Opinion:
    """What is said of an event after all records so far.

    Attributes:
        reviewed, verdict, note: the latest word of anybody.
        records: all, oldest first.
    """

    reviewed: bool = False
    verdict: str = ""
    note: str = ""
    records: tuple[Review, ...] = ()

    @property
    def by_reviewer(self) -> dict[str, "Opinion"]:
        """What each reviewer says, those who spoke last first."""
        each = defaultdict[str, list[Review]](list)
        for record in self.records:
            each[record.reviewer].append(record)
        return {name: folded(own) for name, own in sorted(each.items(), key=lambda pair: -pair[1][-1].at)}

    @property
    def disputed(self) -> bool:
        """Whether reviewers give different verdicts."""
        return len({own.verdict for own in self.by_reviewer.values() if own.verdict}) > 1


def folded(records: Sequence[Review]) -> Opinion:
    """Return where an event stands after its records, oldest first.

    >>> first, second = Review("e", 1.0, "Ann", True, "true", None), Review("e", 2.0, "Ben", None, None, "a cat")
    >>> found = folded([first, second])
    >>> found.reviewed, found.verdict, found.note
    (True, 'true', 'a cat')
    """
    reviewed, verdict, note = False, "", ""
    for one in records:
        reviewed = reviewed if one.reviewed is None else one.reviewed
        verdict = verdict if one.verdict is None else one.verdict
        note = note if one.note is None else one.note
    return Opinion(reviewed, verdict, note, tuple(records))


def add(
    events: Iterable[str], reviewer: str, *, reviewed: bool | None = None, verdict: str | None = None,
    note: str | None = None,
) -> None:  # fmt: skip
    """Record what a person says of some events; a verdict also marks them as reviewed.

    Args:
        events: their keys.
        reviewer: the person's name; where somebody is signed in, the account's name counts.
        reviewed: whether they are reviewed; None leaves that as it is.
        verdict: one of :data:`VERDICTS`, empty to take it back, or None.
        note: the new note, or None.

    Raises:
        AccessError: the one who asks may not review.
        InputError: nobody is named, a text is too long, or nothing is said.
        UnknownNameError: there is no such verdict.
        StorageError: the records cannot be written; none is.
    """
    spoken_of = list(events)
    access.require_events(policy.REVIEW, spoken_of)
    who = named(access.reviewer(reviewer))
    if verdict not in (None, "", *VERDICTS):
        raise UnknownNameError("verdict", str(verdict), VERDICTS)
    if note is not None and len(note) > MAX_NOTE:
        raise InputError(f"a note has {MAX_NOTE:,} characters at most, got {len(note):,}")
    if reviewed is None and verdict is None and note is None:
        raise InputError("a review says that an event was reviewed, a verdict, or a note; got none of them")
    marked = True if verdict and reviewed is None else reviewed
    values = (time.time(), who, None if marked is None else int(marked), verdict, note)
    with database.transaction() as opened:
        opened.executemany(
            "INSERT INTO reviews (event, at, reviewer, reviewed, verdict, note) VALUES (?, ?, ?, ?, ?, ?)",
            [(event, *values) for event in spoken_of],
        )
    said = [f"verdict {verdict}"] * (verdict is not None) + ["note"] * (note is not None)
    told, many = ", ".join(said) or f"reviewed {marked}", len(spoken_of)
    subject = spoken_of[0] if many == 1 else f"{many} events"
    audit.record(audit.REVIEWED, subject, told if many == 1 else f"{told}: {', '.join(spoken_of)}")


def named(person: str) -> str:
    """Return a person's name without spaces around it.

    Raises:
        InputError: it is empty, too long, or has characters that cannot be shown.
    """
    name = " ".join(person.split())
    if not name:
        raise InputError("reviews are recorded under a name; type yours first")
    if len(name) > MAX_NAME or not name.isprintable():
        raise InputError(f"a name has {MAX_NAME} printable characters at most, got {name[:MAX_NAME]!r}")
    return name


def opinions() -> Mapping[str, Opinion]:
    """Return where every event stands of which anything was said, by its key.

    Raises:
        StorageError: the records cannot be read.
    """
    each = defaultdict[str, list[Review]](list)
    for record in _records("", ()):
        each[record.event].append(record)
    return {event: folded(records) for event, records in each.items()}


def of(event: str) -> Opinion:
    """Return where one event stands."""
    return folded(_records(" WHERE event = ?", (event,)))


def _records(where: str, values: Sequence[str]) -> list[Review]:
    with database.opened(reading=True) as opened:
        opened.row_factory = None
        found = opened.execute(
            f"SELECT event, at, reviewer, reviewed, verdict, note FROM reviews{where} ORDER BY number", values
        ).fetchall()
    return [Review(event, at, who, None if seen is None else bool(seen), verdict, note)
            for event, at, who, seen, verdict, note in found]  # fmt: skip
