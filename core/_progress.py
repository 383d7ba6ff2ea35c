"""How far a job is, as it is told from one process to another, and in words."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

OVERDUE_FRACTION = 0.25
"""Of how long nothing was heard: work that is late is expected to take at least as much longer again."""


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        done: units of the present stage that are done.
        total: how many there will be; None while unknown.
        fps: units done per second of late, in this process; 0 while unknown.
        stage: what is going on, in a word or two.
        unit: what ``done`` counts; empty where the stage has no parts.
        left: seconds until the whole job ends, all stages to come included; None while unknown.
        share: of the whole job that is behind it, 0 to 1; None while unknown.
    """

    done: int
    total: int | None
    fps: float
    stage: str
    unit: str = "frames"
    left: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Told:
    """Progress as another process told it.

    Attributes:
        progress: what was told.
        at: when, in seconds since the epoch.
    """

    progress: Progress
    at: float

    @classmethod
    def of(cls, content: Mapping[str, Any] | None) -> "Told | None":
        """Make it of what :func:`kept` made of it; None of nothing, or of what is none."""
        try:
            return cls(Progress(**content["progress"]), float(content["at"])) if content else None
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def left(self) -> float | None:
        """Seconds that the job still takes now; None while unknown."""
        return counted_down(self.progress.left, max(time.time() - self.at, 0.0))


def kept(progress: Progress) -> dict[str, Any]:
    """Return progress, told now, as JSON keeps it.

    >>> Told.of(kept(Progress(3, 10, 1.0, "scoring", left=9.0))).progress
    Progress(done=3, total=10, fps=1.0, stage='scoring', unit='frames', left=9.0, share=None)
    """
    return {"progress": asdict(progress), "at": time.time()}


def counted(progress: Progress) -> str:
    """Say what stage a job is in, and how much of it is done.

    >>> counted(Progress(120, 4800, 24.0, "scoring")), counted(Progress(0, None, 0.0, "loading the models", ""))
    ('Scoring: 120 of 4,800 frames', 'Loading the models')
    """
    said = progress.stage[:1].upper() + progress.stage[1:]
    if progress.unit:
        said += f": {progress.done:,}" + (f" of {progress.total:,}" if progress.total else "") + f" {progress.unit}"
    return said


def time_left(seconds: float | None) -> str:
    """Put a time left in words; never none while there is work.

    >>> time_left(3.2), time_left(38), time_left(207), time_left(5000)
    ('a few seconds left', 'about 40 s left', 'about 3 min 30 s left', 'about 1 h 25 min left')
    >>> time_left(None)
    'time left not known yet'
    """
    if seconds is None:
        return "time left not known yet"
    return "a few seconds left" if seconds < 5 else f"about {roughly(seconds)} left"


def roughly(seconds: float) -> str:
    """Put a foretold length of time in words, as exactly as it can be foretold.

    >>> roughly(0.3), roughly(7), roughly(104), roughly(400), roughly(3590), roughly(7300)
    ('1 s', '7 s', '1 min 45 s', '7 min', '1 h', '2 h')
    """
    whole = max(1, round(seconds))
    for limit, step in ((10, 1), (60, 5), (300, 15), (3300, 60), (math.inf, 300)):
        if whole < limit:
            whole = max(step, round(whole / step) * step)
            break
    minutes, second = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (second, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def counted_down(left: float | None, since: float) -> float | None:
    """Return what is left of a time left that was told ``since`` seconds ago, when nothing was heard meanwhile.

    >>> counted_down(30.0, 4.0), counted_down(2.0, 20.0), counted_down(None, 5.0)
    (26.0, 5.0, None)
    """
    return None if left is None else max(left - since, OVERDUE_FRACTION * since)
