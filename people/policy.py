"""What each role may do, and which objects a person sees: the one place where that is decided.

Whatever serves or changes an object asks here, at the object: the store of jobs, the index of events, cases, cameras.
A page that forgets to hide a button changes nothing.
"""

from collections.abc import Iterable

from core.errors import AccessError, InputError
from people.actor import ADMINISTRATOR, REVIEWER, ROLES, VIEWER, Actor, current

LOOK, UPLOAD, ANALYSE, REVIEW, EXPORT, EXPLAIN, EVALUATE = (
    "look", "upload", "analyse", "review", "export", "explain", "evaluate"
)  # fmt: skip
TRAIN, DELETE, CAMERAS, RULES, QUEUE = "train", "delete", "change cameras", "change rules", "order the queue"
NEEDS = {
    LOOK: VIEWER,
    **dict.fromkeys((UPLOAD, ANALYSE, REVIEW, EXPORT, EXPLAIN, EVALUATE), REVIEWER),
    **dict.fromkeys((TRAIN, DELETE, CAMERAS, RULES, QUEUE), ADMINISTRATOR),
}
"""Action to the least role that may do it."""


def may(action: str, actor: Actor | None = None) -> bool:
    """Tell whether a person may do something at all; by default the one who asks.

    >>> may(REVIEW, Actor("ann", VIEWER)), may(REVIEW, Actor("ben", REVIEWER)), may(LOOK, Actor("", ""))
    (False, True, False)
    """
    role = (actor or current()).role
    return role in ROLES and ROLES.index(role) >= ROLES.index(NEEDS[action])


def require(action: str, owner: str | None = None) -> None:
    """See that the one who asks may do something.

    Args:
        action: one of :data:`NEEDS`.
        owner: account whose object it is, where its owner may do it, too; for example delete a clip not analysed yet.

    Raises:
        AccessError: not in that role.
    """
    if refused := refusal(action, owner):
        raise AccessError(refused)


def refusal(action: str, owner: str | None = None) -> str:
    """Return the sentence with which :func:`require` refuses something to the one who asks; empty where it does not.

    >>> from people.actor import acting
    >>> with acting(Actor("ann", VIEWER)):
    ...     refusal(DELETE), refusal(LOOK)
    ('the role viewer may not delete; that needs the role administrator', '')
    """
    who = current()
    if may(action) or (owner and owner == who.name and may(UPLOAD)):
        return ""
    named = f"the role {who.role}" if who.role else "nobody who is not signed in"
    may_not = "may not" if who.role else "may"
    return f"{named} {may_not} {action}; that needs the role {NEEDS[action]}"


def sees(cameras: Iterable[str], owner: str = "") -> bool:
    """Tell whether the one who asks may see an object.

    Args:
        cameras: names of all cameras that it is of; an object of no camera is seen by its owner, and by those who see
            all cameras.
        owner: account that made it; empty where it was made without sign-in.

    >>> from people.actor import acting
    >>> with acting(Actor("ann", VIEWER, frozenset({"north"}))):
    ...     sees(["north"]), sees(["north", "south"]), sees([]), sees([], "ann")
    (True, False, False, True)
    """
    who, needed = current(), frozenset(cameras)
    if not may(LOOK, who):
        return False
    if who.cameras is None or (owner and owner == who.name and not needed):
        return True
    return bool(needed) and needed <= who.cameras


def require_camera(camera: str) -> None:
    """See that the one who asks sees a camera.

    Raises:
        InputError: not this one; the same sentence as for a camera that is not there.
    """
    if not sees([camera]):
        raise InputError(f"there is no camera {camera[:64]!r}; choose one of those listed")
