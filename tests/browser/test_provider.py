"""Sign-in by an identity provider, from the button to the page, against a provider on this machine."""

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from people import accounts
from people.exposure import VARIABLE, Exposure
from tests.browser import conftest, oidc
from tests.browser.conftest import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = 60_000


@pytest.fixture(scope="module")
def provider():
    made = oidc.Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(home, provider):
    port = conftest.free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conftest, "free_port", lambda: port)
        patch.setenv("WHYCAM_HOME", str(home))
        accounts.add("ann@example.org", "viewer", None)
        secrets = home / "user" / ".streamlit" / "secrets.toml"
        secrets.parent.mkdir(parents=True)
        secrets.write_text(provider.secrets_file(f"http://127.0.0.1:{port}"), encoding="utf-8")
        patch.setenv("HOME", str(home / "user"))
        patch.setenv(VARIABLE, Exposure(sign_in=True).handed_over()[VARIABLE])
        yield from serve(["tests/browser/server.py"], home)


def enter(page, server, provider, email, verified=True):
    provider.email, provider.verified = email, verified
    page.goto(f"{server}/Runs")
    expect(page.get_by_label("Password")).to_have_count(0)
    page.get_by_role("link", name="Sign in with the identity provider").click()
    page.get_by_role("link", name=f"I am {email}").click(timeout=LONG)


def test_whom_the_provider_vouches_for_is_let_in_and_out(server, provider, page):
    enter(page, server, provider, "ann@example.org")
    expect(page.get_by_role("link", name="ann@example.org")).to_be_visible(timeout=LONG)
    names = {one["name"] for one in page.context.cookies()}
    assert "_streamlit_user" not in names and any(name.startswith("whycam-") for name in names)
    page.get_by_role("link", name="ann@example.org").click()
    page.get_by_role("button", name="Sign out ann@example.org").click()
    page.goto(server)
    expect(page.get_by_role("link", name="Sign in with the identity provider")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize(("email", "verified"), [("mallory@example.org", True), ("ann@example.org", False)])
def test_strangers_and_addresses_that_are_not_verified_are_refused(server, provider, page, email, verified):
    enter(page, server, provider, email, verified)
    expect(page.get_by_role("alert")).to_contain_text("not known here", timeout=LONG)
    page.goto(f"{server}/Runs")
    expect(page.get_by_role("link", name="Sign in with the identity provider")).to_be_visible(timeout=LONG)


def test_the_providers_cookie_alone_opens_nothing(server):
    request = urllib.request.Request(f"{server}/_stcore/host-config", headers={"Cookie": "_streamlit_user=x"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=30)
    with error.value as refused:
        assert refused.code == 401
