"""The process that makes one camera: ``python -m pipeline.training.worker ID``, started by :mod:`.lessons`."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import Cancelled, WhycamError
from core.files import home
from pipeline import jobs
from pipeline.training import lessons
from pipeline.training.lessons import Lesson
from pipeline.worker import NICE, on_signal, turn

REPORT_SECONDS = 1.0


class Line:
    """The line between a lesson at work and who looks at it; it speaks at most once a second."""

    def __init__(self, lesson: Lesson) -> None:
        self.run_id, self.lesson = lesson.id, lesson
        self.state: dict[str, Any] = {"state": "queued", "asked": time.time()}
        self._told = 0.0
        self._stage, self._began, self._from = "", 0.0, 0.0

    def tell(self, **change: Any) -> None:
        """Change the lesson's state at once."""
        self.state |= change
        self._told = time.monotonic()
        lessons.tell(self.run_id, **self.state)

    def cancelled(self) -> bool:
        """Tell whether the user asked the lesson to stop."""
        return self.lesson.cancelling

    def note(self, sentence: str) -> None:
        """Pass on what the footage's owner must know."""
        self.tell(notes=[*self.state.get("notes", []), sentence])

    def chose(self, reasons: Mapping[str, str]) -> None:
        """Pass on what was chosen."""
        self.tell(chosen=dict(reasons))

    def frames(self, what: str, done: int) -> None:
        """Pass on how many frames are done."""
        self._pass_on(f"{what}: {done:,} frames", what, None)

    def train(self, step: Any) -> None:
        """Pass on where the training stands."""
        share = (step.epoch + step.done) / step.epochs
        self._pass_on(f"learning: epoch {step.epoch + 1} of {step.epochs}, loss {step.loss:.5f}", step.stage, share)

    def _pass_on(self, said: str, stage: str, share: float | None) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._from = stage, now, share or 0.0
        elif now - self._told < REPORT_SECONDS:
            return
        if self.cancelled():
            raise Cancelled("cancelled by its user")
        gained = (share or 0.0) - self._from
        left = (1 - share) * (now - self._began) / gained if share is not None and gained > 0 else None
        self.tell(stage=said, share=share, left=left)


Teach = Callable[[Lesson, Line], object]


def work(lesson_id: str, teach: Teach) -> int:
    """Wait for the lesson's turn, make its camera, and note how it ended.

    Returns:
        The process's exit code: 0 done or cancelled, 2 the input was wrong, 1 our own failure.
    """
    lesson = lessons.get(lesson_id)
    line = Line(lesson)
    line.tell()
    try:
        with turn(line):
            line.tell(state="running", stage="loading what learns and what names things")
            teach(lesson, line)
        line.tell(state="done", stage="", share=None, left=None)
        return 0
    except Cancelled:
        line.tell(state="cancelled")
        return 0
    except WhycamError as error:
        line.tell(state="failed", error=str(error), unfit=type(error).__name__ == "UnfitError")
        return 2
    except Exception as error:
        traceback.print_exc()
        said = f"Whycam itself failed on this footage ({type(error).__name__}); see {lesson.folder / jobs.LOG}"
        line.tell(state="failed", error=said)
        return 1
    except BaseException:
        line.tell(state="interrupted", error="its worker was stopped from outside; resume it to go on")
        raise


def _teach(lesson: Lesson, line: Line) -> None:
    from core import device
    from footage._videos import VideoClip
    from pipeline.training.teach import Watch, Wish, teach

    clips = [VideoClip(name, path) for name, path in zip(lesson.clips, lesson.paths, strict=True)]
    wish = Wish(minutes=lesson.minutes, false_alarms=lesson.false_alarms, resume=True, anyway=lesson.anyway)
    watch = Watch(line.note, line.chose, line.frames, line.train)
    teach(f"{len(clips)} uploaded clips", clips, home() / "cameras" / lesson.camera, wish, watch, device.choose())


def main() -> None:
    """Make the camera of the lesson that the command line names, behind the pages that show it."""
    os.nice(NICE)
    signal.signal(signal.SIGTERM, on_signal)
    sys.exit(work(sys.argv[1], _teach))


if __name__ == "__main__":
    main()
