"""The web app's server, its runs computed by ``worker.py`` beside this file: slow, and always of the same answer;
its cameras learn from ``tests/pipeline/training/fake_teacher.py``."""

import sys

from streamlit.web import cli

from jobs.queue import ROOT
from pipeline.kinds import ANALYSIS, KINDS, TRAINING

if __name__ == "__main__":
    KINDS[ANALYSIS] = "tests.browser.worker:run"
    KINDS[TRAINING] = "tests.pipeline.training.fake_teacher:run"
    sys.argv = ["streamlit", "run", str(ROOT / "server.py"), "--server.port", sys.argv[1]]
    cli.main()
