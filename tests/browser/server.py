"""The web app's server, its runs computed by ``worker.py`` beside this file: slow, and always of the same answer."""

import sys
from pathlib import Path

from streamlit.web import cli

from pipeline import jobs

if __name__ == "__main__":
    jobs.WORKER = (sys.executable, str(Path(__file__).with_name("worker.py")))
    sys.argv = ["streamlit", "run", str(jobs.ROOT / "app.py"), "--server.port", sys.argv[1]]
    cli.main()
