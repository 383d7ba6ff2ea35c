"""Who the web app lets in, without Streamlit behind the gate; ``tests/system/test_signed_in.py`` has it there."""

import contextlib

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from people import accounts, attempts, passwords, sessions
from people.actor import NOBODY, OWNER, acting, current
from people.exposure import Exposure
from ui import access, gate, grants, sign_in

SENTENCE, TOKEN = "a long sentence is easy to keep", "the-token-of-the-address"
PAGE = {"accept": "text/html"}
STREAM = "ws://127.0.0.1:8501/_stcore/stream"
ADDRESSES = ("/", "/Runs", "/media/abc.png", "/component/x.js", "/_stcore/host-config", "/auth/login", "/static/x.js",
             "/_stcore/bidi-components/x", "/_stcore/upload_file/s/f", "/play/r/clip.mp4",
             "/oauth2callback")  # fmt: skip


async def _told(request):
    who = current()
    return JSONResponse({"name": who.name, "role": who.role, "address": who.address,
                         "header": request.headers.get("x-whycam-account")})  # fmt: skip


async def _echo(socket):
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text() + current().name)


@pytest.fixture(autouse=True)
def _people(monkeypatch):
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    accounts.add("ann", "reviewer", SENTENCE)
    accounts.add("vic", "viewer", SENTENCE)


def client(exposure=Exposure(sign_in=True), base="http://127.0.0.1:8501", **more):  # noqa: B008 (frozen)
    routes = [WebSocketRoute("/_stcore/stream", _echo),
              Route("/{rest:path}", _told, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])]  # fmt: skip
    return TestClient(gate.Gate(Starlette(routes=routes), exposure), base, follow_redirects=False, **more)


def signed_in(name="ann", **more):
    """Return a browser that is signed in."""
    browser = client(**more)
    answer = enter(browser, name)
    assert answer.status_code == 303, answer.text
    return browser


def enter(browser, name="ann", password=SENTENCE, origin="http://127.0.0.1:8501", **more):
    return browser.post("/sign-in", data={"name": name, "password": password, **more}, headers={"origin": origin})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_nothing_answers_without_a_session(method, path):
    answer = client().request(method, path)
    assert answer.status_code == 401 and "name" not in answer.text.replace("sign in first", "")


def test_sockets_are_refused_without_a_session():
    with pytest.raises(WebSocketDisconnect), client().websocket_connect(STREAM):
        raise AssertionError("it was let in")


def test_only_the_servers_health_answers_everybody():
    assert gate.OPEN == ("/_stcore/health",)
    assert client().get("/_stcore/health").status_code == 200


def test_a_page_leads_to_the_sign_in_and_back():
    browser = client()
    answer = browser.get("/Run?run=1&at=2", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2FRun%3Frun%3D1%26at%3D2")
    page = browser.get(answer.headers["location"])
    assert 'value="/Run?run=1&amp;at=2"' in page.text and "password" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert enter(browser, next="/Run?run=1&at=2").headers["location"] == "/Run?run=1&at=2"
    assert browser.get("/").json()["name"] == "ann"


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/x\r\nSet-Cookie: a=b", "/sign-out"]
)
def test_after_the_sign_in_nobody_is_led_elsewhere(after):
    assert enter(client(), next=after).headers["location"] == "/"


def test_the_cookie_is_as_strict_as_can_be():
    cookie = enter(client()).headers.get_list("set-cookie")[0]
    assert cookie.startswith("whycam-8501=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    answer = enter(client(Exposure(True, encrypted=True), "https://whycam.example"), origin="https://whycam.example")
    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("__Host-whycam-443=") and "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def test_who_is_signed_in_is_known_to_what_answers():
    told = signed_in().get("/", headers={"x-whycam-account": "vic"}).json()
    assert told == {"name": "ann", "role": "reviewer", "address": "testclient", "header": "ann"}


def test_a_header_that_a_browser_sends_is_removed_without_sign_in_too():
    told = client(Exposure()).get("/", headers={"X-Whycam-Account": "ann"}).json()
    assert told == {"name": "", "role": "administrator", "address": "", "header": None}


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", SENTENCE), ("", "")])
def test_a_wrong_sign_in_says_one_sentence(name, password):
    answer = enter(client(), name, password)
    assert answer.status_code == 401 and "The name or the password is wrong." in answer.text
    assert "whycam-8501" not in answer.headers.get("set-cookie", "")


def test_too_many_wrong_ones_are_refused(monkeypatch):
    browser = client()
    for _ in range(attempts.BOTH.most):
        enter(browser, password="wrong")
    assert "Too many attempts to sign in" in enter(browser).text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8501"])
def test_a_page_of_another_server_signs_nobody_in_or_out(origin):
    browser = signed_in()
    assert enter(browser, origin=origin).status_code == 403
    assert browser.post("/sign-out", headers={"origin": origin}).status_code == 403
    assert browser.get("/").json()["name"] == "ann"


def test_a_large_form_is_not_read():
    assert enter(client(), password="x" * (sign_in.MAX_FORM_BYTES + 1)).status_code == 401


def test_signing_out_ends_the_session_for_good():
    browser = signed_in()
    kept = browser.cookies["whycam-8501"]
    assert "Sign out ann" in browser.get("/sign-out").text
    answer = browser.post("/sign-out", headers={"origin": "http://127.0.0.1:8501"})
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert client(cookies={"whycam-8501": kept}).get("/").status_code == 401


def test_a_guessed_cookie_opens_nothing():
    for cookie in ("", "x", "../../x", "a" * 43, "ÿ".encode("latin-1").decode("latin-1")):
        assert client().get("/", headers={"cookie": f"whycam-8501={cookie}".encode("latin-1")}).status_code == 401


def test_a_socket_ends_with_its_session(monkeypatch):
    monkeypatch.setattr(gate, "LOOK_SECONDS", 0.0)
    browser = signed_in()
    with browser.websocket_connect(STREAM) as socket:
        socket.send_text("who: ")
        assert socket.receive_text() == "who: ann"
        sessions.end(browser.cookies["whycam-8501"])
        socket.send_text("who: ")
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert (ended.value.code, ended.value.reason) == (1008, "the session is over")


def test_a_changed_role_holds_at_once():
    browser = signed_in()
    accounts.set_role("ann", "viewer")
    assert browser.get("/").json()["role"] == "viewer"
    accounts.remove("ann")
    assert browser.get("/").status_code == 401


def test_a_link_on_another_page_opens_once_more_as_a_page_of_its_own():
    answer = client().get("/Runs", headers=PAGE | {"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text


def test_uploads_need_a_reviewer_and_have_a_rate(monkeypatch):
    path = "/_stcore/upload_file/s/f"
    monkeypatch.setattr(access, "account_of", {"s": "ann", "other": "vic"}.get)
    assert signed_in("vic").put(path).status_code == 403
    monkeypatch.setattr(attempts, "UPLOADS", attempts.Rate(2, 60.0))
    browser = signed_in()
    assert [browser.put(path).status_code for _ in range(3)] == [200, 200, 403]
    assert [browser.put(f"/_stcore/upload_file/{page}/f").status_code for page in ("other", "none")] == [404, 404]


def test_a_medium_is_for_those_whose_pages_show_it():
    browser = signed_in()
    with acting(accounts.get("ann").actor()):
        grants.note("abc")
    assert browser.get("/media/abc.png").status_code == 200
    assert browser.get("/media/def.png").status_code == 404
    assert signed_in("vic").get("/media/abc.png").status_code == 404


def test_the_token_of_the_address_is_needed_once():
    browser = client(Exposure(token=TOKEN))
    assert browser.get("/").status_code == 401 and browser.get(f"/?token={TOKEN}x").status_code == 401
    answer = browser.get(f"/Run?run=1&token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/Run?run=1")
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert TOKEN not in answer.headers["set-cookie"]
    assert browser.get("/").json()["role"] == OWNER.role
    with browser.websocket_connect(STREAM) as socket:
        socket.send_text("in")
        assert socket.receive_text() == "in"
    stranger = client(Exposure(token=TOKEN))
    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect(f"{STREAM}?token={TOKEN}"):
        raise AssertionError("a token opens pages alone")


def test_a_proxy_must_encrypt_and_tells_the_address():
    exposure = Exposure(True, proxy="whycam.example", encrypted=True)
    browser = client(exposure, "http://whycam.example")
    assert browser.get("/").status_code == 403
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.9, 192.0.2.7",
                 "origin": "https://whycam.example"}  # fmt: skip
    answer = browser.post("/sign-in", data={"name": "ann", "password": SENTENCE}, headers=forwarded)
    assert answer.status_code == 303
    cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
    told = browser.get("/", headers=forwarded | {"cookie": cookie}).json()
    assert (told["name"], told["address"]) == ("ann", "192.0.2.7")


def test_a_page_is_drawn_for_the_account_that_streamlit_keeps():
    kept = {"account": "ann"}
    found = gate.of_page(lambda: kept, seconds=0.0)
    assert found().name == "ann"
    kept["account"] = "nobody"
    assert found() is NOBODY
    assert gate.of_page(lambda: None)() is NOBODY and gate.of_page(lambda: {})() is NOBODY
