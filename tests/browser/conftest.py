"""Chromium, and an app's server of each test module's own."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


STARTED = []
"""The browser of this process: another folder of tests that takes over these fixtures shares it."""


@pytest.fixture(scope="session")
def browser(chromium):
    from playwright.sync_api import sync_playwright

    if STARTED:
        yield STARTED[0]
        return
    with sync_playwright() as playwright:
        STARTED.append(playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS))
        yield STARTED[0]
        STARTED.pop().close()


@pytest.fixture
def page(browser):
    """A tab that may talk to this machine alone, and that tells of every script that a page tries to open with."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.alerts, tab.strangers = [], []
    tab.on("dialog", lambda dialog: (tab.alerts.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: tab.strangers.append(request.url) if "127.0.0.1" not in request.url
           and request.url.startswith(("http", "ws")) else None)  # fmt: skip
    yield tab
    context.close()
    assert tab.alerts == []
    assert tab.strangers == []


@pytest.fixture
def counted():
    """Return the port of a server, and the paths that anybody asks of it."""
    paths = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, paths
    server.shutdown()
    server.server_close()


def serve(command, home):
    """Start a server on a free port; yield its address, and end it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"WHYCAM_HOME": str(home), "PYTHONPATH": str(ROOT), "WHYCAM_OFFLINE": "1"}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command, str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            end = time.monotonic() + 120
            while not healthy(address):
                assert server.poll() is None, (home / "server.log").read_text()
                assert time.monotonic() < end, (home / "server.log").read_text()
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(30)
    assert "Traceback" not in (home / "server.log").read_text()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(address):
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
