"""The verb ``setup``: official models, optional packages and the lock of all packages.

``--NAME`` installs the set ``requirements-NAME.txt`` into this environment. Comments of the form ``# KEY: VALUES`` in
such a file say how: ``needs`` are programs and C headers that must be here, ``build`` packages that pip needs first,
``check`` the module whose import shows that the set works.

The lock lists every package that ``requirements.txt`` leads to, with the hashes of all its files. ``uv``, in a
temporary environment, resolves for all platforms at once. The launcher reads the lock's first lines, to refuse a
platform or a list that it does not cover in a sentence.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from cli import ROOT
from cli.arguments import Verb
from cli.progress import progress_line
from core.errors import InputError, WhycamError
from core.files import write_whole

COMPILERS = ("c++", "g++", "clang++")
UV = "uv==0.13.9"
PLATFORMS = ("linux-x86_64", "linux-aarch64", "darwin-arm64")
"""``sys.platform`` and machine of the platforms that the lock covers."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PROJECT = """[project]
name = "whycam"
version = "0"
requires-python = ">={first}"
[tool.uv]
environments = [{environments}]
"""
_MARKER = "sys_platform == '{0}' and platform_machine == '{1}' and python_full_version < '3.{2}'"


def write_lock(root: Path) -> int:
    """Write ``requirements.lock`` beside ``requirements.txt``; versions in an earlier lock are kept where they fit.

    Returns:
        How many packages it pins.

    Raises:
        WhycamError: uv could not be installed, or found no set of versions that fits; in its words.
        StorageError: the lock could not be written.
    """
    listed, lock = root / "requirements.txt", root / "requirements.lock"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_text(_project(), encoding="utf-8")
        (place / listed.name).write_bytes(listed.read_bytes())
        if lock.exists():
            (place / lock.name).write_bytes(lock.read_bytes())
        venv.create(place / "venv", with_pip=True)
        _run([str(place / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", UV], place)
        _run([str(place / "venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
              "--no-annotate", "--no-header", "--python-version", PYTHONS[0], "--output-file", lock.name, listed.name],
             place)  # fmt: skip
        pinned = (place / lock.name).read_text(encoding="utf-8")
    with write_whole(lock) as file:
        file.write((_head(listed.read_bytes()) + pinned).encode())
    return sum("==" in line for line in pinned.splitlines())


def _project() -> str:
    after = int(PYTHONS[-1].partition(".")[2]) + 1
    markers = (_MARKER.format(*platform.split("-"), after) for platform in PLATFORMS)
    return _PROJECT.format(first=PYTHONS[0], environments=", ".join(f'"{marker}"' for marker in markers))


def _head(listed: bytes) -> str:
    return (
        "# Written by ./whycam setup --lock from requirements.txt; do not edit.\n"
        f"# of: {hashlib.sha256(listed).hexdigest()}\n"
        f"# platforms: {' '.join(PLATFORMS)}\n"
        f"# pythons: {' '.join(PYTHONS)}\n"
    )


def _run(command: Sequence[str], place: Path) -> None:
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise WhycamError(f"the lock was not written: {Path(command[0]).name} {command[1]} failed: {said}")


def optional_sets(root: Path) -> dict[str, Path]:
    """Name to file of each set."""
    return {path.stem.partition("-")[2]: path for path in sorted(root.glob("requirements-*.txt"))}


def install(root: Path, name: str) -> None:
    """Install a set; pip's output goes to stderr.

    Raises:
        InputError: a program or header that the set needs is missing.
        WhycamError: pip failed, or the set cannot be imported afterwards.
    """
    path = optional_sets(root)[name]
    facts = dict(re.findall(r"^# (needs|build|check): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    missing = [need for need in facts["needs"].split() if not _here(need)]
    if missing:
        raise InputError(f"{name} was not installed: its build needs {', '.join(missing)}, missing on "
                         "this machine (on Debian and Ubuntu: apt-get install git g++ python3-dev)")  # fmt: skip
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    for arguments in (shlex.split(facts["build"]), ["--no-build-isolation", "-r", str(path)]):
        if subprocess.run([*pip, *arguments], stdout=sys.stderr, check=False).returncode:
            raise WhycamError(f"{name} was not installed: pip could not install {shlex.join(arguments)}; "
                              "pip's output is above")  # fmt: skip
    if subprocess.run([sys.executable, "-c", f"import {facts['check']}"], check=False).returncode:
        raise WhycamError(f"{name} was installed, but {facts['check']} cannot be imported; the error is above")


def _here(need: str) -> bool:
    """Tell whether a program or a header of Python is here; ``c++`` stands for any C++ compiler.

    >>> _here("sh"), _here("no-such-program"), _here("no-such-header.h")
    (True, False, False)
    """
    if need.endswith(".h"):
        return Path(sysconfig.get_path("include"), need).exists()
    return any(shutil.which(name) for name in (COMPILERS if need == "c++" else (need,)))


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--models", action="store_true", help="download the missing official weights, about 300 MB; "
                      "an interrupted download resumes")  # fmt: skip
    verb.add_argument("--from", dest="source", type=Path, metavar="DIR",
                      help="install the weights in this folder, for machines without network; they are checked first",
                      )  # fmt: skip
    for name in optional_sets(ROOT):
        verb.add_argument(f"--{name}", action="append_const", dest="optional", const=name,
                          help=f"install the optional packages of requirements-{name}.txt")  # fmt: skip
    verb.add_argument("--lock", action="store_true",
                      help="write requirements.lock again after a change of requirements.txt")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the lock, or install optional packages, and download the official models or take them from a folder."""
    if options.lock and (options.optional or options.models or options.source):
        raise InputError("--lock changes a file of Whycam and installs nothing; give it alone")
    if options.source and not options.source.is_dir():
        raise InputError(f"--from: {str(options.source)!r} is no folder; name the one that holds the weights")
    if options.lock:
        print(f"requirements.lock pins {write_lock(ROOT)} packages")
        return 0
    for name in options.optional or ():
        install(ROOT, name)
        print(f"{name}: installed")
    from pipeline.official import setup

    with progress_line() as line:
        print(setup(options.models, options.source, line.arriving))
    return 0


VERB = Verb(
    "setup",
    "get official models and optional packages",
    "Without an option it lists the official models that are installed. Without network, copy their files to the "
    "machine and use --from; until then Whycam uses its compact models. The launcher installs everything else.",
    "setup --models",
    _arguments,
    run,
)
