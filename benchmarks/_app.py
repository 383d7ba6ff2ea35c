"""The web app with a folder of its own, and Chromium to look at it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

ROOT = Path(__file__).resolve().parent.parent
SIZE: "ViewportSize" = {"width": 1280, "height": 720}


@contextlib.contextmanager
def at_home(home: str) -> Iterator[None]:
    """Let another folder be the user's."""
    before = os.environ.get("WHYCAM_HOME")
    os.environ["WHYCAM_HOME"] = home
    try:
        yield
    finally:
        if before is None:
            del os.environ["WHYCAM_HOME"]
        else:
            os.environ["WHYCAM_HOME"] = before


@contextlib.contextmanager
def server(home: Path, script: Path = ROOT / "server.py") -> Iterator[tuple[str, int]]:
    """Start the web app on a free port, give its address and its process, and end it, if it still lives.

    Raises:
        RuntimeError: it ended before it answered.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None and not _healthy(address):
            time.sleep(0.2)
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with exit code {process.returncode}; see {home / 'server.log'}")
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def chromium_program() -> str:
    """Return where Chromium is.

    Raises:
        InputError: it is not installed.
    """
    program = shutil.which("chromium")
    if program is None:
        raise InputError("Chromium is not installed; './whycam test' installs it")
    return program


@contextlib.contextmanager
def browser() -> Iterator["Browser"]:
    """Start Chromium, and end it.

    Raises:
        InputError: it is not installed.
    """
    from playwright.sync_api import sync_playwright

    program = chromium_program()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
