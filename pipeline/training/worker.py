"""The process that makes one camera: ``python -m pipeline.training.worker ID``, started by :mod:`.lessons`."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import Cancelled, WhycamError
from core.files import home
from core.progress import Progress
from jobs.job import LOG
from jobs.worker import NICE, on_signal
from pipeline._turn import turn
from pipeline.training import lessons, plan
from pipeline.training.lessons import Lesson

if TYPE_CHECKING:
    from pipeline.training.loop import Step

REPORT_SECONDS = 1.0


class Line:
    """The line between a lesson at work and who looks at it; it speaks at most once a second."""

    def __init__(self, lesson: Lesson) -> None:
        self.run_id, self.lesson = lesson.id, lesson
        self.state: dict[str, Any] = {"state": "queued", "asked": time.time()}
        self._told, self._stage, self._learning = 0.0, "", ""

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
        self.tell(notes=[*self.state.get("notes", []), self.lesson.named(sentence)])

    def chose(self, reasons: Mapping[str, str]) -> None:
        """Pass on what was chosen."""
        self.tell(chosen=dict(reasons))

    def train(self, step: "Step") -> None:
        """Take in where the training stands; :meth:`progress` passes it on."""
        loss = "" if step.loss is None else f", loss {step.loss:.5f}"
        self._learning = f"epoch {step.epoch + 1} of {step.epochs}{loss}"

    def progress(self, told: Progress) -> None:
        """Pass on how far the lesson is; a new stage is never left out."""
        if told.stage == self._stage and time.monotonic() - self._told < REPORT_SECONDS:
            return
        self._stage = told.stage
        if self.cancelled():
            raise Cancelled("cancelled by its user")
        counted = (
            f"{told.done:,}" + (f" of {told.total:,}" if told.total else "") + f" {told.unit}" if told.unit else ""
        )
        said = self._learning if told.stage == plan.LEARNING else counted
        stage = f"{told.stage}: {said}" if said else told.stage
        self.tell(stage=stage, share=told.share, left=told.left, told=time.time())


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
            line.tell(state="running", stage="starting")
            teach(lesson, line)
        line.tell(state="done", stage="", share=None, left=None, told=None)
        return 0
    except Cancelled:
        line.tell(state="cancelled")
        return 0
    except WhycamError as error:
        line.tell(state="failed", error=lesson.named(str(error)), unfit=type(error).__name__ == "UnfitError")
        return 2
    except Exception as error:
        traceback.print_exc()
        said = f"Whycam itself failed on this footage ({type(error).__name__}); see {lesson.folder / LOG}"
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
    watch = Watch(line.note, line.chose, line.progress, line.train)
    teach(f"{len(clips)} uploaded clips", clips, home() / "cameras" / lesson.camera, wish, watch, device.choose())


def main() -> None:
    """Make the camera of the lesson that the command line names, behind the pages that show it."""
    os.nice(NICE)
    signal.signal(signal.SIGTERM, on_signal)
    sys.exit(work(sys.argv[1], _teach))


if __name__ == "__main__":
    main()
