"""What the command line shows: progress on stderr and tables on stdout."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol


class Progress(Protocol):
    """How far a verb is: ``done`` of ``total`` frames (None while unknown), at ``fps`` frames a second."""

    @property
    def stage(self) -> str:
        """What is being done."""
        ...

    @property
    def done(self) -> int:
        """Frames done."""
        ...

    @property
    def total(self) -> int | None:
        """Frames that there are, if known."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second, 0 while unknown."""
        ...


class Step(Protocol):
    """Where a training stands: ``epoch`` (from 0) of ``epochs``, of which ``done`` (0 to 1) is behind it."""

    @property
    def stage(self) -> str:
        """Name of the training stage."""
        ...

    @property
    def epoch(self) -> int:
        """Present epoch, from 0."""
        ...

    @property
    def epochs(self) -> int:
        """Epochs of the stage."""
        ...

    @property
    def done(self) -> float:
        """Share of the present epoch, 0 to 1."""
        ...

    @property
    def loss(self) -> float:
        """Loss of the last batch."""
        ...

    @property
    def windows_per_second(self) -> float:
        """Speed of the present epoch."""
        ...


def clock(seconds: float) -> str:
    """Write a duration as ``m:ss``, or ``h:mm:ss`` from an hour on.

    >>> clock(195.2), clock(3600)
    ('3:15', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def sentence(progress: Progress) -> str:
    """Put progress in words.

    >>> from types import SimpleNamespace
    >>> sentence(SimpleNamespace(stage="scoring", done=120, total=4800, fps=24.0))
    'scoring: 120 of 4800 frames, 24.0 frames/s, 3:15 left'
    """
    total = f" of {progress.total}" if progress.total else ""
    said = f"{progress.stage}: {progress.done}{total} {getattr(progress, 'unit', 'frames')}"
    if progress.fps > 0:
        said += f", {progress.fps:.1f} frames/s"
        if progress.total:
            said += f", {clock(max(progress.total - progress.done, 0) / progress.fps)} left"
    return said


class ProgressLine:
    """Says how far a verb is: one line rewritten on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.every = 0.2 if self.terminal else 30.0
        self.began = time.monotonic()
        self.due = self.began + (0.0 if self.terminal else self.every)
        self.reached: float | None = None

    def __call__(self, progress: Progress) -> None:
        """Show how far the frames are, if it is time to."""
        self.show(lambda: sentence(progress))

    def train(self, step: Step) -> None:
        """Show where a training stands, if it is time to."""
        share = (step.epoch + step.done) / step.epochs
        if self.reached is None:
            self.began, self.reached = time.monotonic(), share
        gained = share - self.reached
        left = (1 - share) * (time.monotonic() - self.began) / gained if gained > 0 else None
        self.show(
            lambda: (
                f"{step.stage}: epoch {step.epoch + 1} of {step.epochs}, {step.done:.0%}, loss {step.loss:.5f}, "
                f"{step.windows_per_second:.1f} windows/s" + (f", {clock(left)} left" if left is not None else "")
            )
        )

    def show(self, text: Callable[[], str]) -> None:
        """Show a line, if it is time to."""
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.every
            start, end = ("\r\x1b[K", "") if self.terminal else ("", "\n")
            print(f"{start}{text()}", end=end, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Print something that stays, on stderr."""
        self.clear()
        print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Remove the line from a terminal."""
        if self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def progress_line() -> Iterator[ProgressLine]:
    """Give a progress line that is gone when the block ends."""
    line = ProgressLine()
    try:
        yield line
    finally:
        line.clear()


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Set rows that share their keys as columns; None is an empty cell.

    >>> print(table([{"name": "eer", "about": "equal error rate"}, {"name": "f1", "about": "best F1"}]))
    name  about
    eer   equal error rate
    f1    best F1
    """
    if not rows:
        return "none"
    lines = [list(rows[0]), *[["" if v is None else str(v) for v in row.values()] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
