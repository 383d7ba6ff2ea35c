"""SIGTERM, or Ctrl-C, ends the app and all that it started within five seconds."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from cli import ROOT
from jobs import processes
from jobs.queue import Queue
from jobs.store import JobStore
from pipeline.store import Run
from tests.browser.conftest import healthy

SECONDS = 5.0
APP = "tests/ui/ended_app.py"


@pytest.fixture
def serve(whycam_home):
    """Start an app; return its process and port."""
    started = []

    def start(script):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "WHYCAM_HOME": str(whycam_home)}
        with (whycam_home / "server.log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        end = time.monotonic() + 120
        while not healthy(f"http://127.0.0.1:{port}"):
            assert started[0].poll() is None and time.monotonic() < end, (whycam_home / "server.log").read_text()
            time.sleep(0.1)
        return started[0], port

    yield start
    for process in started:
        process.kill()
        process.wait()


def ended(process, number):
    """Tell the app to end; return after how many seconds it had."""
    begun = time.monotonic()
    process.send_signal(number)
    process.wait(30)
    return time.monotonic() - begun


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_app_and_their_jobs_can_be_resumed(serve, number):
    process, port = serve(APP)
    end = time.monotonic() + 60
    while not [run for run in JobStore().find(Run) if run.state == "running" and run.progress.done > 1]:
        assert time.monotonic() < end
        time.sleep(0.1)
    workers = [run.process for run in JobStore().find(Run)]
    assert len(workers) == 3 and all(map(processes.alive, workers))
    with socket.create_connection(("127.0.0.1", port)) as held:
        held.sendall(b"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # half a request, and kept open
        assert ended(process, number) < SECONDS
    left = [(run.title, run.state, run.process) for run in JobStore().find(Run) if processes.alive(run.process)]
    assert left == []
    runs = Queue({}).find(Run)
    assert {run.state for run in runs} == {"interrupted"} and all("resume it" in run.reason for run in runs)
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
        pass


def test_the_real_app_ends_as_soon(serve):
    process, _ = serve("server.py")
    assert ended(process, signal.SIGINT) < SECONDS
