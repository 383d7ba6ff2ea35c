"""The web app's server, its runs computed by ``worker.py`` beside this file: slow, and always of the same answer;
its cameras learn from ``tests/pipeline/training/fake_teacher.py``."""

import sys
from pathlib import Path

from streamlit.web import cli

from pipeline import jobs
from pipeline.training import lessons

if __name__ == "__main__":
    jobs.WORKER = (sys.executable, str(Path(__file__).with_name("worker.py")))
    lessons.WORKER = (sys.executable, str(jobs.ROOT / "tests" / "pipeline" / "training" / "fake_teacher.py"))
    sys.argv = ["streamlit", "run", str(jobs.ROOT / "app.py"), "--server.port", sys.argv[1]]
    cli.main()
