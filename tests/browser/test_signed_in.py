"""The web app with a sign-in, in a browser: nothing before it, the account's name with reviews, and an end."""

import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from people import accounts
from people.exposure import VARIABLE, Exposure
from tests.browser.conftest import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = 60_000
SENTENCE = "a long sentence is easy to keep"


@pytest.fixture(scope="module")
def server(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        accounts.add("ann", "reviewer", SENTENCE)
        patch.setenv(VARIABLE, Exposure(sign_in=True).handed_over()[VARIABLE])
        yield from serve(["tests/browser/server.py"], home)


def status(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_streamlits_own_addresses_answer_nobody(server):
    for path in ("/_stcore/host-config", "/_stcore/metrics", "/_stcore/agent/openapi.json", "/media/x.png", "/static/x",
                 "/component/x", "/_stcore/bidi-components/x", "/Runs", "/", "//_stcore/host-config",
                 "/_stcore/health/../host-config", "/_stcore/health/", "/auth/logout"):  # fmt: skip
        assert status(server + path) in (401, 404), path


def test_signing_in_shows_the_app_and_signing_out_ends_it(server, page):
    page.goto(f"{server}/Runs")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("a wrong sentence")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.", timeout=LONG)
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(SENTENCE)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No runs yet: try the demo")).to_be_visible(timeout=LONG)
    assert page.url == f"{server}/Runs"
    kept = [one for one in page.context.cookies() if one["name"].startswith("whycam-")]
    assert [(one["httpOnly"], one["sameSite"]) for one in kept] == [(True, "Strict")]
    assert "whycam" not in page.evaluate("document.cookie")
    page.get_by_role("link", name="ann").click()
    page.get_by_role("button", name="Sign out ann").click()
    expect(page.get_by_label("Password")).to_be_visible(timeout=LONG)
    cookie = f"{kept[0]['name']}={kept[0]['value']}"
    assert status(f"{server}/_stcore/host-config", Cookie=cookie) == 401
    page.goto(server)
    expect(page.get_by_label("Password")).to_be_visible(timeout=LONG)


def test_the_page_knows_who_is_signed_in(server, page, home):
    page.goto(f"{server}/Events")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(SENTENCE)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="ann")).to_be_visible(timeout=LONG)
    expect(page.get_by_label("Your name")).to_have_count(0)
    told = [json.loads(line) for line in (home / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {one["action"] for one in told} >= {"signed in", "refused", "signed out"}
