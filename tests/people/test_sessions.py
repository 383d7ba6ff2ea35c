"""Sessions, attempts and the ways to sign in."""

import time

import pytest

from core import files
from core.errors import AccessError
from people import accounts, attempts, audit, database, sessions, sign_in
from people.attempts import Rate

SENTENCE = "a long sentence is easy to keep"
HERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def _ann():
    accounts.add("ann", "reviewer", SENTENCE)


def test_a_session_is_found_by_its_token_until_it_is_ended():
    token = sign_in.by_password("Ann", SENTENCE, HERE)
    assert sessions.find(token).name == "ann"
    assert sessions.find(token + "x") is None and sessions.find("") is None
    sign_in.out(token)
    assert sessions.find(token) is None


def test_the_file_keeps_no_token():
    token = sessions.begin("ann")
    assert token.encode() not in (files.home() / database.FILE).read_bytes()
    assert len(token) >= 43, "256 random bits"


@pytest.mark.parametrize("later", [sessions.IDLE_SECONDS + 1, -sessions.NOTED_SECONDS - 1])
def test_a_session_ends_by_itself_and_by_a_clock_set_back(monkeypatch, later):
    token, now = sessions.begin("ann"), time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + later)
    assert sessions.find(token) is None


def test_a_session_in_use_ends_after_its_longest_time(monkeypatch):
    token, now, step = sessions.begin("ann"), time.time(), sessions.IDLE_SECONDS / 2
    for number in range(1, int(sessions.LONGEST_SECONDS / step)):
        monkeypatch.setattr(sessions.time, "time", lambda number=number: now + number * step)
        assert sessions.find(token) is not None
    monkeypatch.setattr(sessions.time, "time", lambda: now + sessions.LONGEST_SECONDS)
    assert sessions.find(token) is None


@pytest.mark.parametrize("change", [lambda: accounts.remove("ann"), lambda: accounts.set_password("ann", SENTENCE)])
def test_a_removed_account_and_a_new_password_end_sessions(change):
    token = sessions.begin("ann")
    change()
    assert sessions.find(token) is None


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong password"), ("nobody", SENTENCE), ("", ""), ("x", "y" * 9999)]
)
def test_one_sentence_for_whatever_is_wrong(name, password):
    with pytest.raises(AccessError) as error:
        sign_in.by_password(name, password, HERE)
    assert str(error.value) == sign_in.WRONG


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_too_many_attempts_are_refused_alike_for_known_and_unknown_names(monkeypatch, name):
    monkeypatch.setattr(sign_in.passwords, "matches", lambda kept, password: False)
    for _ in range(attempts.BOTH.most):
        with pytest.raises(AccessError, match="wrong"):
            sign_in.by_password(name, "wrong password", HERE)
    with pytest.raises(AccessError, match="too many attempts to sign in; try again in 15 min"):
        sign_in.by_password(name, SENTENCE, HERE)


def test_a_stranger_locks_nobody_out_at_another_address():
    for _ in range(attempts.BOTH.most):
        attempts.note({f"sign-in of ann from {HERE}": attempts.BOTH}, "attempts")
    assert sign_in.by_password("ann", SENTENCE, "192.0.2.2")


def test_a_rate_holds_for_its_window(monkeypatch):
    now = time.time()
    for second in range(3):
        monkeypatch.setattr(attempts.time, "time", lambda second=second: now + second)
        attempts.note({"ann": Rate(3, 60.0)}, "uploads")
    with pytest.raises(AccessError, match="too many uploads; try again in 1 min"):
        attempts.note({"ann": Rate(3, 60.0)}, "uploads")
    monkeypatch.setattr(attempts.time, "time", lambda: now + 61)
    attempts.note({"ann": Rate(3, 60.0)}, "uploads")


def test_a_provider_vouches_only_for_accounts_without_a_password():
    accounts.add("ben@example.org", "viewer", None)
    assert sessions.find(sign_in.by_provider("Ben@example.org", HERE)).name == "ben@example.org"
    for name in ("ann", "carl@example.org", ""):
        with pytest.raises(AccessError, match="not known here"):
            sign_in.by_provider(name, HERE)
    with pytest.raises(AccessError, match="wrong"):
        sign_in.by_password("ben@example.org", "", HERE)


def test_sign_ins_and_refused_ones_are_recorded():
    sign_in.by_password("Ann", SENTENCE, HERE)
    with pytest.raises(AccessError):
        sign_in.by_password("ann", "wrong password", HERE)
    told = [(one.action, one.who, one.address) for one in audit.records()][-2:]
    assert told == [("signed in", "Ann", HERE), ("refused", "ann", HERE)]
