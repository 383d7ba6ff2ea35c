"""A worker for the browser tests: it waits half-way for the file ``go``, and finds what ``tests.ui.made`` holds."""

import sys
import time
from types import SimpleNamespace

from core import files
from core.errors import Cancelled
from pipeline import worker
from tests.ui import made


def analyse(run, link):
    link.progress(SimpleNamespace(stage="scoring", done=250, total=500, fps=100.0))
    while not (files.home() / "go").exists():
        if link.cancelled():
            raise Cancelled("cancelled")
        time.sleep(0.1)
    made.results(run)
    event = SimpleNamespace(event=SimpleNamespace(peak_score=9.0), causes=(SimpleNamespace(fine="bicycle"),))
    return SimpleNamespace(events=(event, event))


if __name__ == "__main__":
    sys.exit(worker.work(sys.argv[1], analyse))
