"""The process that computes one run: ``python -m pipeline.worker RUN_ID``, started by :mod:`pipeline.jobs`."""

import contextlib
import fcntl
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from core.errors import Cancelled, WhycamError
from core.files import home
from core.progress import Progress
from pipeline import jobs, store

if TYPE_CHECKING:
    from core.analysis import Analysis

TURN_SECONDS = 0.5
NICE = 5
REPORT_SECONDS = 0.25

STARTING = Progress(0, None, 0.0, "starting", "")
"""Until the stages are loaded, which takes seconds."""

Analyse = Callable[[store.Run, "Link"], "Analysis"]


class Link:
    """The line between a run that is being computed and the store; it speaks at most four times a second."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._told = self._asked = 0.0
        self._stage: str | None = None
        self._cancelled = False

    def progress(self, report: Progress) -> None:
        """Pass on how far the run is; a new stage and the end of one are never left out."""
        now = time.monotonic()
        if now - self._told >= REPORT_SECONDS or report.stage != self._stage or report.done == report.total:
            self._told, self._stage = now, report.stage
            store.progress(self.run_id, report)

    def cancelled(self) -> bool:
        """Tell whether the user asked the run to stop."""
        now = time.monotonic()
        if not self._cancelled and now - self._asked >= REPORT_SECONDS:
            self._asked, self._cancelled = now, store.get(self.run_id).cancel
        return self._cancelled


def work(run_id: str, analyse: Analyse) -> int:
    """Wait for the run's turn, compute it, and note how it ended.

    Returns:
        The process's exit code: 0 done or cancelled, 2 the input was wrong, 1 our own failure.
    """
    run, link = store.get(run_id), Link(run_id)
    me = os.getpid()
    store.attach(run_id, me, jobs.born_at(me) or "")
    try:
        with turn(link):
            if not store.begin(run_id):
                return 0
            analysis = analyse(run, link)
            store.finish(run_id, len(analysis.events), _top_cause(analysis), analysis.reach)
            return 0
    except Cancelled:
        store.end(run_id, "cancelled", None, me)
        return 0
    except WhycamError as error:
        store.end(run_id, "failed", run.named(str(error)), me)
        return 2
    except Exception as error:
        traceback.print_exc()
        log = run.folder / jobs.LOG
        store.end(run_id, "failed", f"Whycam itself failed on this clip ({type(error).__name__}); see {log}", me)
        return 1
    except BaseException:
        store.end(run_id, "interrupted", "its worker was stopped from outside; resume it to go on", me)
        raise


class Waits(Protocol):
    """Who waits for a turn: its id, and whether its user asked it to stop."""

    run_id: str

    def cancelled(self) -> bool:
        """Tell whether the user asked it to stop."""
        ...


@contextmanager
def turn(link: Waits) -> Iterator[None]:
    """Hold the machine's one place to compute; the run queued first goes first, and before any training.

    Raises:
        Cancelled: its user asked it to stop.
    """
    with _lock_path().open("w") as place:
        while True:
            if link.cancelled():
                raise Cancelled("cancelled while it waited for its turn")
            if _first_in_line(link.run_id):
                # Held by another worker: it is asked for again, between two looks at whether the user gave up.
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
            time.sleep(TURN_SECONDS)
        yield


def _lock_path() -> Path:
    return home() / "compute.lock"


def _first_in_line(run_id: str) -> bool:
    jobs.notice_dead()
    line = sorted(store.runs(("queued",)), key=lambda run: (run.queued or 0.0, run.id))
    return not line or line[0].id == run_id


def _top_cause(analysis: "Analysis") -> str | None:
    """Name the best cause of the highest event; an event without a cause has an unknown one."""
    if not analysis.events:
        return None
    highest = max(analysis.events, key=lambda explained: explained.event.peak_score)
    return highest.causes[0].fine if highest.causes else "unknown"


def _analyse(run: store.Run, link: Link) -> "Analysis":
    link.progress(STARTING)
    from pipeline.analyse import analyse
    from pipeline.camera import load

    return analyse(
        run.path,
        load(run.camera or ""),
        run.folder,
        name=run.clip,
        threshold=run.threshold,
        progress=link.progress,
        cancelled=link.cancelled,
    )


def on_signal(number: int, frame: FrameType | None) -> None:
    """End the process as it ends by itself, so that what it holds is put away."""
    raise SystemExit(128 + number)


def main() -> None:
    """Compute the run that the command line names, behind the pages that show it."""
    os.nice(NICE)
    signal.signal(signal.SIGTERM, on_signal)
    sys.exit(work(sys.argv[1], _analyse))


if __name__ == "__main__":
    main()
