"""When the web app may be started, and what it asks for then."""

import pytest

from core.errors import InputError
from people import accounts, exposure
from people.exposure import Exposure, checked


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch, tmp_path):
    monkeypatch.setattr(exposure, "SECRETS", (tmp_path / "secrets.toml",))


def test_on_this_machine_nothing_is_needed():
    for asked in (Exposure(), Exposure(token="x")):
        assert checked(asked, "127.0.0.1", ["localhost"]) == asked


@pytest.mark.parametrize(
    ("address", "names", "proxy"),
    [
        ("0.0.0.0", [], ""),
        ("::", [], ""),
        ("127.0.0.1", ["whycam.example"], ""),
        ("127.0.0.1", [], "whycam.example"),
    ],
)
def test_beyond_this_machine_accounts_are_needed(address, names, proxy):
    asked = Exposure(proxy=proxy, encrypted=True)
    with pytest.raises(InputError, match="users add NAME' makes an account"):
        checked(asked, address, names)
    accounts.add("ann", "viewer", "a long sentence")
    assert checked(asked, address, names) == Exposure(True, "", proxy, True)


def test_beyond_this_machine_it_must_be_encrypted():
    accounts.add("ann", "viewer", "a long sentence")
    with pytest.raises(InputError, match="give --certificate and --key, or name with --behind-proxy"):
        checked(Exposure(), "0.0.0.0", [])


def test_accounts_of_a_provider_need_one(tmp_path):
    accounts.add("ann@example.org", "viewer", None)
    with pytest.raises(InputError, match="nobody could sign in"):
        checked(Exposure(encrypted=True), "0.0.0.0", [])
    (tmp_path / "secrets.toml").write_text("[auth]\nclient_id = 'x'\n", encoding="utf-8")
    assert checked(Exposure(encrypted=True), "0.0.0.0", []).sign_in
    (tmp_path / "secrets.toml").write_text("[auth", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        checked(Exposure(encrypted=True), "0.0.0.0", [])


def test_a_sign_in_can_be_asked_for_on_this_machine_too():
    with pytest.raises(InputError, match="--sign-in needs a sign-in"):
        checked(Exposure(sign_in=True), "127.0.0.1", [])
    accounts.add("ann", "viewer", "a long sentence")
    assert checked(Exposure(sign_in=True), "127.0.0.1", []).sign_in


def test_the_server_is_told_and_its_children_are_not(monkeypatch):
    asked = Exposure(True, "secret", "whycam.example", True)
    for name, value in asked.handed_over().items():
        monkeypatch.setenv(name, value)
    assert exposure.taken_over() == asked
    assert exposure.taken_over() == Exposure()
    monkeypatch.setenv(exposure.VARIABLE, "{")
    with pytest.raises(InputError, match="WHYCAM_APP"):
        exposure.taken_over()
