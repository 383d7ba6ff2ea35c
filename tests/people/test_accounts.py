"""Accounts, and what ``./whycam users`` makes of them."""

import io
import stat

import pytest

from cli.main import main
from core import files
from core.errors import InputError, UnknownNameError
from people import accounts, audit, database, passwords
from people.accounts import Limits

SENTENCE = "a long sentence is easy to keep"


def users(monkeypatch, *arguments, password=SENTENCE):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return main(["users", *arguments])


def test_without_accounts_there_is_no_file():
    assert accounts.accounts() == [] and accounts.groups() == {} and accounts.get("ann") is None
    assert not database.exists()


def test_an_account_is_made_changed_and_removed(monkeypatch, capsys, as_shipped):
    assert users(monkeypatch, "add", "ann", "--role", "reviewer", "--cameras", "plaza", "--runs", "3") == 0
    ann = accounts.get("ANN")
    assert (ann.name, ann.role, ann.seen) == ("ann", "reviewer", {"plaza"})
    assert ann.limits == Limits(runs=3)
    assert ann.hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$") and SENTENCE not in ann.hash
    assert users(monkeypatch, "role", "ann", "--role", "administrator") == 0
    assert accounts.get("ann").seen is None, "administrators see all"
    assert users(monkeypatch, "list") == 0
    assert "ann" in capsys.readouterr().out
    assert users(monkeypatch, "remove", "ann") == 0 and accounts.accounts() == []


def test_the_file_is_for_its_owner_alone(monkeypatch):
    users(monkeypatch, "add", "ann")
    assert stat.S_IMODE((files.home() / database.FILE).stat().st_mode) == 0o600
    for path in files.home().glob("*"):
        assert SENTENCE.encode() not in path.read_bytes()


def test_cameras_of_groups_and_of_the_account_are_joined(monkeypatch, capsys):
    assert users(monkeypatch, "group", "north", "--cameras", "plaza") == 0
    assert users(monkeypatch, "add", "ann", "--groups", "north", "--cameras", "ucsd-ped2") == 0
    assert accounts.get("ann").seen == {"plaza", "ucsd-ped2"}
    assert users(monkeypatch, "cameras", "ann", "--cameras", "all") == 0
    assert accounts.get("ann").seen == {"plaza"}, "those of its group stay"
    accounts.set_groups("ann", [])
    assert accounts.get("ann").seen is None
    assert users(monkeypatch, "list") == 0 and "group north: plaza" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "ann"), "short", "10 to 256 characters, got 5"),
        (("add", "a b"), SENTENCE, "letters, digits"),
        (("add", "ben"), SENTENCE, "there is an account 'ben' already"),
        (("add", "ann", "--cameras", "plazza"), SENTENCE, "unknown camera 'plazza'"),
        (("role", "nobody", "--role", "viewer"), SENTENCE, "unknown account 'nobody'; known: BEN"),
        (("role", "ben"), SENTENCE, "needs --role"),
        (("cameras", "ben", "--groups", "x"), SENTENCE, "unknown group 'x'"),
        (("limits", "ben"), SENTENCE, "needs --gigabytes, --runs or --jobs"),
        (("remove",), SENTENCE, "needs a name"),
    ],
)  # fmt: skip
def test_each_refusal_is_a_sentence(monkeypatch, capsys, arguments, password, said):
    accounts.add("BEN", "viewer", None)
    assert users(monkeypatch, *arguments, password=password) == 2
    assert said in capsys.readouterr().err
    assert [one.name for one in accounts.accounts()] == ["BEN"], "nothing is done by halves"


def test_no_password_is_taken_from_the_command_line(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        users(monkeypatch, "add", "ann", "--password", SENTENCE)
    assert accounts.get("ann") is None


def test_two_passwords_that_differ_change_nothing(monkeypatch, capsys):
    typed = iter([SENTENCE, SENTENCE + "!"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert main(["users", "add", "ann"]) == 2 and accounts.get("ann") is None
    assert "differ" in capsys.readouterr().err


def test_a_password_is_right_or_wrong():
    kept = passwords.hashed(SENTENCE)
    assert passwords.matches(kept, SENTENCE)
    assert not passwords.matches(kept, SENTENCE + " ")
    assert not passwords.matches(None, SENTENCE) and not passwords.matches("no hash", SENTENCE)
    assert kept != passwords.hashed(SENTENCE), "each has a salt of its own"


def test_an_unknown_account_costs_a_hash_as_well(monkeypatch, as_shipped):
    asked = []
    real = passwords._hasher()

    class Counting:
        def hash(self, password):
            return real.hash(password)

        def verify(self, kept, password):
            asked.append(kept)
            return real.verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    assert not passwords.matches(None, SENTENCE)
    assert len(asked) == 1 and asked[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_account_of_an_identity_provider_has_no_password(monkeypatch):
    assert users(monkeypatch, "add", "ann@example.org", "--provider") == 0
    assert accounts.get("ann@example.org").hash is None


def test_what_does_not_exist_is_not_changed():
    for change in (lambda: accounts.set_password("x", SENTENCE), lambda: accounts.remove("x")):
        with pytest.raises(UnknownNameError):
            change()
    with pytest.raises(InputError):
        accounts.set_group("a b", [])


def test_changes_of_accounts_are_recorded(monkeypatch):
    users(monkeypatch, "add", "ann", "--role", "reviewer")
    users(monkeypatch, "role", "ann", "--role", "viewer")
    users(monkeypatch, "remove", "ann")
    told = [(one.action, one.subject, one.detail) for one in audit.records()]
    assert told == [(audit.ACCOUNT, "ann", said) for said in ("added, reviewer", "role viewer", "removed")]
