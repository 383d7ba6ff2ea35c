"""Accounts: who may sign in, in which role, and which cameras they see; made by ``./whycam users``."""

import json
import re
import sqlite3
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.errors import InputError, UnknownNameError
from people import audit, database, passwords
from people.actor import ADMINISTRATOR, ROLES, Actor

_NAME = re.compile(r"[\w.@+-]{1,60}")
_GROUPS = "SELECT account, team FROM members ORDER BY team"


@dataclass(frozen=True)
class Limits:
    """What an account may take up at most, drafts included; see :mod:`people.quotas`.

    Attributes:
        bytes: of its clips and results on the disk.
        runs: analyses and drafts.
        jobs: that are queued or at work at once.
    """

    bytes: int = 20 * 10**9
    runs: int = 500
    jobs: int = 10


LIMITS = Limits()


@dataclass(frozen=True)
class Account:
    """One person who may sign in.

    Attributes:
        name: as it is typed, or the e-mail address that an identity provider vouches for.
        role: one of :data:`people.actor.ROLES`.
        hash: of the password; None for an account of an identity provider.
        created: seconds since the epoch.
        cameras: that were granted to the account itself; None for none in particular.
        groups: names of its groups.
        seen: all cameras that it sees; None for all there are.
        limits: on what it takes up.
    """

    name: str
    role: str
    hash: str | None
    created: float
    cameras: frozenset[str] | None
    groups: tuple[str, ...]
    seen: frozenset[str] | None
    limits: Limits

    def actor(self, address: str = "") -> Actor:
        """Return the account as the policy knows it."""
        return Actor(self.name, self.role, self.seen, address)


def add(name: str, role: str, password: str | None) -> None:
    """Make an account.

    Args:
        name: letters, digits and ``. @ + - _``, up to 60; in any case, one account has it.
        role: one of :data:`people.actor.ROLES`.
        password: None for an account of an identity provider, whose name is the e-mail address.

    Raises:
        InputError: the name is taken or cannot be used, or the password is too short.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"a name has 1 to 60 letters, digits and . @ + - _, got {name[:60]!r}")
    kept = None if password is None else passwords.hashed(password)
    with database.transaction() as opened:
        try:
            opened.execute("INSERT INTO accounts (name, role, hash, created) VALUES (?, ?, ?, ?)",
                           (name, _role(role), kept, time.time()))  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise InputError(f"there is an account {name!r} already; choose another name") from error
    audit.record(audit.ACCOUNT, name, f"added, {role}")


def remove(name: str) -> None:
    """Remove an account, and end its sessions; its reviews and runs stay."""
    with database.transaction() as opened:
        _known(opened, name)
        for table in ("sessions", "members"):
            opened.execute(f"DELETE FROM {table} WHERE account = ?", (name,))
        opened.execute("DELETE FROM accounts WHERE name = ?", (name,))
    audit.record(audit.ACCOUNT, name, "removed")


def set_role(name: str, role: str) -> None:
    """Give an account another role; it holds at the next click."""
    _set(name, "role", _role(role), f"role {role}")


def set_password(name: str, password: str) -> None:
    """Give an account another password, and end its sessions."""
    kept = passwords.hashed(password)
    _set(name, "hash", kept, "password changed")
    with database.transaction() as opened:
        opened.execute("DELETE FROM sessions WHERE account = ?", (name,))


def set_cameras(name: str, cameras: Collection[str] | None) -> None:
    """Let an account see some cameras only, beside those of its groups; None for no restriction of its own."""
    kept = None if cameras is None else json.dumps(sorted(cameras))
    _set(name, "cameras", kept, f"cameras {kept or 'all'}")


def set_groups(name: str, groups: Iterable[str]) -> None:
    """Put an account into groups, and out of all others."""
    with database.transaction() as opened:
        _known(opened, name)
        known = {row["name"] for row in opened.execute("SELECT name FROM groups")}
        for group in (wanted := sorted(set(groups))):
            if group not in known:
                raise UnknownNameError("group", group, known)
        opened.execute("DELETE FROM members WHERE account = ?", (name,))
        opened.executemany("INSERT INTO members VALUES (?, ?)", [(name, group) for group in wanted])
    audit.record(audit.ACCOUNT, name, f"groups {', '.join(wanted) or 'none'}")


def set_group(group: str, cameras: Collection[str]) -> None:
    """Make a group, or change which cameras its members see."""
    if not _NAME.fullmatch(group):
        raise InputError(f"a group's name has 1 to 60 letters, digits and . @ + - _, got {group[:60]!r}")
    with database.transaction() as opened:
        opened.execute("INSERT OR REPLACE INTO groups VALUES (?, ?)", (group, json.dumps(sorted(cameras))))
    audit.record(audit.ACCOUNT, group, f"a group that sees {', '.join(sorted(cameras)) or 'no camera'}")


def set_limits(name: str, limits: Limits) -> None:
    """Change what an account may take up."""
    with database.transaction() as opened:
        _known(opened, name)
        opened.execute("UPDATE accounts SET bytes = ?, runs = ?, jobs = ? WHERE name = ?",
                       (limits.bytes, limits.runs, limits.jobs, name))  # fmt: skip
    audit.record(audit.ACCOUNT, name, f"{limits}")


def accounts() -> list[Account]:
    """List all accounts by name; none, and no file, where none was ever made."""
    if not database.exists():
        return []
    with database.opened() as opened:
        rows = opened.execute("SELECT * FROM accounts ORDER BY name").fetchall()
        teams = {row["name"].casefold(): frozenset(json.loads(row["cameras"]))
                 for row in opened.execute("SELECT * FROM groups")}  # fmt: skip
        members = [(row["account"].casefold(), row["team"]) for row in opened.execute(_GROUPS)]
    return [_account(row, [team for who, team in members if who == row["name"].casefold()], teams) for row in rows]


def get(name: str) -> Account | None:
    """Return an account, whatever the case of its name; None where there is none."""
    return next((one for one in accounts() if one.name.casefold() == name.casefold()), None)


def limits_of(name: str) -> Limits | None:
    """Return the limits that hold for an account; None where there is no such account, and so no sign-in."""
    found = get(name) if name else None
    return found.limits if found else None


def groups() -> dict[str, list[str]]:
    """Return the cameras of each group."""
    if not database.exists():
        return {}
    with database.opened() as opened:
        return {row["name"]: json.loads(row["cameras"]) for row in opened.execute("SELECT * FROM groups ORDER BY name")}


def _account(row: sqlite3.Row, member: list[str], teams: dict[str, frozenset[str]]) -> Account:
    own = None if row["cameras"] is None else frozenset(json.loads(row["cameras"]))
    free = row["role"] == ADMINISTRATOR or (own is None and not member)
    seen = None if free else (own or frozenset()).union(*(teams.get(team.casefold(), frozenset()) for team in member))
    limits = Limits(*(row[key] if row[key] is not None else getattr(LIMITS, key) for key in ("bytes", "runs", "jobs")))
    return Account(row["name"], row["role"], row["hash"], row["created"], own, tuple(member), seen, limits)


def _role(role: str) -> str:
    if role not in ROLES:
        raise UnknownNameError("role", role, ROLES)
    return role


def _set(name: str, column: str, value: object, told: str) -> None:
    """Change one column, whose name is a constant of this module, and record it."""
    with database.transaction() as opened:
        _known(opened, name)
        opened.execute(f"UPDATE accounts SET {column} = ? WHERE name = ?", (value, name))
    audit.record(audit.ACCOUNT, name, told)


def _known(opened: sqlite3.Connection, name: str) -> None:
    if opened.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone() is None:
        names = [row["name"] for row in opened.execute("SELECT name FROM accounts")]
        raise UnknownNameError("account", name, names)
