"""What a stranger tries over HTTP and in a browser, with other names, pages, frames, paths and statements: refused."""

import http.client
import json
import socket
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import quote, urlsplit

import pytest

from tests.browser.conftest import serve
from tests.ui import made

pytestmark = pytest.mark.browser
PATHS = [
    "/../../etc/passwd", "/media/../../../etc/passwd", "/media/..%2f..%2f..%2fetc%2fpasswd", "/media//etc/passwd",
    "/component/../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
    "/app/static/..%5c..%5cetc%5cpasswd", "/play/..%2f..%2f..%2fetc%2fpasswd/clip.mp4", "/play/%2e%2e/clip.mp4",
    "/play/../../../../etc/passwd/picture/0", "/play/RUN/picture/..%2f..%2frun.json", "/play/RUN/heat/..%2frun.json",
    "/play/RUN%00/clip.mp4", "/play/RUN/picture/-1", "/play/RUN/picture/99999999999999999999", "/play/RUN/fault/0%00",
]  # fmt: skip
STATEMENTS = ["' OR '1'='1", "'; DROP TABLE jobs; --", '%" OR 1=1 --', "x' UNION SELECT sql FROM sqlite_master --"]


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


@pytest.fixture(scope="module")
def run(home, address):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        return made.done("plaza.mp4", camera="plaza")


def asked(address, path, method="GET", body=b"", **headers):
    """Ask for a path as it is, unlike a browser, which makes it shorter; return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return told


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_what_is_served(address, run, path):
    status, _, body = asked(address, path.replace("RUN", run.id))
    assert b"root:" not in body and b'"normality"' not in body and b"Traceback" not in body
    if path.startswith("/play/"):
        assert status in (400, 404), (status, body[:200])


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_reaches_the_database(address, home, run, page, statement):
    for path in (f"/play/{quote(statement, safe='')}/timeline", f"/play/{quote(run.id + statement, safe='')}/clip.mp4"):
        status, _, body = asked(address, path)
        assert status == 404 and b"sqlite3." not in body.lower() and b"CREATE TABLE" not in body
    for name in ("Run", "Why", "Events", "Cameras", "Cases"):
        page.goto(f"{address}/{name}?run={quote(statement)}&camera={quote(statement)}&case={quote(statement)}")
        page.wait_for_selector("[data-testid='stAppViewContainer'] .stMainBlockContainer")
        page.wait_for_timeout(300)
        shown = page.locator("body").inner_text()
        assert "sqlite3." not in shown.lower() and "Traceback" not in shown
    with sqlite3.connect(home / "index.sqlite") as index:
        assert index.execute("SELECT count(*) FROM jobs WHERE id = ?", (run.id,)).fetchone() == (1,)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "x@127.0.0.1"])
def test_a_foreign_name_that_leads_here_gets_nothing(address, run, host):
    for path in ("/", "/_stcore/host-config", f"/play/{run.id}/timeline"):
        status, _, body = asked(address, path, Host=host)
        assert status == 403 and b"does not answer to that name" in body


def test_pages_and_data_may_not_be_framed_nor_read_as_something_else(address, run):
    for path in ("/", f"/Run?run={run.id}", f"/play/{run.id}/timeline", "/nosuch/file.js"):
        _, headers, _ = asked(address, path)
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_servers_page_can_change_nothing(address, run, method):
    for path in ("/_stcore/upload_file/x/y", f"/play/{run.id}/clip.mp4", "/"):
        status, _, body = asked(address, path, method, b"x", Origin="http://evil.example")
        assert status == 403 and b"pages of other servers" in body


def test_another_servers_page_opens_no_socket(address):
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as wire:
        wire.sendall(f"GET /_stcore/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: http://evil.example\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())  # fmt: skip
        assert wire.recv(64).split(b"\r\n")[0].split()[1] == b"403"


def test_a_browser_frames_and_reads_nothing_for_a_page_of_another_origin(address, run, browser):
    """A page at another port is another origin: its frame stays empty, and its script reads no answer."""
    content = f"""<iframe src="{address}/"></iframe><script>
      window.found = [];
      for (const path of ['/', '/play/{run.id}/timeline', '/_stcore/health'])
        fetch('{address}' + path).then(a => a.text()).then(t => found.push(t), () => found.push(null));
      const socket = new WebSocket('{address.replace("http", "ws")}/_stcore/stream');
      socket.onopen = () => found.push('open'); socket.onerror = () => found.push(null);
    </script>"""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    tab = browser.new_context().new_page()
    try:
        tab.goto(f"http://localhost:{server.server_port}/", timeout=120_000)
        tab.wait_for_function("() => window.found.length === 4", timeout=120_000)
        assert json.loads(tab.evaluate("JSON.stringify(found)")) == [None] * 4
        framed = tab.frames[-1]
        assert framed.url.startswith("chrome-error://") or "Whycam" not in framed.content()
    finally:
        tab.context.close()
        server.shutdown()
        server.server_close()
