"""Downloads of weights, against a server on this machine."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core import _download
from core.errors import StorageError, WeightsError, WeightsUnavailable
from core.weights import fetch

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        """Keep the test's output clean."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if self.path == "/moved":
            return self.answer(302, b"", {"Location": server.target})
        if self.path == "/none":
            return self.answer(404, b"")
        if self.path == "/portal":
            return self.answer(200, b"<html>", {"Content-Type": "text/html"})
        content, start, end = server.content, 0, len(server.content)
        wanted = self.headers.get("Range")
        fresh = self.headers.get("If-Range") == server.tag
        if wanted and server.ranges and fresh:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= end:
                return self.answer(416, b"")
        if server.breaks and len(server.asked) <= server.breaks:
            end = start + (end - start) // 2
        headers = {"ETag": server.tag, "Content-Type": "application/octet-stream"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self.answer(206 if start else 200, content[start:end], headers, len(content) - start)

    def answer(self, code, body, headers=None, length=None):
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("WHYCAM_OFFLINE")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(_download, "_silent", {})
    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.content, web.tag, web.ranges, web.breaks, web.asked, web.target = CONTENT, '"v1"', True, 0, [], ""
    web.url = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield web
    web.shutdown()
    web.server_close()
    thread.join()


def names(home):
    return {path.name for path in (home / "weights").iterdir()} - {".lock"}


def test_a_download_is_checked_recorded_and_not_asked_for_twice(server, whycam_home):
    seen = []
    path = fetch(f"{server.url}/w.pth", "w.pth", progress=lambda *step: seen.append(step))
    assert path == whycam_home / "weights" / "w.pth" and path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT)) and [s for s, _ in seen] == sorted(s for s, _ in seen)
    assert json.loads((whycam_home / "weights" / "checksums.json").read_text()) == {"w.pth": DIGEST}
    assert fetch(f"{server.url}/w.pth", "w.pth") == path
    assert len(server.asked) == 1
    assert names(whycam_home) == {"w.pth", "checksums.json"}


def test_what_was_downloaded_first_is_held_from_then_on(server, whycam_home):
    path = fetch(f"{server.url}/w.pth", "w.pth")
    path.write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(WeightsError, match="changed or damaged"):
        fetch(f"{server.url}/w.pth", "w.pth")
    path.unlink()
    server.content = CONTENT + b"more"
    with pytest.raises(WeightsError, match="changed or damaged") as caught:
        fetch(f"{server.url}/w.pth", "w.pth")
    assert not isinstance(caught.value, WeightsUnavailable)
    assert names(whycam_home) == {"checksums.json"}


def test_the_publishers_checksum_comes_first(server, whycam_home):
    assert fetch(f"{server.url}/w.pth", "w.pth", DIGEST[:8]).is_file()
    assert names(whycam_home) == {"w.pth"}
    with pytest.raises(WeightsError, match="sha256 must begin with 00000000"):
        fetch(f"{server.url}/v.pth", "v.pth", "00000000")
    assert names(whycam_home) == {"w.pth"}


@pytest.mark.parametrize("breaks", [1, 3])
def test_a_download_that_breaks_off_goes_on_where_it_stopped(server, breaks):
    server.breaks = breaks
    assert fetch(f"{server.url}/w.pth", "w.pth", DIGEST).read_bytes() == CONTENT
    assert server.asked[0] is None and all(server.asked[1:]) and len(server.asked) == breaks + 1


def test_a_download_is_taken_up_by_a_later_call(server, whycam_home, monkeypatch):
    server.breaks = 1
    monkeypatch.setattr(_download, "_transfer", lambda *a: (_download._receive(*a), _stop()))
    with pytest.raises(KeyboardInterrupt):
        fetch(f"{server.url}/w.pth", "w.pth", DIGEST)
    assert names(whycam_home) == {".w.pth.part", ".w.pth.version"}
    monkeypatch.undo()
    monkeypatch.setenv("WHYCAM_HOME", str(whycam_home))
    monkeypatch.delenv("WHYCAM_OFFLINE")
    assert fetch(f"{server.url}/w.pth", "w.pth", DIGEST).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={len(CONTENT) // 2}-"]


def _stop():
    raise KeyboardInterrupt


@pytest.mark.parametrize(("ranges", "tag"), [(False, '"v1"'), (True, '"v2"')], ids=["no ranges", "another version"])
def test_a_server_that_cannot_go_on_starts_again(server, whycam_home, ranges, tag):
    place = whycam_home / "weights"
    place.mkdir()
    (place / ".w.pth.part").write_bytes(b"x" * 1000)
    (place / ".w.pth.version").write_text(f'{server.url}/w.pth\n"v1"')
    server.ranges, server.tag = ranges, tag
    assert fetch(f"{server.url}/w.pth", "w.pth").read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]


def test_a_part_longer_than_the_file_is_dropped(server, whycam_home):
    place = whycam_home / "weights"
    place.mkdir()
    (place / ".w.pth.part").write_bytes(CONTENT + b"x")
    (place / ".w.pth.version").write_text(f'{server.url}/w.pth\n"v1"')
    assert fetch(f"{server.url}/w.pth", "w.pth").read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT) + 1}-", None]


def test_a_local_copy_comes_before_the_network(server, tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    (tmp_path / "w.pth").write_bytes(CONTENT)
    assert fetch(f"{server.url}/w.pth", "w.pth", DIGEST) == tmp_path / "w.pth"
    (tmp_path / "w.pth").write_bytes(b"other")
    with pytest.raises(WeightsError, match="changed or damaged"):
        fetch(f"{server.url}/w.pth", "w.pth", DIGEST)
    assert fetch(f"{server.url}/v.pth", "v.pth", DIGEST).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_offline_and_unreachable_are_said_at_once(server, monkeypatch):
    monkeypatch.setenv("WHYCAM_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match="WHYCAM_OFFLINE is set"):
        fetch(f"{server.url}/w.pth", "w.pth")
    monkeypatch.delenv("WHYCAM_OFFLINE")
    started = time.monotonic()
    with pytest.raises(WeightsUnavailable, match=r"cannot be reached \(.*refused"):
        fetch("http://127.0.0.1:9/w.pth", "w.pth")
    with pytest.raises(WeightsUnavailable, match="does not answer"):
        fetch("http://127.0.0.1:9/w.pth", "w.pth")
    assert time.monotonic() - started < 2
    assert server.asked == []


def test_a_server_that_hangs_is_given_up(monkeypatch, server):
    monkeypatch.setattr(_download, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(Handler, "do_GET", lambda self: time.sleep(1))
    with pytest.raises(WeightsUnavailable, match="timed out"):
        fetch(f"{server.url}/w.pth", "w.pth")


def test_a_refusal_and_a_web_page_are_no_weights(server, whycam_home):
    with pytest.raises(WeightsUnavailable, match="answers 404"):
        fetch(f"{server.url}/none", "w.pth")
    with pytest.raises(WeightsUnavailable, match="answers with a web page"):
        fetch(f"{server.url}/portal", "w.pth")
    assert names(whycam_home) == set()


@pytest.mark.parametrize("url", ["http://example.com/w", "ftp://example.com/w", "file:///etc/passwd"])
def test_only_https_is_asked_also_after_a_redirection(server, url):
    with pytest.raises(WeightsError, match="only fetched over https"):
        fetch(url, "w.pth")
    server.target = url
    with pytest.raises(WeightsError, match=r"only fetched over https|answers 302"):
        fetch(f"{server.url}/moved", "w.pth")
    server.target = f"{server.url}/w.pth"
    assert fetch(f"{server.url}/moved", "w.pth").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["../w.pth", "a/b", "", ".hidden", "w\n"])
def test_a_name_cannot_leave_the_folder(name):
    with pytest.raises(WeightsError, match="plain file name"):
        fetch("https://example.com/w", name)


def test_a_file_beyond_the_limit_is_refused(server, whycam_home, monkeypatch):
    monkeypatch.setattr(_download, "MAX_BYTES", 1000)
    with pytest.raises(WeightsError, match="too much for weights"):
        fetch(f"{server.url}/w.pth", "w.pth")
    assert names(whycam_home) == set()


def test_a_damaged_list_of_checksums_is_not_passed_over(server, whycam_home):
    fetch(f"{server.url}/w.pth", "w.pth")
    (whycam_home / "weights" / "checksums.json").write_text("{")
    with pytest.raises(WeightsError, match=r"list of checksums .* is damaged"):
        fetch(f"{server.url}/w.pth", "w.pth")


def test_a_full_disk_is_said_and_leaves_nothing(server, whycam_home, monkeypatch):
    def full(self, url, answer):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_download.Part, "begin", full)
    with pytest.raises(StorageError, match="the disk is full"):
        fetch(f"{server.url}/w.pth", "w.pth")
    assert names(whycam_home) == set()


def test_two_callers_download_once(server):
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(f"{server.url}/w.pth", "w.pth"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    ["https://example.com/w.pth", "https://github.com.example.com/w.pth", "https://evilgithubusercontent.com/w.pth",
     "https://githubusercontent.com@example.com/w.pth", "ftp://github.com/w.pth", "file:///etc/passwd"],
)  # fmt: skip
def test_other_hosts_than_the_publishers_are_not_asked(monkeypatch, url):
    monkeypatch.delenv("WHYCAM_OFFLINE", raising=False)
    with pytest.raises(WeightsError, match="weights are only fetched"):
        fetch(url, "w.pth")


def test_all_official_weights_are_of_publishers():
    from core._download import _check_address
    from pipeline.official import published

    for one in published().values():
        _check_address(one.url)
    _check_address("https://release-assets.githubusercontent.com/w.onnx")
