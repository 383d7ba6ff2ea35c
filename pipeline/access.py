"""Which events and cases the one who asks sees, and in whose name they are spoken of."""

from collections.abc import Iterable

from core.errors import InputError
from jobs.job import Job
from jobs.store import JobStore
from people import policy
from people.actor import current


def reviewer(typed: str) -> str:
    """Return in whose name a review is kept: the account that is signed in, else the name that was typed."""
    who = current()
    return who.name if who.known else typed


def hidden_runs(runs: Iterable[str]) -> set[str]:
    """Return those runs that there are, and that the one who asks does not see."""
    asked = set(runs)
    if not asked or (policy.may(policy.LOOK) and current().cameras is None):
        return set()
    there = {job.id for job in JobStore(everything=True).all(Job) if job.id in asked}
    return there - {job.id for job in JobStore().all(Job)}


def require_events(action: str, events: Iterable[str]) -> None:
    """See that the one who asks may do something with events.

    Args:
        action: of :mod:`people.policy`.
        events: their keys, which begin with the id of a run.

    Raises:
        AccessError: not in that role.
        InputError: one of them is of a run that is not there for this person.
    """
    policy.require(action)
    if hidden := hidden_runs(event.partition("/")[0] for event in events):
        raise InputError(f"there is no run {min(hidden)!r}; it may have been deleted")
