"""Cases: events of any clips, gathered under a name. What happens to a case is recorded, and nothing is taken back."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from jobs.store import new_id
from people import audit, policy
from people.actor import current
from pipeline import access
from pipeline.reviewing import database
from pipeline.reviewing.reviews import MAX_NOTE, named
from pipeline.reviewing.rows import run_of

MAX_TITLE = 100


@dataclass(frozen=True)
class CaseRecord:
    """One thing that was done to a case.

    Attributes:
        case_id: its id.
        at: when, in seconds since the epoch.
        who: by whom.
        action: ``named``, ``noted``, ``added``, ``removed`` or ``closed``.
        event: key of the event that was added or removed; empty otherwise.
        text: the name or note; empty otherwise.
    """

    case_id: str
    at: float
    who: str
    action: str
    event: str = ""
    text: str = ""


@dataclass(frozen=True)
class Case:
    """A case as its records leave it.

    Attributes:
        id: names it.
        name, note: what the analyst calls it, and writes of it.
        events: their keys, in the order in which they were added.
        closed: whether it is no longer listed.
        records: all, oldest first.
    """

    id: str
    name: str = ""
    note: str = ""
    events: tuple[str, ...] = ()
    closed: bool = False
    records: tuple[CaseRecord, ...] = ()

    def after(self, record: CaseRecord) -> "Case":
        """Return the case after one more record."""
        case = replace(self, records=(*self.records, record))
        match record.action:
            case "named":
                return replace(case, name=record.text)
            case "noted":
                return replace(case, note=record.text)
            case "added":
                return replace(case, events=(*(e for e in self.events if e != record.event), record.event))
            case "removed":
                return replace(case, events=tuple(e for e in self.events if e != record.event))
            case _:
                return replace(case, closed=True)


def create(name: str, who: str, events: Sequence[str] = (), note: str = "") -> str:
    """Begin a case, and return its id.

    Raises:
        InputError: it has no name or too long a text, or nobody is named.
        StorageError: it cannot be written.
    """
    access.require_events(policy.REVIEW, events)
    case_id = new_id()
    noted = [("noted", "", _note(note))] if note else []
    _record(case_id, who, [("named", "", _title(name)), *noted, *(("added", event, "") for event in events)])
    return case_id


def rename(case_id: str, who: str, name: str) -> None:
    """Call a case something else; see :func:`create`."""
    get(case_id)
    _record(case_id, who, [("named", "", _title(name))])


def note(case_id: str, who: str, text: str) -> None:
    """Replace the note of a case; see :func:`create`."""
    get(case_id)
    _record(case_id, who, [("noted", "", _note(text))])


def add(case_id: str, who: str, events: Iterable[str]) -> None:
    """Add events to a case; those that are in it stay as they are.

    Raises:
        InputError: there is no such case, it was closed, or nobody is named.
        StorageError: the records cannot be written.
    """
    case, events = get(case_id), list(events)
    access.require_events(policy.REVIEW, events)
    if case.closed:
        raise InputError(f"the case {case.name!r} was closed; add the events to one that is open")
    _record(case_id, who, [("added", event, "") for event in dict.fromkeys(events) if event not in case.events])


def remove(case_id: str, who: str, events: Iterable[str]) -> None:
    """Take events out of a case; the record of when they were in it stays."""
    there = get(case_id).events
    _record(case_id, who, [("removed", event, "") for event in dict.fromkeys(events) if event in there])


def close(case_id: str, who: str) -> None:
    """List a case no longer; its records stay."""
    get(case_id)
    _record(case_id, who, [("closed", "", "")])


def cases(closed: bool = False) -> list[Case]:
    """List the cases that are open, the newest first; with ``closed``, the others as well.

    A case is seen by who sees all its events; without one, by who began it, too.

    Raises:
        StorageError: the records cannot be read.
    """
    found = dict[str, Case]()
    for record in _records():
        found[record.case_id] = found.get(record.case_id, Case(record.case_id)).after(record)
    newest = sorted(found.values(), key=lambda case: case.id, reverse=True)
    return _seen([case for case in newest if closed or not case.closed])


def _seen(found: list[Case]) -> list[Case]:
    who = current()
    if policy.may(policy.LOOK) and who.cameras is None:
        return found
    hidden = access.hidden_runs(run_of(event) for case in found for event in case.events)
    return [
        case for case in found
        if not {run_of(event) for event in case.events} & hidden and (case.events or case.records[0].who == who.name)
    ]  # fmt: skip


def get(case_id: str) -> Case:
    """Return one case, open or closed.

    Raises:
        InputError: there is none of that id.
    """
    found = next((case for case in cases(closed=True) if case.id == case_id), None)
    if found is None:
        raise InputError(f"there is no case {case_id[:40]!r}; the page Cases lists those there are")
    return found


def _title(name: str) -> str:
    title = " ".join(name.split())
    if not title or len(title) > MAX_TITLE or not title.isprintable():
        raise InputError(f"a case needs a name of 1 to {MAX_TITLE} printable characters, got {title[:MAX_TITLE]!r}")
    return title


def _note(text: str) -> str:
    if len(text) > MAX_NOTE:
        raise InputError(f"a note has {MAX_NOTE:,} characters at most, got {len(text):,}")
    return text.strip()


def _record(case_id: str, who: str, told: Sequence[tuple[str, str, str]]) -> None:
    """Add records of (action, event, text), all or none."""
    policy.require(policy.REVIEW)
    at, person = time.time(), named(access.reviewer(who))
    with database.transaction() as opened:
        opened.executemany(
            "INSERT INTO case_records (case_id, at, who, action, event, text) VALUES (?, ?, ?, ?, ?, ?)",
            [(case_id, at, person, *each) for each in told],
        )
    for action, event, _ in told:
        audit.record(audit.CASE, case_id, f"{action} {event}".strip())


def _records() -> list[CaseRecord]:
    with database.opened(reading=True) as opened:
        opened.row_factory = None
        found = opened.execute("SELECT case_id, at, who, action, event, text FROM case_records ORDER BY number")
        return [CaseRecord(*row) for row in found.fetchall()]
