"""A worker for the browser tests: it waits half-way for the file ``go``, and finds what ``tests.ui.made`` holds."""

import sys
import time
from types import SimpleNamespace

from core import files
from core.errors import Cancelled
from core.progress import Progress
from pipeline import worker
from tests.ui import made


def analyse(run, link):
    link.progress(Progress(250, 500, 100.0, "scoring", left=70.0, share=0.4))
    while not (files.home() / "go").exists():
        if link.cancelled():
            raise Cancelled("cancelled")
        time.sleep(0.1)
    made.results(run)
    event = SimpleNamespace(event=SimpleNamespace(peak_score=9.0), causes=(SimpleNamespace(fine="bicycle"),))
    return SimpleNamespace(events=(event, event), reach="")


if __name__ == "__main__":
    sys.exit(worker.work(sys.argv[1], analyse))
