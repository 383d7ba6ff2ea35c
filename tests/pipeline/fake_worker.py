"""A worker process with a small analysis of its own: what it does is written in the clip that it is given."""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from core.errors import Cancelled, ClipError
from core.progress import Progress
from pipeline import worker


def analyse(run, link):
    order = run.path.read_text()
    kept = run.folder / "scores.f32"
    if order == "bad":
        raise ClipError("the clip has no pictures; a video with at least one frame is needed")
    if order == "bug":
        raise RuntimeError("a bug")
    start = len(kept.read_bytes()) if kept.exists() else 0
    for done in range(start, 40):
        if link.cancelled():
            raise Cancelled("cancelled")
        link.progress(Progress(done + 1, 40, 20.0, "scoring"))
        with kept.open("ab") as out:
            out.write(b"x")
        if order == "die once" and done == 10 and start == 0:
            os.kill(os.getpid(), 9)
        time.sleep(0.02 if order != "slow" else 0.2)
    Path(run.folder / "report.html").write_text(f"resumed at {start}")
    event = SimpleNamespace(event=SimpleNamespace(peak_score=1.0), causes=(SimpleNamespace(fine="bicycle"),))
    return SimpleNamespace(events=(event,), reach="")


if __name__ == "__main__":
    sys.exit(worker.work(sys.argv[1], analyse))
