"""A job as the store keeps it: its request, its progress and its end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from core.files import home
from core.progress import Progress, Told

STATES = ("draft", "queued", "running", "done", "failed", "cancelled", "interrupted")
ACTIVE = ("queued", "running")
STARTABLE = ("draft", "failed", "cancelled", "interrupted")
LOG = "worker.log"
OWNER = "by"
"""Entry of a job's parameters."""
T = TypeVar("T")


class Parameter(Generic[T]):
    """An entry of a job's parameters, as a typed attribute of its class."""

    source = "parameters"

    def __init__(self, default: T) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, job: "Job", owner: type) -> T:
        found: T = getattr(job, self.source).get(self.name, self.default)
        return found


class Found(Parameter[T]):
    """An entry of what a job published, likewise."""

    source = "summary"


@dataclass(frozen=True)
class Job:
    """One job; times are seconds since the epoch. A kind has a class of its own below this, with typed properties.

    Attributes:
        id: names the job.
        kind: ``KIND`` of its class; what computes it, see :class:`jobs.queue.Queue`.
        title: what its user calls it: shown escaped, never a path.
        subject: what it works on; of a kind and subject one job at most is active. Empty: any number.
        directory: of its files, relative to the user's folder.
        parameters: of the request.
        summary: what it published so far, for lists to show.
        state: one of :data:`STATES`; a draft has its files but was never started.
        stage: what is going on, in words.
        told: how far it is; None before that is known.
        reason: the sentence that says why it stopped.
        priority: the higher is computed first; within one, the job queued first.
        attempts: how often it was started.
        created, queued, started, ended: when it was.
        cancel_requested: when its user asked it to stop.
        process: identity of its worker, see :func:`jobs.processes.identity`.
    """

    KIND: ClassVar[str] = ""
    NOUN: ClassVar[str] = "job"

    id: str
    kind: str
    title: str
    subject: str
    directory: str
    parameters: dict[str, Any]
    summary: dict[str, Any]
    state: str
    stage: str
    told: Told | None
    reason: str
    priority: int
    attempts: int
    created: float
    queued: float | None
    started: float | None
    ended: float | None
    cancel_requested: float | None
    process: str | None

    @property
    def owner(self) -> str:
        """The account that made it; empty where it was made without sign-in."""
        return str(self.parameters.get(OWNER, ""))

    @property
    def folder(self) -> Path:
        """Where its files and its worker's log lie."""
        return home() / self.directory

    @property
    def active(self) -> bool:
        """Whether a worker has it."""
        return self.state in ACTIVE

    @property
    def cancelling(self) -> bool:
        """Whether its user asked it to stop."""
        return self.cancel_requested is not None

    @property
    def progress(self) -> Progress:
        """How far it is when that was last told; nothing done before."""
        return self.told.progress if self.told else Progress(0, None, 0.0, self.stage, "")

    @property
    def share(self) -> float | None:
        """How much of it is done, 0 to 1; None while it is unknown."""
        return self.progress.share

    @property
    def seconds_left(self) -> float | None:
        """Time until it is done, all stages included; None while it is unknown."""
        return self.told.left if self.told else None
