"""The verb ``users``: accounts for the web app, their roles, and the cameras that they see."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cli.arguments import Verb, count, names, number
from cli.output import table
from core.errors import InputError, UnknownNameError
from people.actor import ROLES, VIEWER

ALL = "all"
GIGABYTE = 10**9


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("action", choices=tuple(ACTIONS), help="what to do with the account; group: make a group, or "
                      "change its cameras")  # fmt: skip
    verb.add_argument("name", nargs="?", help="of the account, or of the group")
    verb.add_argument("--role", choices=ROLES, help=f"viewer: sees; reviewer: analyses, reviews and exports, too; "
                      f"administrator: trains, deletes and changes cameras, too (default {VIEWER})")  # fmt: skip
    verb.add_argument("--cameras", type=names, metavar="A,B", help="cameras that the account or group sees; all: no "
                      "restriction of the account's own")  # fmt: skip
    verb.add_argument("--groups", type=names, metavar="A,B", help="groups of the account, in place of those it has")
    verb.add_argument("--provider", action="store_true", help="the account has no password: an identity provider "
                      "vouches for its name, an e-mail address")  # fmt: skip
    verb.add_argument("--gigabytes", type=number, help="clips and results that the account may keep")
    verb.add_argument("--runs", type=count, help="analyses and drafts that it may keep")
    verb.add_argument("--jobs", type=count, help="jobs that it may have queued or at work at once")


def run(options: argparse.Namespace) -> int:
    """Do what was asked with an account."""
    if options.action != "list" and not options.name:
        raise InputError(f"'users {options.action}' needs a name")
    _check(options)
    ACTIONS[options.action](options)
    return 0


def _list(options: argparse.Namespace) -> None:
    from people import accounts

    rows = [
        {"account": one.name, "role": one.role, "signs in by": "password" if one.hash else "provider",
         "sees": "all cameras" if one.seen is None else ", ".join(sorted(one.seen)) or "no camera",
         "groups": ", ".join(one.groups), "GB": f"{one.limits.bytes / GIGABYTE:g}", "runs": one.limits.runs,
         "jobs": one.limits.jobs}
        for one in accounts.accounts()
    ]  # fmt: skip
    print(table(rows))
    for group, cameras in accounts.groups().items():
        print(f"group {group}: {', '.join(cameras) or 'no camera'}")


def _add(options: argparse.Namespace) -> None:
    from people import accounts

    password = None if options.provider else _password()
    accounts.add(options.name, options.role or VIEWER, password)
    _change(options)
    print(f"{options.name}: added as {options.role or VIEWER}")


def _role(options: argparse.Namespace) -> None:
    from people import accounts

    accounts.set_role(options.name, _given(options.role, "--role"))
    print(f"{options.name}: {options.role} from now on")


def _set_password(options: argparse.Namespace) -> None:
    from people import accounts

    accounts.set_password(options.name, _password())
    print(f"{options.name}: has a new password, and its sessions are over")


def _cameras(options: argparse.Namespace) -> None:
    if options.cameras is None and options.groups is None:
        raise InputError("'users cameras' needs --cameras or --groups")
    _change(options)
    print(f"{options.name}: changed")


def _limits(options: argparse.Namespace) -> None:
    if options.gigabytes is options.runs is options.jobs is None:
        raise InputError("'users limits' needs --gigabytes, --runs or --jobs")
    _change(options)
    print(f"{options.name}: changed")


def _group(options: argparse.Namespace) -> None:
    from people import accounts

    accounts.set_group(options.name, _given(options.cameras, "--cameras"))
    print(f"group {options.name}: {', '.join(options.cameras)}")


def _remove(options: argparse.Namespace) -> None:
    from people import accounts

    accounts.remove(options.name)
    print(f"{options.name}: removed; its runs and reviews stay")


ACTIONS: dict[str, Callable[[argparse.Namespace], None]] = {
    "list": _list, "add": _add, "role": _role, "password": _set_password, "cameras": _cameras, "limits": _limits,
    "group": _group, "remove": _remove,
}  # fmt: skip


def _change(options: argparse.Namespace) -> None:
    """Set what was given of cameras, groups and limits."""
    from people import accounts

    if options.cameras is not None:
        accounts.set_cameras(options.name, None if options.cameras == [ALL] else options.cameras)
    if options.groups is not None:
        accounts.set_groups(options.name, options.groups)
    given = {"bytes": None if options.gigabytes is None else round(options.gigabytes * GIGABYTE),
             "runs": options.runs, "jobs": options.jobs}  # fmt: skip
    if changed := {name: value for name, value in given.items() if value is not None}:
        found = accounts.get(options.name)
        accounts.set_limits(options.name, replace(found.limits if found else accounts.LIMITS, **changed))


def _check(options: argparse.Namespace) -> None:
    """See that there are the cameras and groups that were named, before anything is changed.

    Raises:
        UnknownNameError: one of them is none.
    """
    from people.accounts import groups
    from pipeline.camera import cameras

    given = [] if options.cameras == [ALL] else options.cameras
    for kind, named, known in (("camera", given, cameras), ("group", options.groups, groups)):
        for name in named or ():
            if name not in known():
                raise UnknownNameError(kind, name, known())


def _given(value: Any, option: str) -> Any:
    if value is None:
        raise InputError(f"this needs {option}")
    return value


def _password() -> str:
    """Read a password from the terminal, twice and unseen, or a line of stdin."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InputError("the two passwords differ; nothing was changed")
    return password


VERB = Verb(
    "users",
    "make accounts for the web app, with roles and cameras",
    "Beyond this machine the web app needs them, or an identity provider. A password is read from the terminal or from "
    "stdin, never from the command line. An account sees all cameras unless --cameras or --groups say which.",
    "users add ann --role reviewer --cameras plaza",
    _arguments,
    run,
)
