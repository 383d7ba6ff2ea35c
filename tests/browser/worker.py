"""A worker for the browser tests: it takes some seconds, heeds a cancel, and finds what ``tests.ui.made`` holds."""

import sys
import time
from types import SimpleNamespace

from core.errors import Cancelled
from pipeline import worker
from tests.ui import made


def analyse(run, link):
    for done in range(1, 51):
        if link.cancelled():
            raise Cancelled("cancelled")
        link.progress(SimpleNamespace(stage="scoring", done=done * 10, total=500, fps=100.0))
        time.sleep(0.1)
    made.results(run)
    event = SimpleNamespace(event=SimpleNamespace(peak_score=9.0), causes=(SimpleNamespace(fine="bicycle"),))
    return SimpleNamespace(events=(event, event))


if __name__ == "__main__":
    sys.exit(worker.work(sys.argv[1], analyse))
