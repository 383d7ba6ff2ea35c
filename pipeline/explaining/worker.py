"""The process that explains one frame of a run: ``python -m pipeline.explaining.worker RUN_ID FRAME``."""

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from core import device
from core.errors import Cancelled, WhycamError
from explain import report
from explain.attribution import Budget
from pipeline import answers, store
from pipeline.answers import EVIDENCE, WHY, explain_events
from pipeline.camera import load
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import reasons
from pipeline.explaining.attributions import Asked, chosen, explain_frame
from pipeline.explaining.away import explain_away
from pipeline.worker import turn

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
    folder, told = reasons.place(run, frame), [0.0]
    wanted = reasons.wanted_of(folder)
    analysis, camera, runtime = explain_events(run.folder, wanted.threshold), load(run.camera or ""), device.choose()

    def tell(stage: str, done: int, total: int) -> None:
        if time.monotonic() - told[0] >= TELL_SECONDS:
            told[0] = time.monotonic()
            reasons.say(folder, stage=stage, done=done, total=total)

    asked = Asked(frame, chosen(wanted.methods), Budget(wanted.evaluations), threshold=wanted.threshold,
                  scores=analysis.scores, analysed=answers.read(run.folder).analysed)  # fmt: skip
    explain_frame(run.path, run.clip, camera, asked, folder, runtime, tell=tell, cancelled=stop)
    kept = EvidenceFolder(run.folder / EVIDENCE)
    if wanted.event:
        explain_away(run, frame, folder, runtime, threshold=wanted.threshold, tell=tell, cancelled=stop)
    report.write(explain_events(run.folder), kept.get, run.folder, run.folder / WHY)


if __name__ == "__main__":
    os.nice(NICE)
    sys.exit(work(sys.argv[1], int(sys.argv[2])))
