"""What the command line shows: progress on stderr and tables on stdout."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
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


def sentence(progress: Progress) -> str:
    """Put progress in words.

    >>> from types import SimpleNamespace
    >>> sentence(SimpleNamespace(stage="scoring", done=120, total=4800, fps=24.0))
    'scoring: 120 of 4800 frames, 24.0 frames/s, 3:15 left'
    """
    total = f" of {progress.total}" if progress.total else ""
    said = f"{progress.stage}: {progress.done}{total} frames"
    if progress.fps > 0:
        said += f", {progress.fps:.1f} frames/s"
        if progress.total:
            minutes, seconds = divmod(round(max(progress.total - progress.done, 0) / progress.fps), 60)
            said += f", {minutes}:{seconds:02d} left"
    return said


class ProgressLine:
    """Says how far a verb is: one line rewritten on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.every = 0.2 if self.terminal else 30.0
        self.due = time.monotonic() + (0.0 if self.terminal else self.every)

    def __call__(self, progress: Progress) -> None:
        """Show ``progress`` if it is time to."""
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.every
            start, end = ("\r\x1b[K", "") if self.terminal else ("", "\n")
            print(f"{start}{sentence(progress)}", end=end, file=sys.stderr, flush=True)

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
