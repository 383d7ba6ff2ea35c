"""Who asks: the person for whom the present request, script or command runs.

On the command line and in workers that is :data:`OWNER`, whose machine it is. The web app's server tells who it is for
each request (:func:`acting`), and names a function that tells it in the threads of pages (:func:`resolve_by`).
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

VIEWER, REVIEWER, ADMINISTRATOR = "viewer", "reviewer", "administrator"
ROLES = (VIEWER, REVIEWER, ADMINISTRATOR)
"""Each may what the one before may."""


@dataclass(frozen=True)
class Actor:
    """A person, as far as the policy needs to know.

    Attributes:
        name: of the account; empty where there is no sign-in.
        role: one of :data:`ROLES`; empty for nobody.
        cameras: names of those that may be seen; None for all.
        address: from which the request came, as far as it is known.
    """

    name: str
    role: str
    cameras: frozenset[str] | None = None
    address: str = ""

    @property
    def known(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.name)


OWNER = Actor("", ADMINISTRATOR)
"""Whoever started Whycam on this machine, without sign-in."""
NOBODY = Actor("", "", frozenset())
_CURRENT = ContextVar[Actor | None]("actor", default=None)
_resolvers = list[Callable[[], Actor]]()


def current() -> Actor:
    """Return who asks: as told for this request, else by the server's function, else :data:`OWNER`."""
    told = _CURRENT.get()
    if told is not None:
        return told
    return _resolvers[-1]() if _resolvers else OWNER


@contextlib.contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Let everything in the block be asked by somebody.

    >>> with acting(Actor("ann", VIEWER)):
    ...     current().name
    'ann'
    """
    token = _CURRENT.set(actor)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def resolve_by(find: Callable[[], Actor] | None) -> None:
    """Have a function tell who asks where nobody was told of; None takes it back."""
    _resolvers[:] = [find] if find else []
