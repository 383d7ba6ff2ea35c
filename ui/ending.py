"""How the app ends when it is told to (SIGTERM, or Ctrl-C): with all that it started, within seconds.

A worker is told to stop, notes that its job was interrupted, and puts away what it holds; the job can be resumed. What
has not ended after :data:`PATIENCE_SECONDS` is killed, and the server with it, should an open connection hold it back.
"""

import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator
from types import FrameType
from typing import Any

import psutil

SIGNALS = (signal.SIGTERM, signal.SIGINT)
PATIENCE_SECONDS = 3.0
KILL_SECONDS = 0.5
"""How long the system may take to end what was killed."""
SERVER_SECONDS = 1.0
"""The server has so much longer than what it started."""


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Let SIGTERM and SIGINT end what the server started as well; to be entered once it has its own handlers."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ending = threading.Thread(target=_end_all, name="ending")

    def end(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # told a second time
            ending.start()
        if callable(passed_on := before[signal.Signals(number)]):
            passed_on(number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, end)
    yield
    if ending.is_alive():
        ending.join()


def _end_all() -> None:
    """Have every process that this one started stop, kill those that do not, and give this one a second to end."""
    started = psutil.Process().children(recursive=True)
    for process in started:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    deaf = psutil.wait_procs(started, PATIENCE_SECONDS)[1]
    for process in deaf:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(deaf, KILL_SECONDS)  # the server ends after them, not before
    last = threading.Timer(SERVER_SECONDS, os._exit, [128 + signal.SIGTERM])
    last.daemon = True
    last.start()
