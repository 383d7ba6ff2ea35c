"""How far a verb is, as the terminal shows it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.progress import Progress, time_left

if TYPE_CHECKING:
    from pipeline.training.loop import Step

LEARNING = "learning"
"""Name of the stage whose epoch and loss are shown, too."""


def sentence(progress: Progress, detail: str = "") -> str:
    """Put progress in words, with a detail of its stage.

    >>> sentence(Progress(120, 4800, 24.0, "scoring", left=195.0))
    'scoring: 120 of 4,800 frames, 24.0 frames/s, about 3 min 15 s left'
    >>> sentence(Progress(0, None, 0.0, "loading the models", ""))
    'loading the models, time left not known yet'
    """
    said = progress.stage + (f", {detail}" if detail else "")
    if progress.unit:
        said += f": {progress.done:,}" + (f" of {progress.total:,}" if progress.total else "") + f" {progress.unit}"
        if progress.fps > 0:
            said += f", {progress.fps:.1f} {progress.unit}/s"
    return f"{said}, {time_left(progress.left)}"


class ProgressLine:
    """Says how far a verb is: one line rewritten on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.every = 0.2 if self.terminal else 30.0
        self.began = time.monotonic()
        self.due = self.began + (0.0 if self.terminal else self.every)
        self.stage = self.learning = ""
        self.reached: float | None = None

    def __call__(self, progress: Progress) -> None:
        """Show how far the job is, if it is time to; on a terminal a new stage is shown at once."""
        if progress.stage != self.stage and self.terminal:
            self.due = 0.0
        self.stage = progress.stage
        self.show(lambda: sentence(progress, self.learning if progress.stage == LEARNING else ""))

    def step(self, step: "Step") -> None:
        """Take in where a training stands, which is shown while its stage is."""
        self.learning = f"epoch {step.epoch + 1} of {step.epochs}"
        if step.loss is not None:
            self.learning += f", {step.done:.0%}, loss {step.loss:.5f}"

    def arriving(self, name: str, done: int, total: int | None) -> None:
        """Show how much of a file that is downloaded is here."""
        whole = f" of {total >> 20:,} MB, {done / max(total, 1):.0%}" if total else " MB"
        self.show(lambda: f"{name}: {done >> 20:,}{whole}")

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
