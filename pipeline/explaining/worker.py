"""The process that explains one frame of a run: ``python -m pipeline.explaining.worker RUN_ID FRAME``."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core import device
from core.errors import Cancelled, WhycamError
from core.progress import Progress, kept
from explain import report
from explain.attribution import Budget
from pipeline import answers, store
from pipeline._turn import turn
from pipeline.answers import EVIDENCE, WHY, explain_events
from pipeline.camera import load
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import plan, reasons
from pipeline.explaining.attributions import Asked, explain_frame
from pipeline.explaining.away import explain_away

NICE = 5
TELL_SECONDS = 0.3


@dataclass
class _Waiting:
    """Who waits for a turn behind the runs that are queued."""

    run_id: str
    stop: Callable[[], bool]

    def cancelled(self) -> bool:
        """Tell whether the user asked it to stop."""
        return self.stop()


def work(run_id: str, frame: int) -> int:
    """Wait for the machine's one place to compute, explain, and note how it ended.

    Returns:
        The process's exit code: 0 done or cancelled, 2 the input was wrong, 1 our own failure.
    """
    run = store.get(run_id)
    folder = reasons.place(run, frame)
    stop = (folder / reasons.CANCEL).exists
    try:
        with turn(_Waiting(run_id, stop)):
            _explain(run, frame, stop)
        reasons.say(folder, state="done", error="")
        return 0
    except Cancelled as cancelled:
        reasons.say(folder, state="cancelled", error=str(cancelled))
        return 0
    except WhycamError as error:
        reasons.say(folder, state="failed", error=run.named(str(error)))
        return 2
    except Exception as error:
        traceback.print_exc()
        said = f"Whycam itself failed on this frame ({type(error).__name__}); see worker.log in {folder}"
        reasons.say(folder, state="failed", error=said)
        return 1


def _explain(run: store.Run, frame: int, stop: Callable[[], bool]) -> None:
    folder = reasons.place(run, frame)
    reasons.say(folder, stage="starting")
    wanted = reasons.wanted_of(folder)
    analysis, camera, runtime = explain_events(run.folder, wanted.threshold), load(run.camera or ""), device.choose()
    known, names = plan.methods(), plan.chosen(wanted.methods)
    job = plan.job_of(
        plan.subjects_of(camera.name, runtime.describe()), {name: known[name] for name in names}, wanted.evaluations,
        reasons.event_frames(analysis, frame) if wanted.event else 0, _Teller(folder, names),
    )  # fmt: skip
    asked = Asked(frame, names, Budget(wanted.evaluations), threshold=wanted.threshold, scores=analysis.scores,
                  analysed=answers.read(run.folder).analysed)  # fmt: skip
    explain_frame(run.path, run.clip, camera, asked, folder, runtime, job=job, cancelled=stop)
    evidence = EvidenceFolder(run.folder / EVIDENCE)
    if wanted.event:
        explain_away(run, frame, folder, runtime, threshold=wanted.threshold, job=job, cancelled=stop)
    job.begin(plan.WRITING)
    report.write(explain_events(run.folder), evidence.get, run.folder, run.folder / WHY)
    job.finish()


class _Teller:
    """Notes progress, now and then; a new stage is never left out."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names, self.told, self.stage = folder, names, 0.0, ""

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self.stage or time.monotonic() - self.told >= TELL_SECONDS:
            self.told, self.stage = time.monotonic(), progress.stage
            done = self.names.index(self.stage) if self.stage in self.names else len(self.names)
            reasons.say(self.folder, told=kept(progress), done=0 if self.stage == plan.READING else done)


if __name__ == "__main__":
    os.nice(NICE)
    sys.exit(work(sys.argv[1], int(sys.argv[2])))
